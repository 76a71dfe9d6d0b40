"""The connection to the filtered stream: kept alive, counted, and taken up again as X documents it."""

from __future__ import annotations

import logging
import select
import socket
import ssl
from collections.abc import Callable, Iterator

import httpx
from msgspec import Struct

from pipelines.errors import Retriable
from pipelines.events import MINUTE_MS
from pipelines.sources.base import BadInput, Item, Reading, Standing
from pipelines.sources.live.exchange import Exchange
from pipelines.sources.live.gaps import gap
from pipelines.sources.live.http import Api
from pipelines.sources.live.pauses import Pauses
from pipelines.sources.x_stream.answers import Refusal, check
from pipelines.sources.x_stream.lines import FIELDS, UNREADABLE, Lines
from pipelines.sources.x_stream.people import People
from pipelines.sources.x_stream.place import Place
from pipelines.sources.x_stream.purse import Purse

logger = logging.getLogger(__name__)

PATH = "/2/tweets/search/stream"
MAX_LINE_BYTES = 1 << 20
SILENCE_S = 21.0
"""X sends a keep-alive every 20 s."""
DELIVERY_MS = 10_000
"""Posts come up to 7 s after they were made (99 %): what was made just before a cut may be missing."""
BEHIND_MS = 31_000
"""After so long without an empty buffer, or with the process or the machine asleep, we begin anew."""
STAND_EVERY_MS = 10_000
TELL_GAP_EVERY_S = 60.0
KNOWN_S = 60.0
"""So long the stream waits until the accounts' ids are known; then it is read all the same."""
SOUND_S = 5.0
"""A connection that lasted so long was a sound one: after it we come back at once."""


class StreamOptions(Struct, frozen=True, kw_only=True):
    """`backfill_minutes` (0–5, where the plan has it); `in_flight`: posts paid for that may be under way."""

    backfill_minutes: int = 0
    in_flight: int = 20
    scale: float = 1.0


