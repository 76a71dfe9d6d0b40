"""What reading X costs: counted on disk before it is read, against a budget of the day and of the month."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from pipelines.errors import Retriable, UsageError
from pipelines.settings import XSpending
from pipelines.stored import Spend

logger = logging.getLogger(__name__)

WARN_SHARE, STOP_SHARE = 0.8, 1.0
TELL_EVERY_MS = 5_000
KEPT_DAYS = 62


class _Line(Struct, frozen=True, array_like=True):
    """One reservation: when, what it may cost, what for, and which things are paid for today."""

    at: int
    micros: int
    what: str
    ids: tuple[str, ...] = ()


class Purse:
    """Money by day and month (UTC), in millionths of a dollar; what is read was reserved here first.

    A reservation is on disk, synced, before `reserve` returns: a kill between it and the read costs the
    reservation and never the budget. X bills a post or an account once a day: `ids` that were paid for today
    cost nothing (X calls that a soft promise; a count that is too high is harmless). `mirror` is a table for
    people, told now and then; of what it and the journal say of a day, the greater counts.
    """

    def __init__(
        self, folder: Path, spending: XSpending, *, now: Callable[[], int], mirror: Spend | None = None
    ) -> None:
        if spending.day_micros is None or spending.month_micros is None:
            raise UsageError(
                "reading X costs money: say how much a day and a month may cost, in dollars, with"
                " RAPPORT_X_DAILY_BUDGET_USD and RAPPORT_X_MONTHLY_BUDGET_USD"
            )
        self.spending, self._now, self._mirror = spending, now, mirror
        self._budgets = (spending.day_micros, spending.month_micros)
        self._lock = threading.RLock()
        self._path = folder / "spend.jsonl"
        self._days: dict[str, int] = {}
        self._paid: dict[str, set[str]] = {}
        self._last: dict[str, int] = {}
        self._told_at = self._told_micros = 0
        self._warned = ""
        folder.mkdir(parents=True, exist_ok=True)
        self._load()

    @property
    def spent_today(self) -> int:
        """Millionths of a dollar reserved since midnight UTC."""
        return self._days.get(self._day(), 0)

    @property
    def spent_this_month(self) -> int:
        """Millionths of a dollar reserved since the first of the month UTC."""
        month = self._day()[:7]
        return sum(micros for day, micros in self._days.items() if day.startswith(month))

    @property
    def left(self) -> int:
        """What may still be reserved now."""
        day, month = self._budgets
        return max(0, min(day - self.spent_today, month - self.spent_this_month))

    @property
    def share(self) -> float:
        """Which part of the budget is used, of the day or of the month, whichever is the greater."""
        day, month = self._budgets
        return max(self.spent_today / day if day else 1.0, self.spent_this_month / month if month else 1.0)

    def last(self, what: str) -> int | None:
        """Return when something was reserved for last; None: never."""
        return self._last.get(what)

    def unpaid(self, ids: Iterable[str]) -> list[str]:
        """Return those that were not paid for today."""
        paid = self._paid.get(self._day(), set())
        return [each for each in ids if each not in paid]

    def note_paid(self, id_: str) -> None:
        """Remember, until midnight or the end of this process, that something was paid for."""
        with self._lock:
            self._paid.setdefault(self._day(), set()).add(id_)

    def reserve(self, micros: int, what: str, ids: Iterable[str] = ()) -> bool:
        """Reserve money, durably; False if a budget does not allow it."""
        with self._lock:
            if micros > self.left:
                return False
            line = _Line(self._now(), micros, what, tuple(ids))
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, msgspec.json.encode(line) + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._count(line)
            self._warn()
        self.tell()
        return True

    def tell(self, *, at_once: bool = False) -> None:
        """Tell the table for people, at most once in five seconds; it may be away."""
        now = self._now()
        due = at_once or now - self._told_at >= TELL_EVERY_MS
        if self._mirror is None or not due or self.spent_today == self._told_micros:
            return
        self._told_at, micros = now, self.spent_today
        try:
            self._mirror.tell("x-stream", self._day(), micros, self._budgets)
            self._told_micros = micros
        except Retriable as error:
            logger.warning("what X costs is told later: %s", error)

    def _day(self) -> str:
        return _day_of(self._now())

    def _count(self, line: _Line) -> None:
        day = _day_of(line.at)
        self._days[day] = self._days.get(day, 0) + line.micros
        self._last[line.what] = max(line.at, self._last.get(line.what, 0))
        if day == self._day():
            self._paid = {day: self._paid.get(day, set()) | set(line.ids)}

    def _warn(self) -> None:
        reached = "stop" if self.left == 0 else "warn" if self.share >= WARN_SHARE else ""
        key = f"{self._day()} {reached}"
        if reached and key != self._warned:
            self._warned = key
            logger.warning(
                "X has cost %.2f $ today and %.2f $ this month: %.0f %% of the budget",
                self.spent_today / 1e6,
                self.spent_this_month / 1e6,
                self.share * 100,
            )

    def _load(self) -> None:
        lines = self._path.read_bytes().split(b"\n") if self._path.exists() else []
        for text in lines:
            try:
                self._count(msgspec.json.decode(text, type=_Line))
            except msgspec.DecodeError:
                if text:
                    logger.warning("a line of %s was not written to its end", self._path)
        try:
            told = self._mirror.told("x-stream") if self._mirror is not None else {}
        except Retriable:
            told = {}
        missing = {day: micros - self._days.get(day, 0) for day, micros in told.items()}
        for day, micros in missing.items():
            if micros > 0:
                self._days[day] = self._days.get(day, 0) + micros
        self._rewrite()

    def _rewrite(self) -> None:
        """Keep one line a day of what lies back, and today's as they are known."""
        today = self._day()
        kept = sorted(self._days)[-KEPT_DAYS:]
        lines = [_Line(_midnight(day), self._days[day], "before") for day in kept]
        lines.append(_Line(_midnight(today), 0, "paid", tuple(sorted(self._paid.get(today, ())))))
        lines += [_Line(at, 0, what) for what, at in self._last.items() if what != "before"]
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)


def _day_of(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000, UTC):%Y-%m-%d}"


def _midnight(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp() * 1_000)
