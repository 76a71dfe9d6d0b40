"""`rapport status`: lag, watermarks, rows, dead letters."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.embedded import find_running
from pipelines.cli.console import DATA_DIR
from pipelines.errors import Retriable
from pipelines.stack import opened
from pipelines.status import BROKER_STOPPED, Limits, Status, gather, standing

_UNKNOWN = "–"
_WIDEST_CURSOR = 60


@click.command()
@DATA_DIR
@click.option("--json", "as_json", is_flag=True, help="One object; ages in seconds, times in ms since 1970.")
@click.option("--check", is_flag=True, help="Say nothing but what does not progress, with exit code 1.")
@click.option(
    "--max-lag", type=click.IntRange(0), help="Records that may wait, for --check; else any number."
)
@click.option(
    "--max-age",
    type=click.FloatRange(0),
    default=300.0,
    show_default=True,
    help="Seconds since the last checkpoint of a partition in which records wait, for --check.",
)
@click.option(
    "--max-watermark-age",
    type=click.FloatRange(0),
    help="Seconds that a network's watermark may lie back, for --check; else any. For live sources.",
)
def status(
    data_dir: Path | None,
    as_json: bool,
    check: bool,
    max_lag: int | None,
    max_age: float,
    max_watermark_age: float | None,
) -> None:
    """Say how far the log is folded, what was stored, and what was refused.

    Lag is what comes after the last checkpoint: the end of a partition, less the offset of its last folded
    record, less 1. Exit code 70: neither broker nor store answers.
    """
    found = _gather(data_dir)
    if check:
        limits = Limits(lag=max_lag, checkpoint_age_s=max_age, watermark_age_s=max_watermark_age)
        if gravest := next(standing(found, limits), None):
            click.echo(gravest, err=True)
            sys.exit(1)
        return
    if as_json:
        click.echo(msgspec.json.encode({"lag": found.lag, **msgspec.to_builtins(found)}))
    else:
        _print(found, Console(highlight=False))
    if found.broker.away and found.store.away:
        raise Retriable("neither broker nor store answers: `rapport doctor` says more")


command = status


def _gather(data_dir: Path | None) -> Status:
    broker = has_broker(data_dir)
    with opened(data_dir) as settings:
        return gather(settings, broker=broker)


def has_broker(data_dir: Path | None) -> bool:
    """Tell whether a broker is to be asked: not that of a folder whose stack is stopped."""
    if data_dir is None:
        return True
    running = find_running(data_dir)
    return running is not None and running.broker is not None


def _print(status: Status, console: Console) -> None:
    console.print(Text(_broker_line(status)), soft_wrap=True)
    console.print(Text(_store_line(status)), soft_wrap=True)
    for part in _parts(status):
        console.print()
        console.print(part)


def _parts(status: Status) -> Iterator[Table | str]:
    if status.partitions:
        yield _partitions(status)
    if status.networks:
        yield _networks(status)
    if status.broker.dead_letters is not None:
        yield f"dead letters in the topic: {status.broker.dead_letters:,}"
    if not status.store.rows:
        return
    rows = [(name, f"{count:,}") for name, count in status.store.rows.items()]
    yield _table(("table", "rows stored"), rows, right=(1,))
    yield _dead_letters(status) if status.store.dead_letters else "dead letters in the table: none"
    if status.store.cursors:
        yield _cursors(status)
    if status.store.spooled:
        yield _spooled(status)
    if status.store.spent:
        yield _spent(status)


def _broker_line(status: Status) -> str:
    broker = status.broker
    if broker.away == BROKER_STOPPED:
        return "broker  stopped"
    if broker.away:
        return f"broker  away: {broker.away}"
    if broker.topic is None:
        return f"broker  {broker.version}; the log is not there yet: run `rapport migrate`"
    return f"broker  {broker.version}, topic {broker.topic} ({broker.topic_id})"


def _store_line(status: Status) -> str:
    store = status.store
    if store.away:
        return f"store   away: {store.away}"
    if store.pending:
        return f"store   ClickHouse {store.version}; migrations pending: {', '.join(store.pending)}"
    if store.epoch is None:
        return f"store   ClickHouse {store.version}; it knows no log yet: run `rapport migrate`"
    step = {
        True: "in step with the broker",
        False: "NOT of the broker's log: run `rapport migrate`",
        None: f"of the log {store.topic_id}",
    }[status.in_step]
    return f"store   ClickHouse {store.version}, no migration pending, epoch {store.epoch}, {step}"


def _partitions(status: Status) -> Table:
    rows = [
        (
            str(each.partition),
            _number(each.end),
            _number(each.position),
            _number(each.lag),
            _age(each.checkpoint_age_s),
        )
        for each in status.partitions
    ]
    rows.append(("all", "", "", _number(status.lag), ""))
    return _table(("partition", "end", "folded to", "lag", "last checkpoint"), rows, right=range(5))


def _networks(status: Status) -> Table:
    rows = [(each.network, instant(each.watermark_at), _age(each.age_s)) for each in status.networks]
    return _table(("network", "watermark (UTC)", "age"), rows, right=(2,))


def _dead_letters(status: Status) -> Table:
    rows = [(each.source, each.reason, f"{each.count:,}") for each in status.store.dead_letters]
    return _table(("refused by", "dead letter because", "count"), rows, right=(2,))


def _cursors(status: Status) -> Table:
    rows = [
        (
            each.source,
            each.cursor[:_WIDEST_CURSOR],
            instant(each.saved_at),
            _age((status.at - each.saved_at) / 1e3),
        )
        for each in status.store.cursors
    ]
    return _table(("source", "cursor", "saved (UTC)", "age"), rows, right=(3,))


def _spooled(status: Status) -> Table:
    rows = [
        (
            each.source,
            _megabytes(each.waiting_bytes),
            _megabytes(each.most_bytes),
            "FULL: the source is not read" if each.is_full else "read",
            _age((status.at - each.told_at) / 1e3),
        )
        for each in status.store.spooled
    ]
    heads = ("source", "waits on disk", "of", "so it is", "told")
    return _table(heads, rows, right=(1, 2, 4))


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):,.1f} MB"


def _spent(status: Status) -> Table:
    rows = [
        (
            each.source,
            _dollars(each.today),
            _dollars(each.left_today),
            _dollars(each.this_month),
            _dollars(each.month_budget),
            _dollars(each.day_at_this_rate),
        )
        for each in status.store.spent
    ]
    heads = ("source", "spent today", "left today", "this month", "of", "a day at this rate")
    return _table(heads, rows, right=range(1, 6))


def _dollars(micros: int | None) -> str:
    return _UNKNOWN if micros is None else f"${micros / 1e6:,.2f}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]], *, right: Iterable[int]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, head in enumerate(heads):
        table.add_column(head, justify="right" if index in right else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _number(value: int | None) -> str:
    return _UNKNOWN if value is None else f"{value:,}"


def instant(at: int) -> str:
    """Return milliseconds since the epoch as a date and time of UTC."""
    return f"{dt.datetime.fromtimestamp(at / 1_000, dt.UTC):%Y-%m-%d %H:%M:%S}"


def _age(seconds: float | None) -> str:
    if seconds is None:
        return _UNKNOWN
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if abs(seconds) >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:.0f} s"
