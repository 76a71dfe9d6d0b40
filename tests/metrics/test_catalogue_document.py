"""docs/metrics.md and `rapport metrics` say what the definitions say."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli.metrics import command
from pipelines.errors import UsageError
from pipelines.metrics.catalogue import BY_NAME, METRICS
from pipelines.metrics.claims import CLAIMS
from pipelines.metrics.document import (
    BEGIN,
    END,
    coverage_in,
    document,
    evidence_in,
    example,
    main,
    read_view,
    views,
    with_views,
)
from tests.metrics.migrated_store import MigratedStore

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
SQL = DOCUMENT.with_name("sql.md")


def test_the_document_is_in_step_with_the_definitions() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    evidence = evidence_in(DOCUMENT.with_name("relationships.md").read_text(encoding="utf-8"))
    assert "AUC" in evidence
    assert document(coverage_in(text), evidence) == text, (
        "run python -m pipelines.metrics.document docs/metrics.md"
    )


def test_the_list_of_views_is_in_step_with_their_comments() -> None:
    text = SQL.read_text(encoding="utf-8")
    assert with_views(text) == text, "run python -m pipelines.metrics.document docs/metrics.md"
    assert all(f"### `{view.name}`\n" in text for view in views())


def test_a_page_without_a_place_for_the_views_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for the views"):
        with_views("# Asking")


def test_the_document_names_every_metric_and_claim_and_holds_the_coverage() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for metric in METRICS:
        assert f"### `{metric.name}`\n" in text
    assert "**Means per post, n = 20**" in coverage_in(text)


def test_every_claim_of_a_metric_is_quoted_and_every_quote_is_tested_by_a_metric() -> None:
    assert {number for metric in METRICS for number in metric.claims} == set(CLAIMS)


@pytest.mark.integration
def test_every_example_runs_as_the_reader(store: MigratedStore) -> None:
    for metric in METRICS:
        assert store.read(example(metric)) == []


def test_writing_it_anew_keeps_the_tables_of_coverage(tmp_path: Path) -> None:
    path = tmp_path / "metrics.md"
    path.write_text(f"old\n{BEGIN}| n | 95.0 |\n{END}")
    main([str(path)])
    assert coverage_in(path.read_text()) == "| n | 95.0 |\n"
    assert path.read_text().startswith("# Metrics\n")


def test_a_view_without_a_comment_on_a_column_cannot_be_documented() -> None:
    with pytest.raises(ValueError, match="no column with a COMMENT"):
        read_view("v.sql", "-- why\nCREATE OR REPLACE VIEW v\n(\n    a String\n)\nAS SELECT 1")


def test_a_view_is_read_from_its_file() -> None:
    column = "a Nullable(Int64) COMMENT 'it''s'"
    text = f"-- Why\n-- it is.\nCREATE OR REPLACE VIEW v\n(\n    {column}\n)\nAS SELECT 1"
    view = read_view("v.sql", text)
    assert (view.name, view.why) == ("v", "Why it is.")
    [read] = view.columns
    assert (read.name, read.type, read.comment) == ("a", "Nullable(Int64)", "it's")


def test_list_names_every_metric() -> None:
    result = CliRunner().invoke(command, ["list"], env={"COLUMNS": "160"})
    assert result.exit_code == 0
    assert all(name in result.output for name in BY_NAME)


@pytest.mark.parametrize("name", ["promotion_share", "promotion-share", "Self-promotion share"])
def test_show_finds_a_metric_by_name_and_by_alias(name: str) -> None:
    result = CliRunner().invoke(command, ["show", name], env={"COLUMNS": "160"})
    assert result.exit_code == 0
    for words in (
        "promotional_posts / headline_posts",
        "Wilson",
        "002-3: “only tweeted 150 times",
        "SELECT account",
    ):
        assert words in result.output


def test_show_proposes_the_metric_that_was_meant() -> None:
    result = CliRunner().invoke(command, ["show", "promotion_shar"])
    assert isinstance(result.exception, UsageError)
    assert "did you mean promotion_share" in str(result.exception)
