"""Read a live source in a thread, as the ingest does, and look at what it gave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipelines.events import AnyEvent, Gap
from pipelines.sources.base import BadInput, Item, Reading, Source, Standing

PATIENCE_S = 15.0


class LiveRun:
    """What a source has given so far; `cursor` is the last."""

    def __init__(self, source: Source, cursor: str | None) -> None:
        self.source, self.cursor = source, cursor
        self.items: list[Item] = []
        self.replaying: list[bool] = []
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        try:
            for item in self.source.read(self.cursor):
                self.replaying.append(not getattr(self.source, "caught_up", True))
                self.items.append(item)
                if isinstance(item, Reading | Standing) and item.cursor is not None:
                    self.cursor = item.cursor
        except BaseException as error:
            self.error = error

    @property
    def events(self) -> list[AnyEvent]:
        """Return the events, gaps left out."""
        found = [item.event for item in list(self.items) if isinstance(item, Reading)]
        return [event for event in found if not isinstance(event, Gap)]

    @property
    def gaps(self) -> list[Gap]:
        """Return the gaps."""
        found = [item.event for item in list(self.items) if isinstance(item, Reading)]
        return [event for event in found if isinstance(event, Gap)]

    @property
    def bad(self) -> list[BadInput]:
        """Return what could not be read."""
        return [item for item in list(self.items) if isinstance(item, BadInput)]

    def ids(self, *kinds: type) -> list[str]:
        """Return the ids of the events of some kinds."""
        return [event.id for event in self.events if not kinds or isinstance(event, kinds)]

    def wait(self, condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
        """Wait until something holds; raise the source's error, or fail."""
        deadline = time.monotonic() + patience_s
        while not condition():
            if self.error is not None:
                raise self.error
            assert time.monotonic() < deadline, f"waited in vain; there is: {self.items[-5:]}"
            time.sleep(0.005)

    def ends_with(self) -> BaseException:
        """Wait until the source fails; return its error."""
        self._thread.join(PATIENCE_S)
        assert self.error is not None, "the source did not fail"
        return self.error

    def close(self) -> None:
        """Stop reading."""
        close = getattr(self.source, "close", None)
        assert close is not None
        close()
        self._thread.join(5)
        assert not self._thread.is_alive(), "the source does not end when it is closed"


@contextmanager
def running(source: Source, cursor: str | None = None) -> Iterator[LiveRun]:
    """Read a source as long as the context lasts."""
    run = LiveRun(source, cursor)
    run._thread.start()
    try:
        yield run
    finally:
        run.close()
