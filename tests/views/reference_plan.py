"""How a view reads its tables when it is asked for one account."""

from __future__ import annotations

from collections.abc import Collection

from tests.metrics.migrated_store import MigratedStore


def reads_without_key(
    store: MigratedStore, view: str, account: str, among: Collection[str] = ()
) -> list[str]:
    """Return the tables, or those `among` them, that are not read by the key of the account.

    The clocks of the partitions, a row each, stand in `checkpoints` under a kind of their own.
    """
    plan = store.explain(f"SELECT * FROM {view} WHERE network = 'x' AND account_id = '{account}'")
    reads: list[tuple[str, str]] = []
    for line in plan:
        if "ReadFromMergeTree" in line:
            reads.append((line.split("(")[-1].rstrip(")"), ""))
        elif "Condition:" in line and reads:
            reads[-1] = (reads[-1][0], reads[-1][1] + line)
    if not reads:
        raise AssertionError(f"no table is read by {view}")
    return [
        table
        for table, condition in reads
        if (not among or table.rpartition(".")[2] in among)
        and f"account_id in ['{account}', '{account}']" not in condition
        and not (table.endswith(".checkpoints") and "(kind in [" in condition)
    ]