class Stream:
    """Read the stream for ever. What was missed while we were not connected is a gap, less the backfill."""

    def __init__(
        self,
        options: StreamOptions,
        purse: Purse,
        people: People,
        exchange: Exchange[Item],
        *,
        now: Callable[[], int],
    ) -> None:
        self._options, self._purse, self._people = options, purse, people
        self._exchange, self._now = exchange, now
        self._lines = Lines(people.own)
        self._credit = 0
        self._was_heard = False
        self._heard_at: int | None = None
        self._told_at = self._began_at = 0
        self._response: httpx.Response | None = None
        scale = options.scale
        self._broken = Pauses(first_s=0.25, most_s=16.0, step_s=0.25, scale=scale)
        self._refused = Pauses(first_s=5.0, most_s=320.0, scale=scale)
        self._limited = Pauses(first_s=60.0, most_s=960.0, scale=scale)

    def start_at(self, place: Place) -> None:
        """Begin where an earlier run was heard of last."""
        self._heard_at = place.heard_at

    def close(self) -> None:
        """End `listen` soon."""
        if self._response is not None:
            shut(self._response)

    def listen(self, api: Api) -> None:
        """Read until the exchange is closed. Raises UsageError if X refuses the token."""
        at_once = True
        waited_s = 0.0
        while not self._people.all_known and waited_s < KNOWN_S and self._exchange.sleep(0.1):
            waited_s += 0.1
        while not self._exchange.closed.is_set():
            if self._exchange.is_full:
                self._wait("what was read cannot be handed on", 1.0 * self._options.scale)
                continue
            if not self._pay(self._options.in_flight):
                self._wait("the budget is used up", TELL_GAP_EVERY_S * self._options.scale)
                continue
            try:
                self._listen_once(api)
                reason, pause_s = "the server ended the stream", self._broken.next()
                at_once = self._was_sound()
            except Refusal as error:
                reason, pause_s, at_once = str(error), self._pause_after(error), False
            except (httpx.TransportError, httpx.StreamError, Retriable) as error:
                reason = str(error) if isinstance(error, Retriable) else type(error).__name__
                pause_s, at_once = self._broken.next(), self._was_sound()
            if self._exchange.closed.is_set():
                return
            logger.warning("x-stream: %s; again in %.1f s", reason, 0.0 if at_once else pause_s)
            if not at_once:
                self._wait(reason, pause_s)

    def _was_sound(self) -> bool:
        """Tell whether the connection that ended was a sound one; then the next pauses are the first ones."""
        if not self._was_heard or self._now() - self._began_at < SOUND_S * 1_000 * self._options.scale:
            return False
        for pauses in (self._broken, self._refused, self._limited):
            pauses.reset()
        return True

    def _pause_after(self, refusal: Refusal) -> float:
        if refusal.status not in (402, 429):
            return self._refused.next()
        pause_s = self._limited.next()
        if refusal.reset_at_s is not None:
            left_s = refusal.reset_at_s - self._now() / 1_000
            pause_s = max(pause_s, min(left_s, 960.0) * self._options.scale)
        return pause_s

    def _wait(self, reason: str, seconds: float) -> None:
        """Wait, and tell the gap while it grows, so that it is seen before it ends."""
        step_s = TELL_GAP_EVERY_S * self._options.scale
        left_s = seconds
        while left_s > 0:
            if left_s > step_s or seconds >= step_s:
                self._tell_gap(reason, self._now())
            if not self._exchange.sleep(min(left_s, step_s)):
                return
            left_s -= step_s

    def _tell_gap(self, reason: str, until: int) -> None:
        if self._heard_at is None:
            return
        from_at = self._heard_at - int(DELIVERY_MS * self._options.scale)
        if until > from_at:
            self._exchange.put(Reading(event=gap("x", "x-stream", from_at, until, reason, now=self._now())))

    # ---- one connection --------------------------------------------------------------------------

    def _listen_once(self, api: Api) -> None:
        self._was_heard, self._began_at = False, self._now()
        parameters = {"tweet.fields": FIELDS}
        if self._options.backfill_minutes and self._heard_at is not None:
            parameters["backfill_minutes"] = str(self._options.backfill_minutes)
        timeout = httpx.Timeout(20.0, read=SILENCE_S * self._options.scale)
        with api.client.stream("GET", PATH, params=parameters, timeout=timeout) as response:
            self._response = response
            check(response.status_code, dict(response.headers))
            for line in self._lines_of(response):
                if not self._take(line):
                    return

    def _lines_of(self, response: httpx.Response) -> Iterator[bytes]:
        """Give each line; a keep-alive is an empty one. Too long a line is bad input."""
        begun = bytearray()
        too_long = False
        for chunk in response.iter_bytes():
            came_at = self._heard()
            begun += chunk
            *lines, rest = begun.split(b"\n")
            for line in lines:
                if too_long or len(line) > MAX_LINE_BYTES:
                    self._bad(f"the line is longer than {MAX_LINE_BYTES} bytes", bytes(line))
                    too_long = False
                    continue
                yield bytes(line).strip()
            begun = bytearray(rest)
            if len(begun) > MAX_LINE_BYTES:
                too_long, begun = True, bytearray(begun[:200])
            if is_drained(response):
                self._heard_at = came_at

    def _heard(self) -> int:
        """Return when something comes. Raises Retriable if it stood in the buffers for too long.

        What is not read when a connection ends is lost, so we have heard everything only up to what came when
        nothing more waited: a machine that slept and a reader that lags leave a gap from there.
        """
        now = self._now()
        if not self._was_heard:
            self._was_heard = True
            backfilled = self._options.backfill_minutes * MINUTE_MS
            self._tell_gap("the stream was cut off", now - backfilled)
            self._heard_at = now
        elif self._heard_at is not None and now - self._heard_at > BEHIND_MS:
            raise Retriable(f"what comes was sent long ago, for {BEHIND_MS // 1_000} s we did not keep up")
        return now

    def _take(self, line: bytes) -> bool:
        """Take a line; False: the connection must end."""
        if line:
            self._read(line)
        elif self._now() - self._told_at >= STAND_EVERY_MS:
            self._told_at = self._now()
            self._exchange.put(Standing(cursor=self._cursor()))
        if self._exchange.is_full:
            logger.warning("x-stream: what was read cannot be handed on; the stream is left")
            return False
        return self._pay(self._options.in_flight)

    def _read(self, line: bytes) -> None:
        try:
            told = self._lines.read(line, now=self._now())
        except UNREADABLE as error:
            self._credit -= 1
            self._bad(str(error), line)
            return
        if told.billed is not None and self._purse.unpaid([told.billed]):
            self._purse.note_paid(told.billed)
            self._credit -= 1
        for event in told.events:
            self._people.see(event)
            self._exchange.put(Reading(event=event, cursor=self._cursor()))

    def _pay(self, posts: int) -> bool:
        """See that so many posts are paid for in advance; False: the budget does not allow it."""
        if self._credit >= posts:
            return True
        missing = posts - self._credit + posts // 2
        if self._purse.reserve(missing * self._purse.spending.post_micros, "stream"):
            self._credit += missing
            return True
        missing = posts - self._credit
        if self._purse.reserve(missing * self._purse.spending.post_micros, "stream"):
            self._credit += missing
            return True
        return False

    def _cursor(self) -> str:
        return Place(self._heard_at).text

    def _bad(self, reason: str, line: bytes) -> None:
        excerpt = line[:200].decode("utf-8", "replace")
        self._exchange.put(
            BadInput(where=f"the stream of X, {self._heard_at}", reason=reason, excerpt=excerpt)
        )


def is_drained(response: httpx.Response) -> bool:
    """Tell whether everything that has arrived was read."""
    found = _socket_of(response)
    if found is None:
        return True
    if isinstance(found, ssl.SSLSocket) and found.pending():
        return False
    poll = select.poll()
    poll.register(found, select.POLLIN)
    return not poll.poll(0)


def _socket_of(response: httpx.Response) -> socket.socket | None:
    stream = response.extensions.get("network_stream")
    found = stream.get_extra_info("socket") if stream is not None else None
    return found if isinstance(found, socket.socket) else None


def shut(response: httpx.Response) -> None:
    """End a response that another thread is reading."""
    found = _socket_of(response)
    if found is not None:
        try:
            found.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
