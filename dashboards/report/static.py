"""What the local page draws, as HTML that needs no server: Dash's components with Plotly's figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

_ATTRIBUTES: Final[Mapping[str, str]] = {
    "className": "class",
    "htmlFor": "for",
    "tabIndex": "tabindex",
    "colSpan": "colspan",
    "rowSpan": "rowspan",
}
_KEPT: Final = re.compile(r"id|title|href|target|rel|role|scope|open|style|(aria|data)-[a-z-]+")
_NOT_HERE: Final = frozenset({"Link", "Location", "Store", "Interval"})
"""Parts that lead to other pages or keep a page's state: only their words stay."""


class Static:
    """Turns components into HTML, and keeps the figures that they hold, in order."""

    def __init__(self) -> None:
        self.figures: list[str] = []

    def html(self, part: Any) -> str:
        """Return a component or a list of them as HTML. Raises TypeError for one that cannot stand still."""
        if part is None or isinstance(part, bool):
            return ""
        if isinstance(part, str | int | float):
            return escape(str(part))
        if isinstance(part, list | tuple):
            return "".join(self.html(each) for each in part)
        told = part.to_plotly_json()
        if told["type"] == "Graph":
            return self._figure(told["props"])
        if told["type"] in _NOT_HERE:
            return self.html(told["props"].get("children"))
        if told["namespace"] != "dash_html_components":
            raise TypeError(f"{told['type']} cannot be written as HTML")
        return self._element(str(told["type"]).lower(), told["props"])

    def _element(self, tag: str, props: Mapping[str, Any]) -> str:
        inside = self.html(props.get("children"))
        return f"<{tag}{''.join(_attributes(props))}>{inside}</{tag}>"

    def _figure(self, props: Mapping[str, Any]) -> str:
        self.figures.append(_harmless(props["figure"].to_json()))
        return f'<div class="figure" id="figure-{len(self.figures)}"></div>'


def _attributes(props: Mapping[str, Any]) -> Iterable[str]:
    for name, value in props.items():
        attribute = _ATTRIBUTES.get(name, name)
        if name in _ATTRIBUTES or _KEPT.fullmatch(name):
            text = _style(value) if name == "style" else str(value)
            yield f' {attribute}="{escape(text)}"'


def _style(style: Mapping[str, Any]) -> str:
    return "; ".join(f"{_dashed(name)}: {value}" for name, value in style.items())


def _dashed(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"-{match[0].lower()}", name)


def _harmless(json: str) -> str:
    """Return JSON that cannot end the script in which it stands."""
    return json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
