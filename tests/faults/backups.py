"""A backup, tried: both parts stopped, copied, and gone on with from the copy as the runbook says."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

from infra.embedded import EmbeddedStack
from tests.conftest import connect
from tests.faults.system import system

DATABASES = ("rapport_fault_saved", "rapport_fault_saved_twin")


def backup_and_restore(folder: Path) -> str:
    """Save a stack under way, go on from the copy, and return what came of it. The original goes."""
    original, copy = folder / "original", folder / "copy"
    with EmbeddedStack(original, databases=DATABASES) as stack:
        client = connect(stack.store, "migrate", database="system")
        for name in DATABASES:
            client.execute(f"CREATE DATABASE {name}")
        client.disconnect()
        with system(stack, DATABASES, folder, prefix="saved.", rate=60, keep_topics=True) as running:
            running.load.go()
            running.keep(2)
            running.wait(lambda: running.load.posts >= 600, "there is something to save")
            running.load.rest()
            for each in running.workers:
                each.signal(signal.SIGTERM)
                each.wait(15)
            saved = running.tried.positions()
    shutil.copytree(original, copy)
    shutil.rmtree(original)
    with (
        EmbeddedStack(copy, databases=DATABASES) as stack,
        system(stack, DATABASES, folder, prefix="saved.", rate=60, first=100_000) as running,
    ):
        assert running.tried.positions() == saved, "the copy is not where the original was"
        running.load.go()
        running.keep(2)
        running.wait(lambda: running.load.posts >= 600, "the copy goes on")
        running.settle()
        judgement = running.judge()
    assert judgement.clean, judgement
    return (
        f"{sum(saved.values())} messages saved, {sum(running.load.offsets.values())} in the end, none wrong"
    )
