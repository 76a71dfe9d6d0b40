"""A client of the networks' public APIs: no key, bounded patience, answers of bounded size."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx
from msgspec import Struct

from pipelines.errors import UsageError

MAX_ANSWER_BYTES = 8 << 20
TIMEOUT_S = 10.0
TRIES = 4
FIRST_PAUSE_S = 0.5
"""Pause before the second try; each later one is twice as long."""
MAX_WAIT_S = 30.0
"""The longest that a server may ask to wait; if it asks for more, the answer is not to be had for now."""
_NOT_FOUND = frozenset({400, 404, 410})
_AGENT = "rapport (self-hosted analytics of one's own account)"


class Refused(Exception):
    """The server will not give this answer: `status` is that of HTTP."""

    def __init__(self, status: int, what: str) -> None:
        self.status = status
        super().__init__(f"the server answered {status} to {what}")


class Exhausted(Exception):
    """The server gives no more for now: it limits requests, or fails again and again."""


class Patience(Struct, frozen=True):
    """How time passes: `monotonic` in seconds, `sleep` for so many, `now` in ms since the Unix epoch."""

    monotonic: Callable[[], float]
    sleep: Callable[[float], object]
    now: Callable[[], int]


class PublicApi:
    """GETs of one server, from several threads at once if need be.

    Server errors, broken connections and limits are met with pauses; `spent` is set once the server gives no
    more, and ends every later call at once.
    """

    def __init__(self, base_url: str, patience: Patience) -> None:
        self._patience = patience
        self.spent = threading.Event()
        self._client = httpx.Client(
            base_url=base_url,
            timeout=TIMEOUT_S,
            headers={"User-Agent": _AGENT, "Accept": "application/json"},
            limits=httpx.Limits(max_connections=8),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    @property
    def server(self) -> str:
        """The server's name, for messages."""
        return self._client.base_url.host

    def get(self, path: str, parameters: Mapping[str, str | int]) -> bytes:
        """Return the body of an answer. Raises Refused, or Exhausted after bounded patience."""
        if self.spent.is_set():
            raise Exhausted(f"{self.server} gives no more for now")
        why = ""
        for attempt in range(TRIES):
            try:
                status, headers, body = self._answer(path, parameters)
            except httpx.HTTPError as error:
                why, pause = f"{type(error).__name__}", FIRST_PAUSE_S * 2**attempt
            else:
                if status == httpx.codes.OK:
                    return body
                if status != httpx.codes.TOO_MANY_REQUESTS and status < httpx.codes.INTERNAL_SERVER_ERROR:
                    raise Refused(status, path)
                why, pause = f"status {status}", FIRST_PAUSE_S * 2**attempt
                if status == httpx.codes.TOO_MANY_REQUESTS:
                    pause = max(pause, self._asked_to_wait(headers))
            if pause > MAX_WAIT_S:
                break
            if attempt + 1 < TRIES:
                self._patience.sleep(pause)
        self.spent.set()
        raise Exhausted(f"{self.server} gives no more for now ({why})")

    def _answer(self, path: str, parameters: Mapping[str, str | int]) -> tuple[int, httpx.Headers, bytes]:
        with self._client.stream("GET", path, params=dict(parameters)) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise Refused(413, f"{path}: its answer is longer than {MAX_ANSWER_BYTES >> 20} MB")
            return response.status_code, response.headers, bytes(body)

    def _asked_to_wait(self, headers: httpx.Headers) -> float:
        """Return the seconds after which the server says that it answers again; 0 where it does not say.

        `Retry-After` in seconds; `ratelimit-reset` (Bluesky) in seconds since the Unix epoch;
        `X-RateLimit-Reset` (Mastodon) as a date of ISO 8601.
        """
        now_s = self._patience.now() / 1_000
        if (after := headers.get("retry-after", "")).isdecimal():
            return float(after)
        if (reset := headers.get("ratelimit-reset", "")).isdecimal():
            return max(0.0, float(reset) - now_s)
        try:
            at = datetime.fromisoformat(headers.get("x-ratelimit-reset", ""))
        except ValueError:
            return 0.0
        return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now_s)


def not_found(error: Refused, handle: str, where: str, hint: str) -> UsageError:
    """Return what to say when a server does not know, or does not show, an account."""
    if error.status in _NOT_FOUND:
        return UsageError(f"{where} knows no account @{handle}: {hint}")
    return UsageError(
        f"{where} does not show @{handle} without a login ({error}): analyze the archive instead"
    )
