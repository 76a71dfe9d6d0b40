"""A small history in which each number is known."""

from __future__ import annotations

from pipelines.events import HOUR_MS, MINUTE_MS, AnyEvent, Delete, Mention, Post
from tests.strategies import (
    ME,
    OTHER,
    START,
    post,
    tick,
)


def deletion(id_: str, minute: int) -> Delete:
    at = START + minute * MINUTE_MS
    return Delete(network="x", id=id_, occurred_at=at, ingested_at=at, subject=ME, author=ME)


def in_time() -> list[AnyEvent]:
    return [post(START, "mine", text="good morning"), late("mention", 2), tick(START + 2 * HOUR_MS)]


def late(id_: str, minute: int) -> Post:
    return post(START + minute * MINUTE_MS, id_, OTHER, ME, text="well", mentions=(Mention(ME, "me"),))
