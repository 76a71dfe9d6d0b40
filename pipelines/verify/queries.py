"""The queries of `verify`, from infra/clickhouse/verify, with the measures written in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b

from pipelines.metrics.measures import MEASURES
from pipelines.recent import REMEMBERED_MS, REMEMBERED_POSTS
from pipelines.rows import EPOCH_SHIFT
from pipelines.sql_files import filled, sql_file


@cache
def query(name: str) -> str:
    """Return one query; its parameters are those of clickhouse-driver."""
    return filled(sql_file("verify", name), _fragments())


@cache
def _fragments() -> dict[str, str]:
    names = [measure.name for measure in MEASURES]
    fragments = {
        "ledger_lines": sql_file("verify", "ledger_lines").read_text(encoding="utf-8").rstrip(),
        "place": _place("version"),
        "place_upto": _place("upto"),
        "remembered_ms": str(REMEMBERED_MS),
        "remembered_posts": str(REMEMBERED_POSTS),
        "measure_names": "[" + ", ".join(f"'{name}'" for name in names) + "]",
        "measure_pairs": _pairs(f"('{name}', toInt128({name}))" for name in names),
        "measure_sums": _pairs(f"('{name}', toInt128(sum({name})))" for name in names),
        "checksum": "("
        + " + ".join(f"toInt64({name}) * toInt64({_coefficient(name)})" for name in names)
        + ")",
    }
    larger = ("from_facts", "facts_and_minutes")
    return fragments | {name: filled(sql_file("verify", name), fragments) for name in larger}


def _place(column: str) -> str:
    """Return the version in a column as a place in the log: see pipelines.verify.epochs."""
    epoch = f"toUInt8(bitShiftRight({column}, {EPOCH_SHIFT}))"
    known = "CAST(%(epochs)s, 'Array(UInt8)'), CAST(%(bases)s, 'Array(UInt8)')"
    base = f"bitShiftLeft(toUInt64(transform({epoch}, {known}, {epoch})), {EPOCH_SHIFT})"
    return f"bitOr(bitAnd({column}, {(1 << EPOCH_SHIFT) - 1}), {base})"


def _pairs(pairs: Iterable[str]) -> str:
    return "[" + ", ".join(pairs) + "]"


def _coefficient(name: str) -> int:
    """Return an odd 64-bit number for a measure: a change of one measure always changes the checksum.

    Late events have none: they make no row of a window, since they tell when we heard of something.
    """
    if name == "late_events":
        return 0
    digest = blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) | 1
