"""The frame of the local page: heading, controls, and a place for every panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import dcc, html

from dashboards.attributes import aria, data
from dashboards.panels import Dashboard, Panel, Variable

RANGES: Final[Mapping[str, str]] = {"7": "7 days", "28": "28 days", "90": "90 days", "0": "everything"}
THEMES: Final[Mapping[str, str]] = {"auto": "as the system", "light": "light", "dark": "dark"}


def frame(board: Dashboard, *, refresh_s: float) -> Any:
    """Return the page of a board; the panels are filled by its callbacks."""
    return html.Div(
        [
            dcc.Store(id="theme-now", data="light"),
            dcc.Interval(id="refresh", interval=round(refresh_s * 1_000)),
            html.A("To the numbers", href="#panels", className="skip"),
            html.Header(
                [
                    html.Div([html.H1(["Rapport ", html.Span(board.title)]), html.P(board.question)]),
                    html.P(id="as-of", className="as-of", **aria(live="polite")),
                ]
            ),
            _controls(board),
            html.Main([_panel(panel) for panel in board.panels], id="panels", tabIndex=-1),
            html.Footer(
                "A band or whisker is the 95% interval: the truth lies in it 19 times out of 20. A number"
                " that cannot be known yet is left out, never drawn as zero."
            ),
        ],
        id="page",
        **data(state="loading", theme="light"),
    )


def _controls(board: Dashboard) -> Any:
    """Return what is chosen often, and behind `More` what is not."""
    variables = {variable.name: _control(variable) for variable in board.variables}
    often = [
        *(variables.pop(name) for name in ("account", "window") if name in variables),
        _radio("range", "Time range", RANGES, str(board.days)),
    ]
    zone = _labelled("zone", "Times in", dcc.Dropdown(id="zone", clearable=False, searchable=False))
    seldom = [
        *variables.values(),
        _radio("live", "Refresh", {"on": "live", "off": "paused"}, "on"),
        _radio("theme", "Colours", THEMES, "auto", persistence=True),
        zone,
    ]
    more = html.Details(
        [html.Summary("More"), html.Div(seldom, className="controls seldom")], className="more-controls"
    )
    return html.Form([*often, more], className="controls", **aria(label="Choose"))


def _control(variable: Variable) -> Any:
    if variable.options is not None:
        return _radio(variable.name, variable.label, variable.options, variable.default)
    chooser = dcc.Dropdown(id=variable.name, multi=True, placeholder="All")
    return _labelled(variable.name, variable.label, chooser)


def _labelled(name: str, label: str, control: Any) -> Any:
    return html.Div([html.Label(label, htmlFor=name), control], className=f"control for-{name}")


def _radio(
    name: str, label: str, options: Mapping[str, str], value: str, *, persistence: bool = False
) -> Any:
    choices = [{"label": text, "value": key} for key, text in options.items()]
    radio = dcc.RadioItems(
        id=name, options=choices, value=value, className="radio", persistence=persistence, inline=True
    )
    return html.Fieldset([html.Legend(label), radio], className=f"control for-{name}")


def _panel(panel: Panel) -> Any:
    place = panel.place
    style = {
        "gridColumn": f"{place.x + 1} / span {place.w}",
        "gridRow": f"{place.y + 1} / span {place.h}",
    }
    about = html.Details(
        [
            html.Summary("?", title="How it is counted", **aria(label=f"How {panel.title} is counted")),
            html.P(panel.description),
        ]
    )
    heading = html.Div([html.H2(panel.title, id=f"title-{panel.id}"), about], className="heading")
    return html.Section(
        [
            heading,
            html.P(panel.question, className="question"),
            html.Div(html.P("…", className="empty"), id=f"body-{panel.id}", className="body"),
        ],
        id=f"panel-{panel.id}",
        className=f"panel {panel.kind}",
        style=style,
        **aria(labelledby=f"title-{panel.id}"),
        **data(state="loading"),
    )
