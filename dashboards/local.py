"""The local page: the panels of a board on 127.0.0.1, drawn by Dash and Plotly out of the wheel."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dash
from dash import Input, Output, State, html
from dash.exceptions import PreventUpdate
from waitress import create_server

from dashboards import DASHBOARDS, bodies, layout, numbers
from dashboards.answers import Answer, Answers, Ask, Choice, Known, ask_store
from dashboards.figures import INKS, Look
from dashboards.panels import ACCOUNT_COLOURS, DEFAULT_WINDOW, Dashboard, Panel
from pipelines import clock
from pipelines.errors import RapportError
from pipelines.events import DAY_MS
from pipelines.settings import load_settings

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
REFRESH_S = 10.0
_THREADS = 6
_PAGE_JS = """
function(theme, _) {
    const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    const now = theme === "auto" ? (dark ? "dark" : "light") : theme;
    document.getElementById("page").setAttribute("data-theme", now);
    return now;
}
"""


class _Page:
    """What the callbacks of a page share."""

    def __init__(self, board: Dashboard, ask: Ask, now: Callable[[], int]) -> None:
        self.board = board
        self.answers = Answers(board, ask)
        self._now = now

    def known(self) -> Known:
        return self.answers.known(self._now())

    def choice(self, known: Known, *, days: int, window: str, values: dict[str, tuple[str, ...]]) -> Choice:
        """Return the choice: its range ends where the data ends, so that an archive shows what it holds."""
        begin = known.first_at if days == 0 else known.until_at - days * DAY_MS
        return Choice(from_at=begin, to_at=max(known.until_at, begin + 1), window=window, values=values)

    def default(self) -> dict[int, Answer]:
        known = self.known()
        choice = self.choice(known, days=self.board.days, window=DEFAULT_WINDOW, values={})
        return self.answers.all(choice)

    def look(self, theme: str, zone: str) -> Look:
        return Look(INKS[theme], zone_of(zone), self.answers.colours(ACCOUNT_COLOURS))


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone; UTC where the name means nothing."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def create_page(
    ask: Ask,
    *,
    board: Dashboard = DASHBOARDS[0],
    refresh_s: float = REFRESH_S,
    now: Callable[[], int] = clock.now_ms,
) -> dash.Dash:
    """Return the page of a board. `ask` queries as the reader, as `ask_store` gives it.

    The root element carries data-state="ready" once every panel was filled and at least one has data, else
    "empty" or "error"; /healthz tells how many panels there are and how many have data.
    """
    app = dash.Dash(
        __name__,
        title=f"Rapport: {board.title}",
        update_title="",
        serve_locally=True,
        assets_folder="assets",
        suppress_callback_exceptions=True,
    )
    page = _Page(board, ask, now)
    app.layout = layout.frame(board, refresh_s=refresh_s)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        _PAGE_JS, Output("theme-now", "data"), Input("theme", "value"), Input("page", "id")
    )
    _offer_choices(app, page)
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
    names = [variable.name for variable in page.board.variables if variable.multi]

    @app.callback(
        [Output(name, "options") for name in names] + [Output("zone", "options"), Output("zone", "value")],
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
        offered = [
            [{"value": value, "label": text} for value, text in page.answers.options(name, choice)]
            for name in names
        ]
        zones = list(dict.fromkeys([known.time_zone, "UTC"]))
        return [*offered, zones, dash.no_update if zone else known.time_zone]


def _fill_panels(app: dash.Dash, page: _Page) -> None:
    multi = [variable.name for variable in page.board.variables if variable.multi]
    panels = page.board.panels
    output = {
        "bodies": [Output(f"body-{panel.id}", "children") for panel in panels],
        "states": [Output(f"panel-{panel.id}", "data-state") for panel in panels],
        "page": Output("page", "data-state"),
        "digest": Output("page", "data-digest"),
        "as_of": Output("as-of", "children"),
    }
    inputs = {
        "refresh": Input("refresh", "n_intervals"),
        "window": Input("window", "value"),
        "days": Input("range", "value"),
        "zone": Input("zone", "value"),
        "theme": Input("theme-now", "data"),
        "chosen": {name: Input(name, "value") for name in multi},
    }
    state = {"live": State("live", "value"), "drawn": State("page", "data-digest")}

    @app.callback(output=output, inputs=inputs, state=state)
    def fill(
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
        values = {name: tuple(each or ()) for name, each in chosen.items()}
        try:
            known = page.known()
            choice = page.choice(known, days=int(days), window=window, values=values)
            answers, look = page.answers.all(choice), page.look(theme, zone or known.time_zone)
        except RapportError as error:
            return _refused(panels, error)
        digest = _digest(answers, str(look.zone), theme)
        if digest == drawn:
            raise PreventUpdate
        filled = [bodies.body(panel, answers[panel.id], look) for panel in panels]
        states = [each for _, each in filled]
        return {
            "bodies": [content for content, _ in filled],
            "states": states,
            "page": _state(states),
            "digest": digest,
            "as_of": _as_of(choice, str(look.zone)),
        }


def _refused(panels: Sequence[Panel], error: RapportError) -> dict[str, Any]:
    """Return the page of a store that does not answer: each panel says so, until the next refresh."""
    said = html.P(
        f"The store does not answer, this page asks again: {error}", className="empty", role="alert"
    )
    return {
        "bodies": [said for _ in panels],
        "states": ["error" for _ in panels],
        "page": "error",
        "digest": "",
        "as_of": "",
    }


def _digest(answers: dict[int, Answer], zone: str, theme: str) -> str:
    told = json.dumps([[answer.rows, answer.error] for answer in answers.values()], default=str)
    return hashlib.sha256(f"{zone} {theme} {told}".encode()).hexdigest()[:16]


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
            return {"panels": len(page.board.panels), "with_data": 0, "error": str(error)}, 503
        with_data = sum(answer.has_data for answer in answers.values())
        return {"panels": len(answers), "with_data": with_data}, 200


def main() -> None:
    """Serve the page of the environment's store until this process is told to end."""
    port, _ = serve(create_page(ask_store(load_settings().clickhouse)))
    print(f"http://{LOOPBACK}:{port}/", flush=True)  # noqa: T201
    threading.Event().wait()


if __name__ == "__main__":
    main()
