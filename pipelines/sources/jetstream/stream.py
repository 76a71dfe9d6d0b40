"""The WebSocket of Jetstream: connect, go on where we stood, keep what concerns us, tell what was missed."""

from __future__ import annotations

import logging
from collections.abc import Callable

import zstandard
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection

from pipelines.errors import InvalidEvent, Retriable
from pipelines.sources.base import BadInput, Item, Reading, Standing
from pipelines.sources.jetstream.connection import MAX_FRAME_BYTES, Connector, Refused, StreamOptions
from pipelines.sources.jetstream.frames import Frame
from pipelines.sources.jetstream.people import DID, People
from pipelines.sources.jetstream.place import LOOKBACK_US, Place
from pipelines.sources.jetstream.records import GONE_FOR_NOW, event_of
from pipelines.sources.live.exchange import Exchange
from pipelines.sources.live.gaps import gap
from pipelines.sources.live.pauses import Pauses

logger = logging.getLogger(__name__)

NEAR_US = 60 * 1_000_000
"""So near to the wall clock an event is of the present."""
QUIET_S = 2.0
QUIET_IS_PRESENT_S = 10.0
"""After so long a silence a filtered stream has no past left to replay; the whole stream is never silent."""
STAND_EVERY_MS = 5_000
TOO_LONG_CODE, TOO_LONG_TIMES = 1009, 3


