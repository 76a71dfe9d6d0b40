"""A network's HTTP interface: bounded answers, errors without addresses or secrets in them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Self

import httpx
from msgspec import Struct

from pipelines.errors import Retriable

logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells every address it asks
logging.getLogger("httpcore").setLevel(logging.WARNING)

MAX_ANSWER_BYTES = 8 << 20
Parameters = Mapping[str, str | Sequence[str]]


class Answer(Struct, frozen=True):
    """What a server said: its status, the head lines in lower case, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it is an answer and not a refusal."""
        return 200 <= self.status < 300


class Api:
    """One server's HTTP interface, for one thread at a time."""

    def __init__(self, base: str, *, name: str, token: str | None = None, timeout_s: float = 20.0) -> None:
        self._name = name
        headers = {"User-Agent": "rapport"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self.client = httpx.Client(base_url=base, headers=headers, timeout=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def get(self, path: str, parameters: Parameters | None = None) -> Answer:
        """Ask. Raises Retriable if the server cannot be reached, breaks off, or says more than 8 MB."""
        return self._ask("GET", path, parameters, None)

    def post(self, path: str, body: object) -> Answer:
        """Send JSON. Raises Retriable as `get` does."""
        return self._ask("POST", path, None, body)

    def _ask(self, method: str, path: str, parameters: Parameters | None, body: object) -> Answer:
        asked: dict[str, str | Sequence[str]] = dict(parameters or {})
        try:
            with self.client.stream(method, path, params=asked, json=body) as response:
                return Answer(response.status_code, dict(response.headers), self._bounded(response))
        except (httpx.TransportError, httpx.DecodingError, httpx.TooManyRedirects) as error:
            raise Retriable(f"{self._name} cannot be reached: {type(error).__name__}") from None

    def _bounded(self, response: httpx.Response) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > MAX_ANSWER_BYTES:
                raise Retriable(f"{self._name} answers with more than {MAX_ANSWER_BYTES >> 20} MB")
            parts.append(part)
        return b"".join(parts)
