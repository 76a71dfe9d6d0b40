"""What reading costs, in ClickHouse: for people, and for a source whose own journal is lost."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from pipelines.sinks.clickhouse import ClickHouse

_TOLD = """
SELECT toString(day), max(micros)
FROM spend
WHERE source = %(source)s AND day >= toDate(now('UTC')) - 40
GROUP BY day
"""
_STANDING = """
SELECT
    source,
    round(today_usd * 1e6),
    round(month_usd * 1e6),
    round(day_budget_usd * 1e6),
    round(month_budget_usd * 1e6),
    round(day_at_this_rate_usd * 1e6)
FROM spending
ORDER BY source
"""


class Spent(Struct, frozen=True, kw_only=True):
    """What a source has cost and may cost, in millionths of a dollar, by day and month of UTC.

    `day_at_this_rate`: what the whole day costs if it goes on as since midnight; None in the first minutes.
    """

    source: str
    today: int
    this_month: int
    day_budget: int
    month_budget: int
    day_at_this_rate: int | None

    @property
    def left_today(self) -> int:
        """What may still be spent today: the less of what the day and the month leave."""
        return max(0, min(self.day_budget - self.today, self.month_budget - self.this_month))


class ClickHouseSpend:
    """The table `spend`; see `stored.Spend`."""

    def __init__(self, client: ClickHouse) -> None:
        self._client = client

    def told(self, source: str) -> dict[str, int]:
        """Return what was spent by day, of the last 40 days."""
        return {str(day): int(micros) for day, micros in self._client.rows(_TOLD, {"source": source})}

    def tell(self, source: str, day: str, micros: int, budgets: tuple[int, int]) -> None:
        """Note what a day has cost so far; the greatest figure of a day stays."""
        self._client.insert(
            "spend",
            {
                "source": [source],
                "day": [date.fromisoformat(day)],
                "micros": [micros],
                "day_budget": [budgets[0]],
                "month_budget": [budgets[1]],
            },
        )


def spent(client: ClickHouse) -> tuple[Spent, ...]:
    """Return how each source that costs money stands."""
    return tuple(_spent(*row) for row in client.rows(_STANDING))


def _spent(
    source: str, today: float, month: float, day_budget: float, month_budget: float, rate: float | None
) -> Spent:
    return Spent(
        source=source,
        today=int(today),
        this_month=int(month),
        day_budget=int(day_budget),
        month_budget=int(month_budget),
        day_at_this_rate=None if rate is None else int(rate),
    )
