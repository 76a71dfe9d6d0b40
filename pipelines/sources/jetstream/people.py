"""The brand's accounts on Bluesky: their DIDs, and a snapshot of each once a day, by the public AppView."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct, field

from pipelines.brand import Brand
from pipelines.errors import Retriable, UsageError
from pipelines.events import Profile
from pipelines.sources.base import Item, Reading
from pipelines.sources.jetstream.frames import microseconds
from pipelines.sources.live.exchange import Exchange
from pipelines.sources.live.http import Api
from pipelines.sources.live.pauses import Pauses

logger = logging.getLogger(__name__)

AT_ONCE = 25
"""Profiles that app.bsky.actor.getProfiles tells at once."""
LOOK_AT_BRAND_S = 2.0
DID = re.compile(rb"did:[a-z]+:[A-Za-z0-9._:%-]+")


class _Verification(Struct):
    status: str = field(name="verifiedStatus", default="")


class _Told(Struct):
    did: str
    handle: str
    name: str = field(name="displayName", default="")
    bio: str = field(name="description", default="")
    followers: int | None = field(name="followersCount", default=None)
    following: int | None = field(name="followsCount", default=None)
    posts: int | None = field(name="postsCount", default=None)
    created_at: str | None = field(name="createdAt", default=None)
    verification: _Verification | None = None


class _Answer(Struct):
    profiles: list[_Told]


class People:
    """Whom the source follows: `dids` once they are known, `wait` until they are.

    A handle is resolved once and kept on disk (`keep_in`), so that an AppView that is away holds up nobody
    who was known before. `changed` counts how often the accounts became others. Raises UsageError for a
    brand without any account on Bluesky.
    """

    def __init__(
        self,
        brand: Callable[[], Brand | None],
        appview: str,
        *,
        every_s: float,
        now: Callable[[], int],
        keep_in: Path,
        scale: float = 1.0,
    ) -> None:
        self._brand, self._appview, self._every_s, self._now = brand, appview, every_s, now
        self._keep_in, self._scale = keep_in, scale
        self._known: dict[str, str] = _read(keep_in)
        self.dids: frozenset[str] = frozenset()
        self.changed = 0
        self._ready, self._again = threading.Event(), threading.Event()
        actors = self._actors()
        if not actors:
            raise UsageError(
                "the brand names no account on Bluesky: add one to the brand file (`rapport brand check`"
                " shows what it names) and give the file with --brand"
            )
        self._set(actors)

    def wait(self, timeout_s: float) -> bool:
        """Wait until an account is known; False: none is yet."""
        return self._ready.wait(timeout_s)

    def look_again(self) -> None:
        """Take snapshots soon: an account has changed."""
        self._again.set()

    def look(self, exchange: Exchange[Item]) -> None:
        """Give snapshots of all accounts, now, once a day, and when the brand names others; without end."""
        pauses = Pauses(first_s=2.0, most_s=600.0, scale=self._scale)
        actors: tuple[str, ...] = ()
        with Api(self._appview, name="the AppView of Bluesky") as api:
            while not exchange.closed.is_set():
                try:
                    actors = self._actors()
                    for profile in self._snapshots(api, actors):
                        exchange.put(Reading(event=profile))
                    pauses.reset()
                    wait_s = self._every_s
                except Retriable as error:
                    logger.warning("%s: profiles are read later", error)
                    wait_s = pauses.next()
                self._rest(exchange, wait_s, actors)

    def _rest(self, exchange: Exchange[Item], seconds: float, actors: tuple[str, ...]) -> None:
        """Wait, but not longer than until somebody asks or the brand names others."""
        step_s = LOOK_AT_BRAND_S * self._scale
        left_s = seconds
        while left_s > 0 and exchange.sleep(min(step_s, left_s)):
            left_s -= step_s
            if self._again.is_set() or self._actors() != actors:
                self._again.clear()
                return

    def _actors(self) -> tuple[str, ...]:
        """Return the id, else the handle, of every account of the brand."""
        brand = self._brand()
        named = [each for each in brand.accounts if each.network == "bluesky"] if brand else []
        return tuple(each.id or each.handle for each in named)

    def _snapshots(self, api: Api, actors: tuple[str, ...]) -> Iterator[Profile]:
        told: list[_Told] = []
        for start in range(0, len(actors), AT_ONCE):
            told += _ask(api, actors[start : start + AT_ONCE])
        self._learn(actors, told)
        now = self._now()
        yield from (_profile(each, now) for each in told)

    def _learn(self, actors: Iterable[str], told: Iterable[_Told]) -> None:
        found = {each.handle.lower(): each.did for each in told}
        new = {actor: found[actor.lower()] for actor in actors if actor.lower() in found}
        if new.items() - self._known.items():
            self._known.update(new)
            self._keep_in.parent.mkdir(parents=True, exist_ok=True)
            self._keep_in.write_bytes(msgspec.json.encode(self._known))
        self._set(actors)
        for actor in actors:
            if not actor.startswith("did:") and actor not in self._known:
                logger.error("there is no account %s on Bluesky: check the brand file", actor)

    def _set(self, actors: Iterable[str]) -> None:
        dids = frozenset(
            did for actor in actors if (did := actor if actor.startswith("did:") else self._known.get(actor))
        )
        if dids != self.dids:
            self.dids, self.changed = dids, self.changed + 1
        if dids:
            self._ready.set()


def _ask(api: Api, actors: tuple[str, ...]) -> list[_Told]:
    answer = api.get("/xrpc/app.bsky.actor.getProfiles", {"actors": actors})
    if not answer.ok:
        raise Retriable(f"the AppView of Bluesky answers {answer.status}")
    try:
        return msgspec.json.decode(answer.body, type=_Answer).profiles
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Retriable(f"the AppView of Bluesky answers what is no list of profiles: {error}") from error


def _profile(told: _Told, now: int) -> Profile:
    created_at = microseconds(told.created_at, "$.createdAt") // 1_000 if told.created_at else None
    return Profile(
        network="bluesky",
        id=told.did,
        occurred_at=now,
        ingested_at=now,
        handle=told.handle,
        name=told.name,
        bio=told.bio,
        followers=told.followers,
        following=told.following,
        posts=told.posts,
        created_at=created_at,
        verified=told.verification is not None and told.verification.status == "valid",
    )


def _read(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
