"""Mastodon's streams: listen, and whenever listening begins, page through what was missed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mastodon import StreamListener
from mastodon.errors import MastodonError, MastodonMalformedEventError
from msgspec import Struct

from pipelines.errors import InvalidEvent, Retriable
from pipelines.events import AnyEvent, Delete
from pipelines.sources.base import BadInput
from pipelines.sources.live.exchange import Exchange
from pipelines.sources.live.pauses import Pauses
from pipelines.sources.mastodon.client import Client, Gone, Limited
from pipelines.sources.mastodon.statuses import Statuses

logger = logging.getLogger(__name__)
logging.getLogger("urllib3").setLevel(logging.WARNING)

MAX_LINE_BYTES = 1 << 20
SILENCE_S = 45.0
"""Instances send a heartbeat about every 15 s."""
PAGE = 40


class Heard(Struct, frozen=True):
    """Something of a stream: an event or bad input, and where its list stands now (None: as before)."""

    key: str
    thing: AnyEvent | BadInput | None = None
    position: str | None = None


class Feed(Struct, frozen=True, kw_only=True):
    """A list that can be paged: its key, its pages from the old end on, and what an entry is."""

    key: str
    page: Callable[[str], list[Mapping[str, Any]]]
    newest: Callable[[], list[Mapping[str, Any]]]
    read: Callable[[Mapping[str, Any]], AnyEvent | None]


class Stream:
    """One stream and the lists that make good what it did not tell while we were away.

    Listening begins first, then the lists are paged from where they stood, by `min_id`: from the old end, so
    that a break in the middle leaves no hole. What comes twice is recognised later. `caught_up`: the lists
    were read to their ends and the stream stands.
    """

    def __init__(
        self,
        name: str,
        client: Client,
        connect: Callable[[StreamListener, float], None],
        feeds: tuple[Feed, ...],
        listener: Callable[[Stream], Listener],
        exchange: Exchange[Heard],
        *,
        scale: float,
    ) -> None:
        self.name, self._client, self._connect, self._feeds = name, client, connect, feeds
        self.exchange, self._scale = exchange, scale
        self._listener = listener(self)
        self._positions: dict[str, str] = {}
        self.caught_up = False
        self._pauses = Pauses(first_s=1.0, most_s=300.0, scale=scale)

    def start_at(self, positions: Mapping[str, str]) -> None:
        """Begin where the lists stood."""
        self._positions.update(positions)
        self.caught_up = not any(feed.key in positions for feed in self._feeds)

    def listen(self) -> None:
        """Read until the exchange is closed. Raises UsageError if the token is refused."""
        try:
            while not self.exchange.closed.is_set():
                wait_s = 0.0
                try:
                    self._client.ask(lambda: self._connect(self._listener, SILENCE_S * self._scale))
                    reason = "the server ended the stream"
                except Limited as error:
                    reason, wait_s = str(error), min(error.seconds, 900.0) * self._scale
                except (Retriable, Gone) as error:
                    reason = str(error) or "the instance has no such stream or list"
                if self.exchange.closed.is_set():
                    return
                self.caught_up = False
                wait_s = max(wait_s, self._pauses.next())
                logger.warning("mastodon, %s: %s; again in %.1f s", self.name, reason, wait_s)
                self.exchange.sleep(wait_s)
        finally:
            self._client.close()

    def began(self) -> None:
        """Catch up: the stream stands, and what it tells waits until this is done. Raises Retriable."""
        for feed in self._feeds:
            for heard in self._missed(feed):
                self.exchange.put(heard)
        self.caught_up = True
        self._pauses.reset()

    def bad(self, reason: str, excerpt: str = "") -> None:
        """Give bad input."""
        self.exchange.put(
            Heard(self.name, BadInput(where=f"stream {self.name}", reason=reason, excerpt=excerpt))
        )

    def _missed(self, feed: Feed) -> Iterator[Heard]:
        position = self._positions.get(feed.key)
        if position is None:  # a first start: from now on
            newest = self._client.ask(feed.newest)
            position = str(newest[0]["id"]) if newest else "0"
            self._positions[feed.key] = position
            yield Heard(feed.key, position=position)
            return
        while page := self._client.ask(lambda: feed.page(self._positions[feed.key])):
            for entry in sorted(page, key=lambda each: int(each["id"])):
                self._positions[feed.key] = str(entry["id"])
                yield Heard(feed.key, self._read(feed, entry), self._positions[feed.key])

    def _read(self, feed: Feed, entry: Mapping[str, Any]) -> AnyEvent | BadInput | None:
        try:
            return feed.read(entry)
        except (InvalidEvent, AttributeError, TypeError, KeyError, ValueError) as error:
            return BadInput(where=f"{feed.key} {entry.get('id')}", reason=_reason(error))


class Listener(StreamListener):
    """What a stream tells, read with `statuses`; `own`: whether it is the stream of our own account."""

    def __init__(
        self, stream: Stream, statuses: Statuses, me: Callable[[], str], now: Callable[[], int], *, own: bool
    ) -> None:
        self._stream, self._statuses, self._me, self._now, self._own = stream, statuses, me, now, own

    def handle_stream(self, response: Any) -> None:
        """Catch up, then read; a broken event ends the connection, and the next catches up again."""
        self._stream.began()
        try:
            super().handle_stream(_Bounded(response))  # type: ignore[no-untyped-call]
        except MastodonMalformedEventError as error:
            self._stream.bad(f"a broken event: {str(error)[:100]}")
            raise

    def handle_heartbeat(self) -> None:
        """End the connection when nobody listens any more."""
        if self._stream.exchange.closed.is_set():
            raise MastodonError("closed")

    def on_update(self, status: Any) -> None:
        """Take a post."""
        self._give(lambda: self._post(status))

    def on_status_update(self, status: Any) -> None:
        """Take an edit."""
        self._give(lambda: self._statuses.edit(status, now=self._now()))

    def on_delete(self, status_id: Any) -> None:
        """Take a deletion."""
        now = self._now()
        self._give(lambda: Delete(network="mastodon", id=str(status_id), occurred_at=now, ingested_at=now))

    def on_notification(self, notification: Any) -> None:
        """Take what somebody did with us."""
        self._give(lambda: self._statuses.notified(notification, self._me(), now=self._now()))

    def on_unknown_event(self, name: str, unknown_event: Any = None) -> None:
        """Let other events pass: there are more every year."""

    def _post(self, status: Any) -> AnyEvent | None:
        post = self._statuses.post(status, now=self._now())
        boosts_us = post is not None and post.repost_of is not None and post.author != self._me()
        return None if self._own and boosts_us else post  # the notification tells it, under its own id

    def _give(self, read: Callable[[], AnyEvent | None]) -> None:
        try:
            event = read()
        except (InvalidEvent, AttributeError, TypeError, KeyError, ValueError) as error:
            self._stream.bad(_reason(error))
            return
        if event is not None:
            self._stream.exchange.put(Heard(self._stream.name, event))
        if self._stream.exchange.closed.is_set():
            raise MastodonError("closed")


class _Bounded:
    """A response whose lines are not longer than 1 MB."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def iter_content(self, chunk_size: int) -> Iterator[bytes]:
        size = 0
        for chunk in self._response.iter_content(chunk_size=chunk_size):
            size = 0 if b"\n" in chunk else size + len(chunk)
            if size > MAX_LINE_BYTES:
                raise MastodonMalformedEventError(f"a line is longer than {MAX_LINE_BYTES} bytes")
            yield chunk


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, InvalidEvent) else f"not as documented: {error!r:.100}"
