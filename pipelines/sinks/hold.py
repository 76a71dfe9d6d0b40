"""What one process alone may do, on whatever machine: held by a query that runs as long as it is done.

ClickHouse refuses a second query of an id that is under way, and ends one whose client is gone. So a hold
ends with its process. It holds where all ask the same server: replicas know nothing of each other's queries.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_driver import Client
from clickhouse_driver.errors import Error, ServerException

from pipelines.clock import monotonic_s
from pipelines.errors import Retriable, UsageError
from pipelines.sinks.clickhouse import ClickHouse

PATIENCE_S = 5.0
"""So long a query may stay after its client was killed."""
_PAUSE_S = 0.2
_UNDER_WAY = 216
_BROKEN = (Error, EOFError, OSError)
_RUN = """
SELECT sleepEachRow(0.2)
FROM system.numbers
SETTINGS max_block_size = 1, max_threads = 1, max_execution_time = 0, log_queries = 0
"""
_WHO = "SELECT client_hostname, toInt64(elapsed) FROM system.processes WHERE query_id = %(id)s"


class Hold:
    """A query that is under way; a thread takes what it says, so that it goes on."""

    def __init__(self, client: Client, query_id: str) -> None:
        self._client = client
        self._rows = client.execute_iter(_RUN, query_id=query_id)
        next(self._rows)
        self._ended, self._lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep, name="hold", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Make sure that it is held still. Raises Retriable where ClickHouse has ended it."""
        if self._lost.is_set():
            raise Retriable("ClickHouse was away meanwhile, so another one may have begun: run it again")

    def end(self) -> None:
        """Let go."""
        self._ended.set()
        self._thread.join()

    def _keep(self) -> None:
        try:
            while not self._ended.is_set():
                next(self._rows)
        except (*_BROKEN, StopIteration):
            self._lost.set()
        self._client.disconnect()


@contextmanager
def held(store: ClickHouse, what: str) -> Iterator[Hold]:
    """Be the only one who does something in a database. Raises UsageError while somebody else does it."""
    store.version()  # it knows what to say where ClickHouse does not answer or refuses the user
    query_id = f"{store.settings.database}: {what}"
    hold = _taken(store, query_id)
    if hold is None:
        raise UsageError(f"{_others(store, query_id, what)}: wait until it has ended, then try again")
    try:
        yield hold
    finally:
        hold.end()


def _taken(store: ClickHouse, query_id: str) -> Hold | None:
    """Take it as soon as nobody holds it; None: somebody does all the while."""
    deadline, pause = monotonic_s() + PATIENCE_S, threading.Event()
    while True:
        client = _connect(store)
        try:
            return Hold(client, query_id)
        except ServerException as error:
            client.disconnect()
            if error.code != _UNDER_WAY:
                raise
        except _BROKEN as error:
            client.disconnect()
            raise Retriable(f"ClickHouse went away: {error}") from error
        if monotonic_s() > deadline:
            return None
        pause.wait(_PAUSE_S)


def _connect(store: ClickHouse) -> Client:
    settings = store.settings
    return Client(
        settings.host,
        port=settings.port,
        user=store.user,
        password=settings.password_of(store.user),
        database=settings.database,
        connect_timeout=5,
        send_receive_timeout=60,
    )


def _others(store: ClickHouse, query_id: str, what: str) -> str:
    """Say who holds it, as far as ClickHouse tells."""
    found = store.rows(_WHO, {"id": query_id})
    since = "".join(f", begun on {host} {elapsed_s} s ago" for host, elapsed_s in found)
    return f"another `{what}` is under way{since}"
