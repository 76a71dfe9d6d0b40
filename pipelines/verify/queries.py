"""The queries of `verify`, from infra/clickhouse/verify, with the measures written in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b

from pipelines.metrics.measures import MEASURES
from pipelines.sql_files import filled, sql_file


@cache
def query(name: str) -> str:
    """Return one query; its parameters are those of clickhouse-driver."""
    return filled(sql_file("verify", name), _fragments())


@cache
def _fragments() -> dict[str, str]:
    names = [measure.name for measure in MEASURES]
    fragments = {
        "from_facts": sql_file("verify", "from_facts").read_text(encoding="utf-8"),
        "ledger_lines": sql_file("verify", "ledger_lines").read_text(encoding="utf-8").rstrip(),
        "measure_names": "[" + ", ".join(f"'{name}'" for name in names) + "]",
        "measure_pairs": _pairs(f"('{name}', toInt128({name}))" for name in names),
        "measure_sums": _pairs(f"('{name}', toInt128(sum({name})))" for name in names),
        "checksum": "("
        + " + ".join(f"toInt64({name}) * toInt64({_coefficient(name)})" for name in names)
        + ")",
    }
    return {**fragments, "facts_and_minutes": filled(sql_file("verify", "facts_and_minutes"), fragments)}


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
