"""`rapport dashboards check` names each fault and ends with exit code 1."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from msgspec import structs

from dashboards.health import HEALTH
from dashboards.overview import OVERVIEW
from dashboards.panels import Section
from pipelines.cli import dashboards

pytestmark = pytest.mark.integration

UNKNOWN_COLUMN = structs.replace(
    OVERVIEW.panels[0], title="Broken", sql="SELECT no_such_column FROM account_clocks"
)
WITHOUT_N = structs.replace(OVERVIEW.panels[0], id=2, title="Untold", description="Whatever.")


def test_a_stale_file_a_lint_fault_and_a_query_that_fails_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = structs.replace(HEALTH, title="Another")
    broken = structs.replace(
        OVERVIEW, uid="rapport-broken", sections=(Section("s", (UNKNOWN_COLUMN, WITHOUT_N)),)
    )
    monkeypatch.setattr(dashboards, "DASHBOARDS", (renamed, broken))
    result = CliRunner().invoke(dashboards.command, ["check"])
    assert result.exit_code == 1
    assert "dashboards/rendered/health.json is not in step" in result.output
    assert "panel 'Untold': its description does not say what n counts" in result.output
    assert "rapport-broken, local, Broken: " in result.output
    assert "no_such_column" in result.output
