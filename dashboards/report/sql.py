"""The queries of the report."""

from __future__ import annotations

from importlib.resources import files


def text_of(name: str) -> str:
    """Return the SQL of `dashboards/sql/report/NAME.sql`, less its comment."""
    text = (files("dashboards") / "sql" / "report" / f"{name}.sql").read_text()
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()