class Stream:
    """Listen to one server after the other, for ever.

    A server replays from our place, inclusive, for 36 h: so a connection that breaks loses nothing, and only
    a place that is too old makes a gap. A v1 server says nothing then, and neither does one whose numbers
    began anew: both are told by what comes first.
    """

    def __init__(
        self, options: StreamOptions, people: People, exchange: Exchange[Item], *, now: Callable[[], int]
    ) -> None:
        self._options, self._people, self._exchange, self._now = options, people, exchange, now
        self._place: Place | None = None
        self.caught_up = True
        self._connection: ClientConnection | None = None
        self._connector = Connector(options, people)
        self._by_time = self._from_now = False
        self._too_long = 0
        self._suspicion = ""
        self._told_at = 0
        self._pauses = Pauses(first_s=0.5, most_s=60.0, scale=options.scale)

    def start_at(self, place: Place | None) -> None:
        """Begin behind a place; None: with what happens from now on."""
        self._place = place
        self.caught_up = place is None
        if place is not None:
            self._connector.prefer(place.server)

    def close(self) -> None:
        """End `listen` soon."""
        if self._connection is not None:
            self._connection.close_socket()

    def listen(self) -> None:
        """Read until the exchange is closed."""
        while not self._exchange.closed.is_set():
            if not self._people.wait(0.2):
                continue
            try:
                self._listen_once()
                reason = "the server ended the stream"
            except Refused as error:
                reason = str(error)
                self._obey(error)
            except ConnectionClosed as error:
                reason = str(error)
                self._count_too_long(error)
            except (OSError, WebSocketException, Retriable, zstandard.ZstdError) as error:
                reason = type(error).__name__ if isinstance(error, OSError) else str(error)
            if self._exchange.closed.is_set():
                return
            self.caught_up = self.caught_up and self._place is None
            self._connector.failed()
            pause_s = self._pauses.next()
            logger.warning("jetstream: %s; again in %.1f s at %s", reason, pause_s, self._connector.host)
            self._exchange.sleep(pause_s)

    def _obey(self, refusal: Refused) -> None:
        if refusal.name == "CursorTooOld":
            self._by_time, self._suspicion = True, "the server no longer has what came after our place"
        elif refusal.name == "UnknownZstdDictionary":
            self._connector.forget_dictionary()

    def _count_too_long(self, error: ConnectionClosed) -> None:
        """Step over a frame that ends every connection: what lies before the present is then a gap."""
        closed = error.sent
        self._too_long += 1 if closed is not None and closed.code == TOO_LONG_CODE else 0
        if self._too_long >= TOO_LONG_TIMES:
            self._from_now, self._suspicion = True, "a frame was too long to be read"

    def _listen_once(self) -> None:
        known = self._people.changed
        cursor = self._cursor()
        with self._connector.connect(cursor) as connection:
            self._connection = connection
            self._suspect_age()
            connected_at = self._now()
            silent_s, first = 0.0, True
            while not self._exchange.closed.is_set():
                try:
                    message = connection.recv(timeout=QUIET_S * self._options.scale, decode=False)
                except TimeoutError:
                    silent_s += QUIET_S
                    self._quiet(connected_at, silent_s)
                    if self._options.everything and silent_s >= self._options.idle_s:
                        raise Retriable("nothing came for too long") from None
                    if self._filter_changed(known):
                        return
                    continue
                silent_s = 0.0
                frame = self._frame(message)
                if frame is not None:
                    if first and frame.time_us:
                        first = False
                        self._began(frame)
                    self._take(frame)
                if self._filter_changed(known):
                    return

    def _filter_changed(self, known: int) -> bool:
        """Tell whether the server filters by accounts that are no longer the right ones."""
        return not self._options.everything and known != self._people.changed

    # ---- what was missed -------------------------------------------------------------------------

    def _cursor(self) -> int | None:
        if self._place is None or self._from_now:
            return None
        return self._place.time_us if self._by_time else self._place.cursor_at(self._connector.server)

    def _suspect_age(self) -> None:
        place = self._place
        if place is not None and place.time_us and self._now() * 1_000 - place.time_us > LOOKBACK_US:
            self._suspicion = self._suspicion or "the server keeps 36 hours only"

    # ---- frames ----------------------------------------------------------------------------------

    def _frame(self, message: bytes) -> Frame | None:
        content = message
        try:
            content = self._connector.unpacked(message)
            if len(content) > MAX_FRAME_BYTES:
                raise InvalidEvent(f"the frame is longer than {MAX_FRAME_BYTES} bytes")
            return self._connector.decode(content)
        except (InvalidEvent, zstandard.ZstdError) as error:
            self._bad(str(error), content)
            return None

    def _bad(self, reason: str, content: bytes) -> None:
        after = self._place.seq or self._place.time_us if self._place else 0
        excerpt = content[:200].decode("utf-8", "replace")
        self._exchange.put(
            BadInput(where=f"{self._connector.host}, after {after}", reason=reason, excerpt=excerpt)
        )

    def _began(self, frame: Frame) -> None:
        """Look at the first event of a connection: it tells whether something was left out."""
        place = self._place
        if place is None:
            return
        same = place.server == self._connector.server and place.seq is not None and not self._by_time
        if same and frame.seq is not None and place.seq is not None and frame.seq < place.seq:
            self._suspicion = "the server began to number anew"
            self._place = Place(self._connector.server, None, place.time_us)
        self._tell_gap(frame.time_us // 1_000)

    def _quiet(self, connected_at: int, silent_s: float) -> None:
        """Nothing came for a while: there is no past left to replay."""
        if silent_s >= QUIET_IS_PRESENT_S and not self._options.everything:
            self._tell_gap(connected_at)
            self._present()

    def _tell_gap(self, until: int) -> None:
        suspicion, self._suspicion = self._suspicion, ""
        self._by_time = self._from_now = False
        place = self._place
        if suspicion and place is not None and until > place.time_us // 1_000:
            told = gap("bluesky", "jetstream", place.time_us // 1_000, until, suspicion, now=self._now())
            self._exchange.put(Reading(event=told))
            self._place = Place(self._connector.server, None, until * 1_000)

    def _present(self) -> None:
        self.caught_up = True
        self._too_long = 0
        self._connector.succeeded()
        self._pauses.reset()

    def _take(self, frame: Frame) -> None:
        if frame.kind == "error":
            raise Retriable(f"the server says {frame.text}")
        if frame.kind == "info":
            self._suspicion = self._suspicion or f"the server says {frame.text}"
            return
        place = self._place
        if place is not None and self._is_repeated(frame, place):
            return
        self._place = Place(self._connector.server, frame.seq, frame.time_us)
        if self._now() * 1_000 - frame.time_us < NEAR_US:
            self._present()
        if self._concerns_us(frame):
            self._give(frame)
        elif self._now() - self._told_at >= STAND_EVERY_MS:
            self._told_at = self._now()
            self._exchange.put(Standing(cursor=self._place.text))

    def _is_repeated(self, frame: Frame, place: Place) -> bool:
        same = place.server == self._connector.server and frame.seq is not None and place.seq is not None
        return same and frame.seq is not None and place.seq is not None and frame.seq <= place.seq

    def _concerns_us(self, frame: Frame) -> bool:
        dids = self._people.dids
        if frame.did in dids:
            return frame.status not in GONE_FOR_NOW  # what we have of our own account waits for its return
        if frame.operation == "delete":
            return True
        if frame.kind != "commit":
            return frame.kind == "account" and not frame.active
        return frame.record is not None and any(
            each.decode() in dids for each in DID.findall(bytes(frame.record))
        )

    def _give(self, frame: Frame) -> None:
        if self._place is None:
            return
        if frame.kind == "identity" and frame.did in self._people.dids:
            self._people.look_again()
        own = frame.did in self._people.dids
        try:
            event = event_of(frame, now=self._now(), acts_told=own and self._options.everything)
        except InvalidEvent as error:
            self._bad(str(error), bytes(frame.record or b""))
            return
        cursor = self._place.text
        self._exchange.put(Standing(cursor=cursor) if event is None else Reading(event=event, cursor=cursor))
