"""A stack of its own for a fault that no running system survives beside others: saved, filled up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded import EmbeddedStack
from tests.faults.load import World
from tests.faults.system import System, system
from tests.stores import connect

BEGUN_POSTS = 100
DATABASES = ("rapport_fault_own", "rapport_fault_own_twin")


@contextmanager
def own_system(
    folder: Path, work: Path, *, rate: float, world: World | None = None, keep_topics: bool = False
) -> Iterator[System]:
    """Run a system whose stack has its data in `folder`, and what is there already is gone on with."""
    with EmbeddedStack(folder, databases=DATABASES) as stack:
        client = connect(stack.store, "migrate", database="system")
        for name in DATABASES:
            client.execute(f"CREATE DATABASE IF NOT EXISTS {name}")
        client.disconnect()
        work.mkdir(exist_ok=True)
        with system(
            stack, DATABASES, work, prefix="own.", rate=rate, world=world, keep_topics=keep_topics
        ) as running:
            running.load.go()
            running.keep(2)
            running.wait(lambda: running.load.posts >= BEGUN_POSTS, "the load has begun")
            running.recover()
            yield running
