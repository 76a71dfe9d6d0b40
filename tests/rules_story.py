"""Small histories of posts and the sums that they give, for tests of the rules of counting."""

from __future__ import annotations

from typing import Any

from pipelines.brand import Brand
from pipelines.events import MINUTE_MS, AnyEvent, Delete, Post
from tests.strategies import BRAND, ME, OTHER, START, brand_version, folded, minutes_of, post

SHOP, NEWS, SHORT = "https://shop.example/a", "https://news.example/b", "https://t.co/c"

WORDS = "every morning we bake bread in the old town"


def at(minutes: int) -> int:
    return START + minutes * MINUTE_MS


def own(minute: int, id_: str, **values: Any) -> Post:
    return post(at(minute), id_, **values)


def theirs(minute: int, id_: str, **values: Any) -> Post:
    return post(at(minute), id_, OTHER, ME, **values)


def totals(*events: AnyEvent, brand: Brand = BRAND) -> dict[str, int]:
    """Return the sums over all minutes of the account, by name; what is not there is 0."""
    sums: dict[str, int] = {}
    for (account, _), counts in minutes_of(folded([brand_version(brand), *events])).items():
        for name, value in counts.items() if account == ME else ():
            sums[name] = sums.get(name, 0) + value
    return sums


def counted(sums: dict[str, int], *names: str) -> tuple[int, ...]:
    return tuple(sums.get(name, 0) for name in names)


def deletion(minute: int, id_: str, author: str = "") -> Delete:
    return Delete(
        network="x", id=id_, occurred_at=at(minute), ingested_at=at(minute), subject=ME, author=author
    )
