"""`rapport alerts` without servers: any series is scored, and mistakes are named."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli.alerts import command

SERIES = "timestamp,value\n2015-02-26 21:42:53,104\n2015-02-26 21:47:53,\n2015-02-26 21:52:53,1e3\n"


def test_every_row_is_scored_and_stands_as_it_stood(tmp_path: Path) -> None:
    file = tmp_path / "series.csv"
    file.write_text(SERIES)
    ran = CliRunner().invoke(command, ["score", "--csv", str(file)])
    assert ran.exit_code == 0
    lines = ran.output.splitlines()
    assert lines[0] == "timestamp,value,anomaly_score"
    assert [line.rsplit(",", 1)[0] for line in lines[1:]] == SERIES.splitlines()[1:]
    assert all(0 <= float(line.rsplit(",", 1)[1]) <= 1 for line in lines[1:])


def test_a_series_comes_from_standard_input() -> None:
    ran = CliRunner().invoke(command, ["score", "--csv", "-"], input=SERIES)
    assert len(ran.output.splitlines()) == 4


def test_a_file_without_these_columns_is_refused() -> None:
    ran = CliRunner().invoke(command, ["score", "--csv", "-"], input="when,what\n1,2\n")
    assert "the first line must be `timestamp,value`" in str(ran.exception)


@pytest.mark.parametrize("span", ["3", "3w", "forever"])
def test_a_silence_needs_a_span(span: str) -> None:
    ran = CliRunner().invoke(command, ["silence", "ada", "--for", span])
    assert "write a number and m, h or d" in str(ran.exception)
