"""The local page: the boards on 127.0.0.1, drawn by Dash and Plotly out of the wheel."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import dash
from dash import Input, Output, State, html
from dash.exceptions import PreventUpdate
from waitress import create_server

from dashboards import DASHBOARDS, layout
from dashboards.answers import Ask, ask_store
from dashboards.board_page import Page
from dashboards.lacks import Lacking, withholding
from dashboards.panels import DEFAULT_WINDOW, Dashboard
from pipelines import clock
from pipelines.errors import RapportError
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
    app.index_string = _markup(app.index_string)
    page = Page(boards, withholding(ask, lacks), now)
    app.layout = layout.frame(boards, page.variables, refresh_s=refresh_s, lacks=lacks)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        _THEME_JS, Output("theme-now", "data"), Input("theme", "value"), Input("page", "id")
    )
    _offer_choices(app, page)
    _show_board(app, page)
    _fill_panels(app, page)
    _tell_health(app, page)
    return app


def _markup(frame: str) -> str:
    """Return Dash's frame with the language told, and its scripts in no second footer."""
    for old, new in (("<html>", '<html lang="en">'), ("<footer>", "<div hidden>"), ("</footer>", "</div>")):
        frame = frame.replace(old, new)
    return frame


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


def _offer_choices(app: dash.Dash, page: Page) -> None:
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
        except RapportError:  # the panels say it, the next refresh asks again; "" is no zone, but an answer
            return [*(dash.no_update for _ in multi), dash.no_update, zone or ""]
        choice = page.choice(known, days=0, window=DEFAULT_WINDOW, values={"network": tuple(network or ())})
        answers = page.answers(page.boards[0])
        offered = [
            [{"value": value, "label": text} for value, text in answers.options(each, choice)]
            for each in multi
        ]
        zones = list(dict.fromkeys([known.time_zone, "UTC"]))
        return [*offered, zones, dash.no_update if zone else known.time_zone]


def _show_board(app: dash.Dash, page: Page) -> None:
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


def _fill_panels(app: dash.Dash, page: Page) -> None:
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
        theme: str | None,
        chosen: dict[str, list[str] | None],
        live: str,
        drawn: str | None,
    ) -> dict[str, Any]:
        if theme is None or zone is None or (live == "off" and dash.ctx.triggered_id == "refresh"):
            raise PreventUpdate  # what is still to come at the begin asks again
        board = page.board(path)
        values = {name: tuple(each or ()) for name, each in chosen.items()}
        try:
            known = page.known()
            choice = page.choice(known, days=int(days), window=window, values=values)
            filled = page.filled(board, choice, zone=zone or known.time_zone, theme=theme, drawn=drawn)
        except RapportError as error:
            return page.refused(board, error)
        if filled is None:
            raise PreventUpdate
        return filled


def _tell_health(app: dash.Dash, page: Page) -> None:
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
