"""The alert rules' file, from which Grafana is provisioned: `python -m dashboards.provisioning` writes it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from dashboards import DASHBOARDS
from dashboards.grafana import render
from dashboards.panels import Dashboard
from dashboards.rule import FOLDER, GROUP, INTERVAL, Json, Rule, as_file
from dashboards.rules import RULES

RULES_FILE: Final = (
    Path(__file__).parents[1] / "infra" / "grafana" / "provisioning" / "alerting" / "rules.yaml"
)
_HEAD: Final = "# Made by `python -m dashboards.provisioning` from dashboards/rules.py; do not edit.\n"


def rules_text(rules: Iterable[Rule] = RULES) -> str:
    """Return the content of the file. Raises KeyError for a rule that names a panel that there is not."""
    group = {
        "orgId": 1,
        "name": GROUP,
        "folder": FOLDER,
        "interval": INTERVAL,
        "rules": [as_file(rule, panel_of(rule)) for rule in rules],
    }
    out = io.StringIO()
    yaml = YAML()
    yaml.width = 4_096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(_literal({"apiVersion": 1, "groups": [group]}), out)
    return _HEAD + out.getvalue()


def panel_of(rule: Rule, boards: Iterable[Dashboard] = DASHBOARDS) -> int:
    """Return the id of the panel that shows what a rule watches. Raises KeyError if there is none."""
    for board in boards:
        for panel in _panels(render(board)) if board.uid == rule.board else ():
            if panel["title"] == rule.panel:
                return int(panel["id"])
    raise KeyError(f"{rule.uid}: no panel {rule.panel!r} on {rule.board}")


def _panels(tree: Json) -> Iterable[Json]:
    for panel in tree["panels"]:
        yield panel
        yield from panel.get("panels", ())


def _literal(value: Any) -> Any:
    """Return the tree with queries of several lines as blocks that a person can read."""
    if isinstance(value, dict):
        return {key: _literal(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_literal(each) for each in value]
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value


def main() -> None:
    """Write the file."""
    RULES_FILE.parent.mkdir(parents=True, exist_ok=True)
    RULES_FILE.write_text(rules_text())


if __name__ == "__main__":
    main()
