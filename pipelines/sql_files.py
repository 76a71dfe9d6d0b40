"""The SQL of infra/clickhouse, with what is generated written into its `${placeholders}`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template

from pipelines.errors import UsageError


def sql_files(folder: str) -> list[Traversable]:
    """Return the SQL files of a folder of infra/clickhouse, by name."""
    found = (files("infra") / "clickhouse" / folder).iterdir()
    return sorted((file for file in found if file.name.endswith(".sql")), key=lambda file: file.name)


def sql_file(folder: str, name: str) -> Traversable:
    """Return one SQL file of a folder of infra/clickhouse; `name` is without its ending."""
    return files("infra") / "clickhouse" / folder / f"{name}.sql"


def filled(file: Traversable, values: Mapping[str, str]) -> str:
    """Return the file's text with every placeholder replaced.

    Raises UsageError, which names file and line, for a placeholder that nothing stands for and for a bare $.
    """
    text = file.read_text(encoding="utf-8")
    for found in Template.pattern.finditer(text):
        name = found["named"] or found["braced"]
        if found["escaped"] is None and name not in values:
            line = text.count("\n", 0, found.start()) + 1
            fault = f"nothing is known as ${{{name}}}" if name else "a $ stands alone; write $$ for the sign"
            raise UsageError(f"{file}, line {line}: {fault}")
    return Template(text).substitute(values)
