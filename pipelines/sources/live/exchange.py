"""Several threads of a source hand over to the one that reads it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Exchange(Generic[T]):
    """A bounded queue between threads; an error of any thread is raised where things are taken."""

    def __init__(self, limit: int = 1_000) -> None:
        self._limit = limit
        self._things: deque[T] = deque()
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self._threads: list[threading.Thread] = []
        self.closed = threading.Event()

    def run(self, name: str, work: Callable[[], object]) -> None:
        """Let a thread do some work; its error is everybody's."""
        thread = threading.Thread(target=self._work, args=(work,), name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def put(self, thing: T) -> bool:
        """Hand over; waits while there is no room. False: closed meanwhile."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._things) < self._limit or self.closed.is_set())
            if self.closed.is_set():
                return False
            self._things.append(thing)
            self._changed.notify_all()
        return True

    @property
    def is_full(self) -> bool:
        """Whether the next `put` would wait."""
        return len(self._things) >= self._limit

    def take(self, timeout_s: float) -> T | None:
        """Return the next thing; None if none came in time, or all is closed. Raises a thread's error."""
        with self._changed:
            self._changed.wait_for(self._something, timeout_s)
            if self._things:
                thing = self._things.popleft()
                self._changed.notify_all()
                return thing
            if self._error is not None:
                raise self._error
        return None

    def sleep(self, seconds: float) -> bool:
        """Wait; False if closed meanwhile."""
        return not self.closed.wait(seconds)

    def close(self) -> None:
        """Let every thread end; none is waited for."""
        self.closed.set()
        with self._changed:
            self._changed.notify_all()

    def join(self, timeout_s: float) -> None:
        """Wait for the threads."""
        for thread in list(self._threads):
            if thread is not threading.current_thread():
                thread.join(timeout_s)

    def _something(self) -> bool:
        return bool(self._things) or self._error is not None or self.closed.is_set()

    def _work(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # raised again by `take`
            with self._changed:
                if not self.closed.is_set():
                    self._error = self._error or error
                self._changed.notify_all()
