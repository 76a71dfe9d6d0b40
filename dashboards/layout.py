"""The frame of the local page: the boards' names, controls, and a place for every panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

from dashboards.attributes import aria, data
from dashboards.lacks import Lacking
from dashboards.lacks import shown as lacks_shown
from dashboards.marked import marked
from dashboards.panels import Dashboard, Panel, Section, Variable

RANGES: Final[Mapping[str, str]] = {
    "1": "1 day",
    "7": "7 days",
    "28": "28 days",
    "90": "90 days",
    "0": "everything",
}
THEMES: Final[Mapping[str, str]] = {"auto": "as the system", "light": "light", "dark": "dark"}
_OFTEN = ("account", "window")


def frame(
    boards: Sequence[Dashboard],
    variables: Sequence[Variable],
    *,
    refresh_s: float,
    lacks: Sequence[Lacking] = (),
) -> Any:
    """Return the page; what is chosen stays when the reader goes from board to board."""
    return html.Div(
        [
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="theme-now"),
            dcc.Interval(id="refresh", interval=round(refresh_s * 1_000)),
            html.A("To the numbers", href="#panels", className="skip"),
            html.Nav([_to_board(each, boards) for each in boards], id="boards", **aria(label="Boards")),
            html.Header(
                [
                    html.Div([html.H1("Rapport", id="title"), html.P(id="question")]),
                    html.P(id="as-of", className="as-of", **aria(live="polite")),
                ]
            ),
            *lacks_shown(lacks),
            _controls(variables, days=boards[0].days),
            html.Main(html.P("Reading the numbers …", className="empty"), id="panels", tabIndex=-1),
            html.Footer(
                "A band or whisker is the 95% interval: the truth lies in it 19 times out of 20. A number"
                " that cannot be known yet is left out, never drawn as zero."
            ),
        ],
        id="page",
        **data(state="loading", theme="light", board=""),
    )


def path_of(board: Dashboard, boards: Sequence[Dashboard]) -> str:
    """Return the address of a board on the page; the first one is at the root."""
    return "/" if board is boards[0] else f"/{board.name}/"


def content(board: Dashboard, boards: Sequence[Dashboard], bodies: Mapping[int, tuple[Any, str]]) -> Any:
    """Return the sections of a board; `bodies` holds content and state of each panel by its id."""
    by_name = {each.name: each for each in boards}

    def leads_to(panel: Panel) -> Any:
        target = by_name.get(panel.leads_to)
        if target is None:
            return None
        return dcc.Link(f"{target.title} →", href=path_of(target, boards), className="leads-to")

    return [_section(section, bodies, leads_to) for section in board.sections]


def hidden(board: Dashboard, variables: Sequence[Variable]) -> list[bool]:
    """Tell for each variable whether the board does without it."""
    names = {variable.name for variable in board.variables}
    return [variable.name not in names for variable in variables]


def _to_board(board: Dashboard, boards: Sequence[Dashboard]) -> Any:
    return dcc.Link(board.title, href=path_of(board, boards), id=f"to-{board.name}", title=board.question)


def _controls(variables: Sequence[Variable], *, days: int) -> Any:
    """Return what is chosen often, and behind `More` what is not."""
    often = [_control(variable) for name in _OFTEN for variable in variables if variable.name == name]
    zone = _labelled("zone", "Times in", dcc.Dropdown(id="zone", clearable=False, searchable=False))
    seldom = [
        *(_control(variable) for variable in variables if variable.name not in _OFTEN),
        _radio("live", "Refresh", {"on": "live", "off": "paused"}, "on"),
        _radio("theme", "Colours", THEMES, "auto", persistence=True),
        zone,
    ]
    more = html.Details(
        [html.Summary("More"), html.Div(seldom, className="controls seldom")], className="more-controls"
    )
    ranged = _radio("range", "Time range", RANGES, str(days))
    return html.Form([*often, ranged, more], className="controls", **aria(label="Choose"))


def _control(variable: Variable) -> Any:
    if variable.options is not None:
        return _radio(variable.name, variable.label, variable.options, variable.default)
    chooser = dcc.Dropdown(id=variable.name, multi=True, placeholder="All")
    return _labelled(variable.name, variable.label, chooser)


def _labelled(name: str, label: str, control: Any) -> Any:
    return html.Div(
        [html.Label(label, htmlFor=name), control], id=f"control-{name}", className=f"control for-{name}"
    )


def _radio(
    name: str, label: str, options: Mapping[str, str], value: str, *, persistence: bool = False
) -> Any:
    choices = [{"label": text, "value": key} for key, text in options.items()]
    radio = dcc.RadioItems(
        id=name, options=choices, value=value, className="radio", persistence=persistence, inline=True
    )
    return html.Fieldset([html.Legend(label), radio], id=f"control-{name}", className=f"control for-{name}")


def _section(section: Section, bodies: Mapping[int, tuple[Any, str]], leads_to: Any) -> Any:
    panels = [_panel(panel, *bodies[panel.id], leads_to(panel)) for panel in section.panels]
    return html.Section(
        [html.H2(section.title), html.Div(panels, className="grid")], **aria(label=section.title)
    )


def _panel(panel: Panel, body: Any, state: str, link: Any) -> Any:
    about = html.Details(
        [
            html.Summary("?", title="How it is counted", **aria(label=f"How {panel.title} is counted")),
            html.P(marked(panel.description)),
        ]
    )
    heading = html.Div([html.H3(panel.title, id=f"title-{panel.id}"), about], className="heading")
    question = html.P([panel.question, " " if link else None, link], className="question")
    return html.Article(
        [heading, question, html.Div(body, className="body")],
        id=f"panel-{panel.id}",
        className=f"panel {panel.kind}"
        + (" posts" if panel.has_posts else "")
        + (" people" if panel.has_people else ""),
        style={"gridColumn": f"span {panel.w}", "gridRow": f"span {panel.h}"},
        **aria(labelledby=f"title-{panel.id}"),
        **data(state=state, panel=str(panel.id)),
    )
