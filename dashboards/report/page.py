"""The report as one HTML file: no address is asked when it is opened, and its policy forbids that one is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plotly.offline import get_plotlyjs

from dashboards import bodies, numbers
from dashboards.answers import Answers, Ask, Choice, Known
from dashboards.look import INKS, Look
from dashboards.panels import ACCOUNT_COLOURS, WINDOWS, Dashboard, Kind, Panel
from dashboards.prose import plain
from dashboards.queries import sql_text
from dashboards.report.account import Account
from dashboards.report.static import Static
from dashboards.report.words import Fact, People, paragraph, why_silent
from pipelines.events import DAY_MS
from pipelines.metrics.view_sql import WINDOW_LENGTHS_MS

ABOUT_ALL: Final = frozenset(
    {"rapport-compare", "rapport-pipeline", "rapport-pipeline-health", "rapport-health"}
)
"""Boards that are not about one account."""
_OF_SEVERAL: Final[frozenset[Kind]] = frozenset({"compare"})
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
_DRAW: Final = """
const config = {displayModeBar: false, responsive: true};
figures.forEach((figure, index) => {
  const place = document.getElementById(`figure-${index + 1}`);
  if (place) Plotly.newPlot(place, figure.data, figure.layout, config);
});
"""


def report(ask: Ask, boards: Sequence[Dashboard], account: Account, *, window: str, now: int) -> str:
    """Return the file's text. `ask` queries as the reader; times are those of the brand's zone.

    The panels are those of the boards, for this account alone; a panel that has nothing says why.
    """
    known = Answers(boards[0], ask).known(now)
    look = Look(INKS["light"], _zone(known.time_zone), Answers(boards[0], ask).colours(ACCOUNT_COLOURS))
    static = Static()
    told = [
        _board(static, ask, board, account, known, look, window)
        for board in boards
        if board.uid not in ABOUT_ALL
    ]
    until = numbers.day(numbers.instant(known.until_at), look.zone)
    head = _head(account, window, until, sentences(ask, account, window=window))
    return _page(f"Rapport: {account.handle}", head + "".join(told), static.figures)


def sentences(ask: Ask, account: Account, *, window: str) -> list[str]:
    """Return the paragraph of plain words, sentence by sentence; at least one."""
    who = {"account_id": account.account_id, "network": account.network}
    length = {"window": window, "window_ms": WINDOW_LENGTHS_MS.get(window, 0)}
    rows = ask(sql_text("report/metrics"), {**who, **length})
    facts = {str(row["metric"]): Fact(**{name: row[name] for name in Fact.__struct_fields__}) for row in rows}
    [row] = ask(sql_text("report/people"), who)
    people = People(**{name: row[name] or 0 for name in People.__struct_fields__})
    return paragraph(facts, people) or [why_silent(facts)]


def _board(
    static: Static, ask: Ask, board: Dashboard, account: Account, known: Known, look: Look, window: str
) -> str:
    choice = Choice(
        from_at=known.until_at - board.days * DAY_MS,
        to_at=known.until_at,
        window=window,
        values={"account": (account.account_id,), "network": (account.network,)},
    )
    answers = Answers(board, ask).all(choice)
    panels = [panel for panel in board.panels if panel.kind not in _OF_SEVERAL]
    cards = (_card(static, panel, bodies.body(panel, answers[panel.id], look)[0]) for panel in panels)
    return f'<h2 class="board">{escape(board.title)}</h2><p>{escape(board.question)}</p>{"".join(cards)}'


def _card(static: Static, panel: Panel, body: object) -> str:
    return (
        f'<section class="card {panel.kind}"><h3>{escape(panel.title)}</h3>'
        f'<p class="question">{escape(panel.question)}</p><div class="body">{static.html(body)}</div>'
        f'<p class="counted">{escape(plain(panel.description))}</p></section>'
    )


def _head(account: Account, window: str, until: str, said: Sequence[str]) -> str:
    name = f"{account.name} · " if account.name else ""
    about = f"{name}@{account.handle} on {account.network}"
    time = "everything known" if window == "all" else f"the {WINDOWS[window]} up to {until}"
    words = "".join(f"<p>{escape(sentence)}</p>" for sentence in said)
    return (
        f"<header><div><h1>Rapport <span>{escape(about)}</span></h1><p>{escape(time)}, known until {until}."
        " Brackets hold the 95% interval and n, what a number rests on.</p></div></header>"
        f'<div class="said">{words}</div>'
    )


def _page(title: str, body: str, figures: Sequence[str]) -> str:
    return "".join(_parts(title, body, figures))


def _parts(title: str, body: str, figures: Sequence[str]) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title><style>{_style()}</style></head>"
    yield f'<body><div id="page" data-theme="light">{body}</div>'
    if figures:
        yield f"<script>{get_plotlyjs()}</script>"
        yield f"<script>const figures = [{','.join(figures)}];{_DRAW}</script>"
    yield "</body></html>\n"


def _style() -> str:
    folder = files("dashboards")
    return (folder / "assets" / "page.css").read_text() + (folder / "report" / "report.css").read_text()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
