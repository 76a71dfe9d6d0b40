"""A connection to one of Jetstream's servers: which, what is asked for, how frames are packed."""

from __future__ import annotations

import logging
from urllib.parse import urlencode, urlsplit

import msgspec
import zstandard
from msgspec import Struct
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from pipelines.sources.jetstream.frames import Frame, decode_v1, decode_v2
from pipelines.sources.jetstream.people import People
from pipelines.sources.jetstream.records import COLLECTIONS
from pipelines.sources.live.http import Api

logging.getLogger("websockets").setLevel(logging.WARNING)

MAX_FRAME_BYTES = 1 << 20
"""Longer frames are no events of ours; the server is asked to leave them out."""
HOLD_BYTES = 16 << 20
"""A frame that comes all the same is read up to here and refused; a longer one ends the connection."""
TRIES_A_SERVER = 2
WAITING_FRAMES = (2_048, 512)


class StreamOptions(Struct, frozen=True, kw_only=True):
    """How to listen; `scale` shortens all pauses, `idle_s`: the whole stream is never silent for so long.

    `everything` False: only what the tracked accounts do themselves. `compress`: zstd with the server's own
    dictionary (v2), deflate (v1); it pays for the whole stream, which is most of the network's traffic.
    """

    servers: tuple[str, ...]
    everything: bool = True
    compress: bool = True
    scale: float = 1.0
    idle_s: float = 60.0


class Refused(Exception):
    """The server does not let us in; `name` is its word for it."""

    def __init__(self, status: int, name: str) -> None:
        self.status, self.name = status, name
        super().__init__(f"the server answers {status} {name}".rstrip())


class Connector:
    """Connect to the server whose turn it is; after two failures in a row it is the next one's."""

    def __init__(self, options: StreamOptions, people: People) -> None:
        self._options, self._people = options, people
        self.server = options.servers[0]
        self._failures = 0
        self._dictionary: tuple[str, int, bytes] | None = None
        self._unpacker: zstandard.ZstdDecompressor | None = None

    @property
    def host(self) -> str:
        """Return the server's host, for people."""
        return urlsplit(self.server).netloc

    @property
    def _is_v1(self) -> bool:
        return urlsplit(self.server).path.endswith("/subscribe")

    def prefer(self, server: str) -> None:
        """Begin with a server, if it is one of ours."""
        if server in self._options.servers:
            self.server = server

    def failed(self) -> None:
        """Count a connection that ended."""
        self._failures += 1
        if self._failures >= TRIES_A_SERVER:
            servers = self._options.servers
            self.server = servers[(servers.index(self.server) + 1) % len(servers)]
            self._failures = 0

    def succeeded(self) -> None:
        """Note that the present was reached."""
        self._failures = 0

    def connect(self, cursor: int | None) -> ClientConnection:
        """Return an open connection that begins at the cursor (None: now).

        Raises Refused, Retriable, OSError or an error of websockets.
        """
        parameters = self._parameters(cursor)
        try:
            return connect(
                f"{self.server}?{urlencode(parameters)}",
                compression="deflate" if self._is_v1 and self._options.compress else None,
                max_size=HOLD_BYTES,
                max_queue=WAITING_FRAMES,
                ping_interval=20 * self._options.scale,
                ping_timeout=20 * self._options.scale,
                open_timeout=20,
                close_timeout=1,
            )
        except InvalidStatus as error:
            name = _error_name(bytes(error.response.body or b""))
            raise Refused(error.response.status_code, name) from None

    def unpacked(self, message: bytes) -> bytes:
        """Return the text of a frame. Raises zstandard.ZstdError for one that is broken or too long."""
        if self._unpacker is not None and message[:4] == zstandard.FRAME_HEADER:
            size = zstandard.get_frame_parameters(message).content_size
            if HOLD_BYTES < size < zstandard.CONTENTSIZE_UNKNOWN:
                raise zstandard.ZstdError(f"the frame grows to more than {HOLD_BYTES} bytes")
            return self._unpacker.decompress(message, max_output_size=HOLD_BYTES)
        return message

    def decode(self, text: bytes) -> Frame:
        """Return what a frame says. Raises InvalidEvent."""
        return decode_v1(text) if self._is_v1 else decode_v2(text)

    def forget_dictionary(self) -> None:
        """Fetch it anew: the server has another one."""
        self._dictionary = None

    def _parameters(self, cursor: int | None) -> list[tuple[str, str]]:
        collections, dids = ("wantedCollections", "wantedDids") if self._is_v1 else ("collections", "dids")
        parameters = [(collections, each) for each in COLLECTIONS]
        if not self._options.everything:
            parameters += [(dids, each) for each in sorted(self._people.dids)]
        parameters.append(("maxMessageSizeBytes", str(MAX_FRAME_BYTES)))
        if cursor is not None:
            parameters.append(("cursor", str(cursor)))
        self._unpacker = None
        if self._options.compress and not self._is_v1 and (number := self._learn_dictionary()):
            parameters.append(("zstdDictionary", str(number)))
        return parameters

    def _learn_dictionary(self) -> int:
        """Fetch the server's dictionary once and return its number; 0: it has none."""
        if self._dictionary is None or self._dictionary[0] != self.server:
            split = urlsplit(self.server)
            base = f"{'https' if split.scheme == 'wss' else 'http'}://{split.netloc}"
            with Api(base, name=self.host) as api:
                answer = api.get("/xrpc/network.bsky.jetstream.getZstdDictionary")
            content = answer.body if answer.ok else b""
            number = zstandard.ZstdCompressionDict(content).dict_id() if content else 0
            self._dictionary = (self.server, number, content)
        _, number, content = self._dictionary
        if number:
            self._unpacker = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(content))
        return number


class _Error(Struct):
    error: str = ""


def _error_name(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Error).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
