"""What a page of boards shows: the board of an address, the reader's choice, and its panels filled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dash import html

from dashboards import bodies, layout, numbers
from dashboards.answers import Answer, Answers, Ask, Choice, Known, Row
from dashboards.look import INKS, Look, mark_of
from dashboards.panels import ACCOUNT_COLOURS, DEFAULT_WINDOW, Dashboard, Variable
from pipelines.errors import RapportError
from pipelines.events import DAY_MS


class Page:
    """The boards and their answers. `now`: the clock, in milliseconds."""

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
        """Return what answers a board's panels."""
        return self._answers[board.name]

    def known(self) -> Known:
        """Return what the store holds. Raises RapportError if it does not answer."""
        return self.answers(self.boards[0]).known(self._now())

    def choice(
        self, known: Known, *, days: int, window: str, values: Mapping[str, tuple[str, ...]]
    ) -> Choice:
        """Return the choice: its range ends where the data ends, so that an archive shows what it holds."""
        begin = known.first_at if days == 0 else known.until_at - days * DAY_MS
        return Choice(from_at=begin, to_at=max(known.until_at, begin + 1), window=window, values=values)

    def default(self) -> dict[int, Answer]:
        """Return the answers of the first board as a visitor sees it first."""
        board = self.boards[0]
        choice = self.choice(self.known(), days=board.days, window=DEFAULT_WINDOW, values={})
        return self.answers(board).all(choice)

    def filled(
        self, board: Dashboard, choice: Choice, *, zone: str, theme: str, drawn: str | None
    ) -> dict[str, Any] | None:
        """Return the parts of the page that a choice fills; None where they are what is drawn already.

        `drawn` is the digest of what is. Raises RapportError if the store does not answer.
        """
        answers = self.answers(board).all(choice)
        marked = self.answers(board).marks(choice)
        look = self._look(theme, zone, marked)
        digest = _digest(board, answers, marked, str(look.zone), theme)
        if digest == drawn:
            return None
        filled = {panel.id: bodies.body(panel, answers[panel.id], look) for panel in board.panels}
        return {
            "panels": layout.content(board, self.boards, filled),
            "board": board.name,
            "state": _state([each for _, each in filled.values()]),
            "digest": digest,
            "as_of": _as_of(choice, str(look.zone)),
        }

    def refused(self, board: Dashboard, error: RapportError) -> dict[str, Any]:
        """Return the page of a store that does not answer: each panel says so, until the next refresh."""
        said = html.P(
            f"The store does not answer, this page asks again: {error}", className="empty", role="alert"
        )
        filled = {panel.id: (said, "error") for panel in board.panels}
        return {
            "panels": layout.content(board, self.boards, filled),
            "board": board.name,
            "state": "error",
            "digest": "",
            "as_of": "",
        }

    def _look(self, theme: str, zone: str, marked: Sequence[Row]) -> Look:
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
