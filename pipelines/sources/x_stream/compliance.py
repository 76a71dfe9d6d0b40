"""What X wants gone: a batch compliance job a day over all posts that are stored.

Everybody but enterprises learns of deletions so: a job is created, the ids are uploaded, and the answer names
those that must go (https://docs.x.com/x-api/compliance/batch-compliance). No price is told for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import httpx
import msgspec
from msgspec import Struct

from pipelines.errors import InvalidEvent, Retriable, UsageError
from pipelines.events import DAY_MS, Delete
from pipelines.sources.base import Item, Reading
from pipelines.sources.entities import instant
from pipelines.sources.live.exchange import Exchange
from pipelines.sources.live.http import Api
from pipelines.sources.live.pauses import Pauses
from pipelines.sources.x_stream.answers import decoded
from pipelines.sources.x_stream.purse import Purse
from pipelines.stored import Facts

logger = logging.getLogger(__name__)

PATH = "/2/compliance/jobs"
LOOK_EVERY_S, ASK_EVERY_S, ASK_TIMES = 600.0, 10.0, 360
KEPT_DAYS = 400
WHAT = "compliance"
"""Under this name the purse remembers when the last job was done."""


class _Job(Struct):
    id: str = ""
    status: str = ""
    upload_url: str = ""
    download_url: str = ""


class _Told(Struct):
    data: _Job


class _Order(Struct):
    id: str = ""
    action: str = ""
    redacted_at: str = ""


class Compliance:
    """Ask once a day which of the stored posts must go, and give their deletions."""

    def __init__(
        self, purse: Purse, facts: Facts | None, *, now: Callable[[], int], scale: float = 1.0
    ) -> None:
        self._purse, self._facts, self._now, self._scale = purse, facts, now, scale

    def look(self, api: Api, exchange: Exchange[Item]) -> None:
        """Run a job a day, without end; a plan that has none is said once."""
        pauses = Pauses(first_s=60.0, most_s=3_600.0, scale=self._scale)
        while not exchange.closed.is_set():
            wait_s = LOOK_EVERY_S * self._scale
            try:
                last = self._purse.last(WHAT)
                if last is None or self._now() - last >= DAY_MS:
                    for delete in self._job(api, exchange):
                        exchange.put(Reading(event=delete))
                    self._purse.reserve(0, WHAT)
                pauses.reset()
            except UsageError as error:
                logger.error("deletions of stored posts are not asked for: %s", error)
                return
            except (Retriable, InvalidEvent) as error:
                logger.warning("%s: deletions of stored posts are asked for later", error)
                wait_s = pauses.next()
            exchange.sleep(wait_s)

    def _job(self, api: Api, exchange: Exchange[Item]) -> Iterator[Delete]:
        ids = self._facts.post_ids("x", self._now() - KEPT_DAYS * DAY_MS) if self._facts else []
        if not ids:
            return
        job = decoded(api.post(PATH, {"type": "tweets", "name": "rapport"}), _Told).data
        _transfer("PUT", job.upload_url, "\n".join(ids).encode())
        for _ in range(ASK_TIMES):
            job = decoded(api.get(f"{PATH}/{job.id}"), _Told).data
            if job.status not in ("created", "in_progress"):
                break
            if not exchange.sleep(ASK_EVERY_S * self._scale):
                return
        if job.status != "complete":
            raise Retriable(f"X's compliance job is {job.status or 'of no status'}")
        for line in _transfer("GET", job.download_url, None).splitlines():
            yield from self._ordered(line)

    def _ordered(self, line: bytes) -> Iterator[Delete]:
        try:
            order = msgspec.json.decode(line, type=_Order)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Retriable(f"X's compliance job answers something else than expected: {error}") from error
        if order.action == "delete" and order.id:
            now = self._now()
            at = min(instant(order.redacted_at, "$.redacted_at"), now) if order.redacted_at else now
            yield Delete(network="x", id=order.id, occurred_at=at, ingested_at=now)


def _transfer(method: str, address: str, content: bytes | None) -> bytes:
    """Send to or fetch from an address that carries its own signature; our token is not for it."""
    try:
        answer = httpx.request(
            method, address, content=content, headers={"Content-Type": "text/plain"}, timeout=60.0
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Retriable(f"the files of X's compliance job: {type(error).__name__}") from None
    if not answer.is_success:
        raise Retriable(f"the files of X's compliance job: {answer.status_code}")
    return answer.content
