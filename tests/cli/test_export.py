"""What `rapport export` refuses before it asks anybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli.export import command
from pipelines.errors import UsageError


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("acounts", "did you mean accounts"),
        ("accounts; DROP VIEW accounts", "there is no view"),
        ("posts", "there is no view posts"),
        ("%", "SHOW TABLES"),
    ],
)
def test_what_is_no_view_is_refused(view: str, words: str) -> None:
    error = CliRunner().invoke(command, [view]).exception
    assert isinstance(error, UsageError)
    assert words in str(error)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    error = CliRunner().invoke(command, ["accounts", "--to", str(tmp_path / "no" / "file.csv")]).exception
    assert isinstance(error, UsageError)
    assert "cannot be written: No such file or directory" in str(error)
