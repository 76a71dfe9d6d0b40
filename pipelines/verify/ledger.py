"""Every offset is accounted for exactly once, and the facts that the ledger tells of are there."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pipelines.rows import offset_of
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.queries import query
from pipelines.verify.report import Checked, Finding, Verdict
from pipelines.verify.standing import Span, Standing, Standings

_NOTHING = (1 << 64) - 1


class _Epoch(Struct, frozen=True):
    """What the ledger of a partition must hold of one epoch: offsets `start` to `end`, both included."""

    epoch: int
    start: int
    end: int
    first: int
    last: int


def check_ledger(client: ClickHouse, standing: Standing, span: Span, checked: Checked) -> Iterator[Finding]:
    """Give what is wrong in one partition."""
    epochs = _epochs(client, standing, span, checked)
    yield from _holes(client, standing, span, epochs)
    yield from _sums(client, standing, span)
    yield from _facts(client, standing, span, epochs)


def check_strangers(client: ClickHouse, standings: Standings) -> Iterator[Finding]:
    """Give the facts of accounts that no partition knows."""
    for network, account, id_, version in client.rows(query("strangers"), standings.parameters):
        place = f"{network}, account {account}, {id_}"
        yield Finding("twice", place, f"a fact of version {version}, of an account that was never folded")


def _epochs(client: ClickHouse, standing: Standing, span: Span, checked: Checked) -> list[_Epoch]:
    kept_from = max(span.kept_from, span.since_at // 1_000)
    parameters = {"partition": standing.partition, "kept_from": kept_from, **span.epochs.parameters}
    now = span.epochs.base(standing.epoch)
    found = []
    for epoch, first, last, kept, offsets in client.rows(query("ledger_ends"), parameters):
        if not span.since_at and span.epochs.begun_s.get(epoch, span.now_s) >= span.kept_from:
            start = 0
        else:
            start = _NOTHING if kept is None else kept
        end = standing.offset if epoch == now else last
        checked.offsets += offsets
        found.append(_Epoch(epoch, start, end, first, last))
    if now not in {each.epoch for each in found}:
        found.append(_Epoch(now, 0, standing.offset, standing.offset + 1, standing.offset))
    return found


def _holes(client: ClickHouse, standing: Standing, span: Span, epochs: list[_Epoch]) -> Iterator[Finding]:
    within = {each.epoch: each for each in epochs}
    runs = list(
        client.rows(query("ledger_holes"), {"partition": standing.partition, **span.epochs.parameters})
    )
    for each in epochs:
        runs += [(each.epoch, each.start, each.first - 1), (each.epoch, each.last + 1, each.end)]
    for epoch, first, last in sorted(runs):
        begin, end = max(first, within[epoch].start), min(last, within[epoch].end)
        if begin <= end:
            offsets = f"offset {begin}" if begin == end else f"offsets {begin} to {end}"
            place = f"partition {standing.partition}, epoch {epoch}, {offsets}"
            yield Finding("lost", place, "not in the ledger", end - begin + 1)


def _sums(client: ClickHouse, standing: Standing, span: Span) -> Iterator[Finding]:
    parameters = {"partition": standing.partition, **span.epochs.parameters}
    for epoch, offset, documents, accounted in client.rows(query("ledger_sums"), parameters):
        verdict: Verdict = "lost" if accounted < documents else "twice"
        what = f"{documents} documents, {accounted} of them accounted for"
        yield Finding(verdict, _place(standing, epoch, offset), what, abs(documents - accounted))


def _facts(client: ClickHouse, standing: Standing, span: Span, epochs: list[_Epoch]) -> Iterator[Finding]:
    parameters = {
        "partition": standing.partition,
        "bound": standing.place,
        "epoch": span.epochs.base(standing.epoch),
        "position": max(standing.offset, offset_of(standing.place)),
        **span.epochs.parameters,
        "kinds": [each.epoch for each in epochs],
        "kept": [each.start for each in epochs],
    }
    for epoch, offset, expected, late, found, found_late in client.rows(query("ledger_facts"), parameters):
        place = _place(standing, epoch, offset)
        if expected != found:
            verdict: Verdict = "lost" if found < expected else "twice"
            what = f"{expected} facts in the ledger, {found} in the tables"
            yield Finding(verdict, place, what, abs(expected - found))
        if found_late > late:
            what = f"{late} late facts in the ledger, {found_late} in the tables"
            yield Finding("twice", place, what, found_late - late)


def _place(standing: Standing, epoch: int, offset: int) -> str:
    return f"partition {standing.partition}, epoch {epoch}, offset {offset}"
