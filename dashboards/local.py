"""The local page: the boards on 127.0.0.1, drawn by Dash and Plotly out of the wheel."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dash
from dash import Input, Output, State, html
from dash.exceptions import PreventUpdate
from waitress import create_server

from dashboards import DASHBOARDS, bodies, layout, numbers
from dashboards.answers import Answer, Answers, Ask, Choice, Known, Row, ask_store
from dashboards.lacks import Lacking, withholding
from dashboards.look import INKS, Look, mark_of
from dashboards.panels import ACCOUNT_COLOURS, DEFAULT_WINDOW, Dashboard, Variable
from pipelines import clock
from pipelines.errors import RapportError
from pipelines.events import DAY_MS
from pipelines.settings import load_settings

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
REFRESH_S = 10.0
_THREADS = 6
_THEME_JS = """
function(theme, _) {
    const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    const now = theme === "auto" ? (dark ? "dark" : "light") : theme;
    document.getElementById("page").setAttribute("data-theme", now);
    return now;
}
"""


class _Page:
    """What the callbacks of the page share."""

    def __init__(self, boards: Sequence[Dashboard], ask: Ask, now: Callable[[], int]) -> None:
        self.boards = boards
        self.variables = _variables(boards)
        self._answers = {board.name: Answers(board, ask) for board in boards}
        self._now = now

    def board(self, path: str | None) -> Dashboard:
        """Return the board at an address; the first where there is none."""
        named = {board.name: board for board in self.boards}
        return named.get((path or "").strip("/"), self.boards[0])

    def answers(self, board: Dashboard) -> Answers:
        return self._answers[board.name]

    def known(self) -> Known:
        return self.answers(self.boards[0]).known(self._now())

    def choice(
        self, known: Known, *, days: int, window: str, values: Mapping[str, tuple[str, ...]]
    ) -> Choice:
        """Return the choice: its range ends where the data ends, so that an archive shows what it holds."""
        begin = known.first_at if days == 0 else known.until_at - days * DAY_MS
        return Choice(from_at=begin, to_at=max(known.until_at, begin + 1), window=window, values=values)

    def default(self) -> dict[int, Answer]:
        board = self.boards[0]
        choice = self.choice(self.known(), days=board.days, window=DEFAULT_WINDOW, values={})
        return self.answers(board).all(choice)

    def look(self, theme: str, zone: str, marked: Sequence[Row]) -> Look:
        colours = self.answers(self.boards[0]).colours(ACCOUNT_COLOURS)
        marks = tuple(mark_of(row) for row in marked)
        return Look(INKS[theme], zone_of(zone), colours, marks)


def _variables(boards: Sequence[Dashboard]) -> tuple[Variable, ...]:
    """Return the variables of all boards, each once."""
    return tuple({variable.name: variable for board in boards for variable in board.variables}.values())


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone; UTC where the name means nothing."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def create_page(
    ask: Ask,
    *,
    boards: Sequence[Dashboard] = DASHBOARDS,
    refresh_s: float = REFRESH_S,
    now: Callable[[], int] = clock.now_ms,
    lacks: Sequence[Lacking] = (),
) -> dash.Dash:
    """Return the page of some boards. `ask` queries as the reader, as `ask_store` gives it; `lacks` is what
    the input of an analysis never told.

    The root element carries data-board, and data-state="ready" once every panel of it was filled and at least
    one has data, else "empty" or "error"; /healthz tells how many panels the first board has and how many of
    them have data.
    """
    app = dash.Dash(
        __name__,
        title="Rapport",
        update_title="",
        serve_locally=True,
        assets_folder="assets",
        suppress_callback_exceptions=True,
    )
    app.index_string = app.index_string.replace("<html>", '<html lang="en">')
    page = _Page(boards, withholding(ask, lacks), now)
    app.layout = layout.frame(boards, page.variables, refresh_s=refresh_s, lacks=lacks)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        _THEME_JS, Output("theme-now", "data"), Input("theme", "value"), Input("page", "id")
    )
    _offer_choices(app, page)
    _show_board(app, page)
    _fill_panels(app, page)
    _tell_health(app, page)
    return app


def serve(page: dash.Dash, port: int = 0) -> tuple[int, Callable[[], None]]:
    """Serve a page on 127.0.0.1 from a thread; return its port and how to stop it. Port 0: any free one."""
    server = create_server(page.server, host=LOOPBACK, port=port, threads=_THREADS, ident="rapport")
    thread = threading.Thread(target=server.run, name="page", daemon=True)
    thread.start()

    def stop() -> None:
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=5)  # first, as tasks write to the server
        server.close()
        thread.join(timeout=5)

    return int(server.effective_port), stop


def _offer_choices(app: dash.Dash, page: _Page) -> None:
    multi = [variable for variable in page.variables if variable.multi]

    @app.callback(
        [Output(each.name, "options") for each in multi]
        + [Output("zone", "options"), Output("zone", "value")],
        Input("network", "value"),
        Input("refresh", "n_intervals"),
        State("zone", "value"),
    )
    def offer(network: list[str] | None, _: int | None, zone: str | None) -> list[Any]:
        try:
            known = page.known()
        except RapportError as error:
            raise PreventUpdate from error  # the panels say it; the next refresh asks again
        choice = page.choice(known, days=0, window=DEFAULT_WINDOW, values={"network": tuple(network or ())})
        answers = page.answers(page.boards[0])
        offered = [
            [{"value": value, "label": text} for value, text in answers.options(each, choice)]
            for each in multi
        ]
        zones = list(dict.fromkeys([known.time_zone, "UTC"]))
        return [*offered, zones, dash.no_update if zone else known.time_zone]


def _show_board(app: dash.Dash, page: _Page) -> None:
    """Name the board of the address, mark it among the boards, and hide what it does not look at."""

    @app.callback(
        [Output("title", "children"), Output("question", "children")]
        + [Output(f"to-{board.name}", "className") for board in page.boards]
        + [Output(f"control-{variable.name}", "hidden") for variable in page.variables],
        Input("address", "pathname"),
    )
    def show(path: str | None) -> list[Any]:
        board = page.board(path)
        marks = ["current" if each is board else "" for each in page.boards]
        title = ["Rapport ", html.Span(board.title)]
        return [title, board.question, *marks, *layout.hidden(board, page.variables)]


def _fill_panels(app: dash.Dash, page: _Page) -> None:
    multi = [variable.name for variable in page.variables if variable.multi]
    output = {
        "panels": Output("panels", "children"),
        "board": Output("page", "data-board"),
        "state": Output("page", "data-state"),
        "digest": Output("page", "data-digest"),
        "as_of": Output("as-of", "children"),
    }
    inputs = {
        "path": Input("address", "pathname"),
        "refresh": Input("refresh", "n_intervals"),
        "window": Input("window", "value"),
        "days": Input("range", "value"),
        "zone": Input("zone", "value"),
        "theme": Input("theme-now", "data"),
        "chosen": {name: Input(name, "value") for name in multi},
    }
    state = {"live": State("live", "value"), "drawn": State("page", "data-digest")}

    # An answer that comes after the next question is dropped: no refresh while one is under way.
    @app.callback(
        output=output, inputs=inputs, state=state, running=[(Output("refresh", "disabled"), True, False)]
    )
    def fill(
        path: str | None,
        refresh: int | None,
        window: str,
        days: str,
        zone: str | None,
        theme: str,
        chosen: dict[str, list[str] | None],
        live: str,
        drawn: str | None,
    ) -> dict[str, Any]:
        if live == "off" and dash.ctx.triggered_id == "refresh":
            raise PreventUpdate
        board = page.board(path)
        values = {name: tuple(each or ()) for name, each in chosen.items()}
        try:
            known = page.known()
            choice = page.choice(known, days=int(days), window=window, values=values)
            answers = page.answers(board).all(choice)
            marked = page.answers(board).marks(choice)
            look = page.look(theme, zone or known.time_zone, marked)
        except RapportError as error:
            return _refused(board, page.boards, error)
        digest = _digest(board, answers, marked, str(look.zone), theme)
        if digest == drawn:
            raise PreventUpdate
        filled = {panel.id: bodies.body(panel, answers[panel.id], look) for panel in board.panels}
        return {
            "panels": layout.content(board, page.boards, filled),
            "board": board.name,
            "state": _state([each for _, each in filled.values()]),
            "digest": digest,
            "as_of": _as_of(choice, str(look.zone)),
        }


def _refused(board: Dashboard, boards: Sequence[Dashboard], error: RapportError) -> dict[str, Any]:
    """Return the page of a store that does not answer: each panel says so, until the next refresh."""
    said = html.P(
        f"The store does not answer, this page asks again: {error}", className="empty", role="alert"
    )
    filled = {panel.id: (said, "error") for panel in board.panels}
    return {
        "panels": layout.content(board, boards, filled),
        "board": board.name,
        "state": "error",
        "digest": "",
        "as_of": "",
    }


def _digest(
    board: Dashboard, answers: Mapping[int, Answer], marked: Sequence[Row], zone: str, theme: str
) -> str:
    told = json.dumps([marked, [[answer.rows, answer.error] for answer in answers.values()]], default=str)
    return hashlib.sha256(f"{board.name} {zone} {theme} {told}".encode()).hexdigest()[:16]


def _state(states: list[str]) -> str:
    if "data" in states:
        return "ready"
    return "error" if "error" in states else "empty"


def _as_of(choice: Choice, zone: str) -> Any:
    begin, end = (numbers.instant(at) for at in (choice.from_at, choice.to_at))
    where = zone_of(zone)
    return [
        html.Span(f"{numbers.day(begin, where)} – {numbers.day(end, where)}"),
        html.Span(f" known until {numbers.minute(end, where)}"),
    ]


def _tell_health(app: dash.Dash, page: _Page) -> None:
    @app.server.route("/healthz")  # type: ignore[untyped-decorator]
    def healthz() -> tuple[dict[str, object], int]:
        try:
            answers = page.default()
        except RapportError as error:
            return {"panels": len(page.boards[0].panels), "with_data": 0, "error": str(error)}, 503
        with_data = sum(answer.has_data for answer in answers.values())
        return {"panels": len(answers), "with_data": with_data}, 200


def main() -> None:
    """Serve the page of the environment's store until this process is told to end."""
    port, _ = serve(create_page(ask_store(load_settings().clickhouse)))
    print(f"http://{LOOPBACK}:{port}/", flush=True)  # noqa: T201
    threading.Event().wait()


if __name__ == "__main__":
    main()
