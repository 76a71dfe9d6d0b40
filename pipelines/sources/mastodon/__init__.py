"""Source `mastodon`: an account's own stream and hashtags, by Mastodon.py with the account's token."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from mastodon import StreamListener

from pipelines.brand import Brand
from pipelines.errors import InvalidEvent, Retriable, UsageError
from pipelines.events import DAY_MS, AnyEvent, Delete, Network, Post
from pipelines.sources.base import BadInput, Item, Reading, SourceRequest, Standing
from pipelines.sources.live.exchange import Exchange
from pipelines.sources.live.looks import AGES_MS, Looks
from pipelines.sources.mastodon.client import TOKEN, Client, Gone, Limited
from pipelines.sources.mastodon.statuses import Statuses
from pipelines.sources.mastodon.streams import PAGE, Feed, Heard, Listener, Stream

__all__ = ["MastodonSource", "build"]

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
OWN, NOTIFICATIONS = "own", "notifications"


class MastodonSource:
    """What happens to one account of an instance: its posts, and what others do with them; hashtags too.

    Streams tell it as it happens; lists make good what was missed. Counts of own posts are read at 15 min,
    1 h, 6 h, 24 h and 7 d, the profile once a day. What was said to a few is left out. Deletions of a time in
    which nobody listened are noticed when counts are read.
    """

    name = "mastodon"
    networks: tuple[Network, ...] = ("mastodon",)
    bounded = False
    spooled = True

    def __init__(self, request: SourceRequest, address: str, hashtags: tuple[str, ...], scale: float) -> None:
        self._request, self._scale = request, scale
        token = request.secret(TOKEN)
        self._make_client: Callable[[], Client] = lambda: Client(address, token, now=request.now)
        self._statuses = Statuses(urlsplit(address).netloc.lower())
        self._exchange: Exchange[Heard] = Exchange()
        self._me: tuple[str, str] | None = None
        self._looks, self._recalled, self._profile_at = Looks(), False, 0
        self.poll_every_s, self.polled_at = LOOK_EVERY_S * scale, request.now()
        self._streams = [self._own_stream(), *(self._hashtag_stream(each) for each in hashtags)]

    @property
    def caught_up(self) -> bool:
        """False while a stream is cut off or pages through what it missed."""
        return all(stream.caught_up for stream in self._streams)

    def read(self, cursor: str | None) -> Iterator[Item]:
        """Give what happens from the cursor on. Raises UsageError if the instance refuses the token."""
        positions = _positions(cursor)
        for stream in self._streams:
            stream.start_at(positions)
        self._exchange.run("mastodon-account", self._look)
        while not self._exchange.closed.is_set():
            heard = self._exchange.take(0.5)
            if heard is None:
                continue
            if heard.position is not None:
                positions[heard.key] = heard.position
            yield self._item(heard, msgspec.json.encode(positions).decode())

    def close(self) -> None:
        """End `read` soon. May be called from another thread."""
        self._exchange.close()
        self._exchange.join(2.0)

    def _item(self, heard: Heard, cursor: str) -> Item:
        if isinstance(heard.thing, BadInput):
            return heard.thing
        if heard.thing is None:
            return Standing(cursor=cursor)
        self._watch(heard.thing)
        return Reading(event=heard.thing, cursor=cursor if heard.position is not None else None)

    def _watch(self, event: AnyEvent) -> None:
        if isinstance(event, Post) and event.author == self._my_name() and event.repost_of is None:
            self._looks.add(event.id, event.occurred_at)

    def _my_name(self) -> str:
        return self._me[1] if self._me else ""

    # ---- streams ---------------------------------------------------------------------------------

    def _own_stream(self) -> Stream:
        client = self._make_client()

        def own(**more: Any) -> list[Mapping[str, Any]]:
            return list(client.api.account_statuses(self._me[0] if self._me else "", limit=PAGE, **more))

        def notifications(**more: Any) -> list[Mapping[str, Any]]:
            return list(client.api.notifications(limit=PAGE, **more))

        feeds = (
            Feed(
                key=OWN,
                page=lambda at: own(min_id=at),
                newest=own,
                read=lambda status: self._statuses.post(status, now=self._request.now()),
            ),
            Feed(
                key=NOTIFICATIONS,
                page=lambda at: notifications(min_id=at),
                newest=notifications,
                read=lambda told: self._statuses.notified(told, self._my_name(), now=self._request.now()),
            ),
        )
        return self._stream(
            "user", client, lambda listener, silence: client.api.stream_user(listener, timeout=silence), feeds
        )

    def _hashtag_stream(self, tag: str) -> Stream:
        client = self._make_client()
        feed = Feed(
            key=f"#{tag}",
            page=lambda at: list(client.api.timeline_hashtag(tag, min_id=at, limit=PAGE)),
            newest=lambda: list(client.api.timeline_hashtag(tag, limit=1)),
            read=lambda status: self._statuses.post(status, now=self._request.now()),
        )
        return self._stream(
            f"#{tag}",
            client,
            lambda listener, silence: client.api.stream_hashtag(tag, listener, timeout=silence),
            (feed,),
        )

    def _stream(
        self,
        name: str,
        client: Client,
        connect: Callable[[StreamListener, float], None],
        feeds: tuple[Feed, ...],
    ) -> Stream:
        def listener(stream: Stream) -> Listener:
            own = name == "user"
            return Listener(stream, self._statuses, self._my_name, self._request.now, own=own)

        return Stream(name, client, connect, feeds, listener, self._exchange, scale=self._scale)

    # ---- snapshots -------------------------------------------------------------------------------

    def _look(self) -> None:
        """Learn who we are, let the streams begin, and read counts and the profile when they are due."""
        client = self._make_client()
        begun = False
        try:
            while not self._exchange.closed.is_set():
                wait_s = self.poll_every_s
                try:
                    for event in self._due(client):
                        self._exchange.put(Heard("account", event))
                    self.polled_at = self._request.now()
                except Limited as error:
                    wait_s = min(error.seconds, 900.0) * self._scale
                except (Retriable, InvalidEvent) as error:
                    logger.warning("mastodon: %s; counts and profile are read later", error)
                if self._me is not None and not begun:
                    begun = True
                    for stream in self._streams:
                        self._exchange.run(f"mastodon-{stream.name}", stream.listen)
                self._exchange.sleep(wait_s if begun else min(wait_s, 5.0 * self._scale))
        finally:
            client.close()

    def _due(self, client: Client) -> Iterator[AnyEvent]:
        now = self._request.now()
        if now - self._profile_at >= DAY_MS:
            told = client.ask(client.api.account_verify_credentials)
            profile = self._statuses.profile(told, now=now)
            self._me, self._profile_at = (str(told["id"]), profile.id), now
            yield profile
        facts = self._request.facts
        if not self._recalled and facts is not None:
            for post in facts.own_posts("mastodon", (self._my_name(),), now - AGES_MS[-1] - DAY_MS):
                self._looks.add(post.id, post.occurred_at, post.looked_at)
            self._recalled = True
        for post_id in self._looks.due(now):
            yield self._counts(client, post_id, now)

    def _counts(self, client: Client, post: str, now: int) -> AnyEvent:
        try:
            status = client.ask(lambda: client.api.status(post))
        except Gone:
            self._looks.forget(post)
            return Delete(
                network="mastodon", id=post, occurred_at=now, ingested_at=now, author=self._my_name()
            )
        self._looks.looked(post, now)
        return self._statuses.counts(status, now=now)


def build(request: SourceRequest) -> MastodonSource:
    """Return the source. Needs RAPPORT_MASTODON_TOKEN (or _FILE), the token of one account.

    Options: instance (https://...; by default that of the brand's account), hashtags (joined by commas),
    pauses (a factor on all waiting, for tests).
    """
    request.only("instance", "hashtags", "pauses")
    tags = request.options.get("hashtags", "")
    hashtags = tuple(tag.strip().removeprefix("#") for tag in tags.split(",") if tag.strip())
    address = request.options.get("instance") or _instance_of(request.brand())
    if not address.startswith(("http://", "https://")):
        raise UsageError(f"option instance: {address!r} is no address; write it like https://mastodon.social")
    request.work_dir.mkdir(parents=True, exist_ok=True)
    return MastodonSource(request, address.rstrip("/"), hashtags, request.number("pauses", 1.0))


def _instance_of(brand: Brand | None) -> str:
    named = [each for each in brand.accounts if each.network == "mastodon"] if brand else []
    hosts = {(each.handle or each.id).rpartition("@")[2] for each in named}
    if len(hosts) != 1:
        raise UsageError(
            "say which instance the token is of: -o instance=https://mastodon.example"
            if hosts
            else "the brand names no account on Mastodon: add one, user@host, to the brand file"
        )
    return f"https://{hosts.pop()}"


def _positions(cursor: str | None) -> dict[str, str]:
    try:
        return msgspec.json.decode(cursor, type=dict[str, str]) if cursor else {}
    except msgspec.DecodeError:
        raise UsageError(f"{cursor!a:.60} is no cursor of mastodon; start it without one") from None
