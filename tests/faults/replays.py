"""A replay: an empty database folds the whole log again, in an epoch of its own, to the same tables."""

from __future__ import annotations

from tests.faults.commands import rapport
from tests.faults.faults import Hurt
from tests.faults.system import Side, System
from tests.faults.tables import differences

WORKERS = 2
VERSIONED = frozenset({"version", "epoch", "body"})
"""What a row says of the epoch in which it was written; the body of a header repeats its version."""


def replay_into_empty_tables(system: System) -> Hurt:
    """Fold the log of everything that happened so far into a third database and compare it."""
    system.settle()
    system.end_workers()
    again = Side({**system.tried.environ, **system.spare})
    said = rapport(again, "replay", "--from", "earliest")
    workers = [system.make_worker(again) for _ in range(WORKERS)]
    messages = sum(system.ends().values())
    took = system.wait(
        lambda: again.positions() == system.ends(), "the log is folded again", patience_s=60 + messages / 50
    )
    for each in workers:
        each.end()
    report = again.verified()
    unequal, places = differences(
        system.tried.client, system.tried.database, again.database, left_out=VERSIONED
    )
    again.client.close()
    assert str(report) == "lost=0 twice=0 differing=0", report.findings[:5]
    assert not unequal, places
    system.keep(2)
    return Hurt(1, took, f"{messages:,} messages: {said.splitlines()[-1]}; {report}")
