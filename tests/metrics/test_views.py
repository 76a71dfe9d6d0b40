"""The files of the views: complete, commented, and filled from the catalogue."""

import re
from pathlib import Path

import pytest

from pipelines.metrics.catalogue import ADDITIVE, METRICS
from pipelines.metrics.view_sql import WINDOW_SHAPES_MS, fragments, metric_measures, positions, quoted
from pipelines.sql_files import filled
from pipelines.windows import WINDOWS

VIEWS = sorted((Path(__file__).resolve().parents[2] / "infra" / "clickhouse" / "views").glob("*.sql"))
_COLUMN = re.compile(r"^    `?(\w+)`? [A-Z]")


def render(file: Path) -> str:
    values = {"database": "`rapport`", "definer": "rapport_migrate", "facts_ttl_days": "400", **fragments()}
    return filled(file, values)


@pytest.mark.parametrize("file", VIEWS, ids=lambda file: file.stem)
def test_a_view_is_named_as_its_file_and_says_why_it_exists(file: Path) -> None:
    text = file.read_text()
    assert text.startswith("-- ")
    assert f"\nCREATE OR REPLACE VIEW {file.stem}\n(" in text
    assert "\nDEFINER = ${definer} SQL SECURITY DEFINER\nAS " in text
    assert re.search(r"\nCOMMENT '[^']+';\n$", text)


@pytest.mark.parametrize("file", VIEWS, ids=lambda file: file.stem)
def test_every_column_of_a_view_has_a_comment(file: Path) -> None:
    columns = render(file).split("\n(\n", 1)[1].split("\n)\nDEFINER", 1)[0].splitlines()
    assert len(columns) >= 5
    for line in columns:
        assert _COLUMN.match(line), line
        assert re.search(r" COMMENT '.+',?$", line), line


def test_the_lengths_of_the_windows_are_those_of_the_fold() -> None:
    assert {window.name: (window.length_ms, window.step_ms) for window in WINDOWS} == WINDOW_SHAPES_MS


def test_the_views_sum_the_measures_that_metrics_read_and_no_others() -> None:
    read = metric_measures()
    assert "matured_interactions_sq" in read
    assert "likes_received" not in read
    assert set(read) == {name for metric in ADDITIVE for name in metric.measures}


def test_every_metric_has_a_place_of_its_own_among_the_estimates() -> None:
    assert sorted(positions(METRICS).values()) == list(range(1, len(METRICS) + 1))


def test_a_quote_in_a_text_does_not_end_its_literal() -> None:
    assert quoted("it's") == "'it''s'"
