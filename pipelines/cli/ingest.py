"""`rapport ingest`: carry a source, or several live ones, into the log."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import click

from pipelines import clock
from pipelines.cli.console import on_stderr
from pipelines.errors import UsageError
from pipelines.ingest.report import IngestReport
from pipelines.ingest.worker import IngestOptions
from pipelines.ingestion import Brands, Load, brands_of, carry_all, saved_cursor
from pipelines.settings import WRITER_USER, Settings, load_settings, secret
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.facts import ClickHouseFacts
from pipelines.sinks.spend import ClickHouseSpend
from pipelines.sources import SOURCES, build_source
from pipelines.sources.base import SourceRequest

REPORT_EVERY_S = 30.0
SPEND_PATIENCE_S = 0.0
"""A store that is away holds up no stream: what was spent is told it later."""


class _Names(click.ParamType):
    """Names of sources, joined by commas."""

    name = "source"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "SOURCE[,SOURCE...]"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(value.split(",")))
        if wrong := [name for name in names if name not in SOURCES]:
            self.fail(f"there is no source {wrong[0]!r}; there are: {', '.join(sorted(SOURCES))}", param, ctx)
        return names


@click.command("ingest")
@click.argument("sources", type=_Names())
@click.argument("arguments", nargs=-1)
@click.option(
    "--option",
    "-o",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of the source; of one of several: SOURCE.NAME=VALUE.",
)
@click.option(
    "--brand",
    "brand_file",
    type=click.Path(path_type=Path),
    help="Whose accounts, domains and topics; by default RAPPORT_BRAND_FILE. A change is picked up.",
)
@click.option(
    "--no-ticks", is_flag=True, help="An import into a running system: leave the clock to the live source."
)
def command(
    sources: tuple[str, ...],
    arguments: tuple[str, ...],
    options: tuple[str, ...],
    brand_file: Path | None,
    no_ticks: bool,
) -> None:
    """Carry SOURCE into the log until it ends, or until SIGTERM or Ctrl-C.

    It goes on where it stood when it was stopped or killed. Files: `rapport ingest file FILE...`; with
    --no-ticks beside a live source of the same network. Live sources run in a process each, or together:
    `rapport ingest jetstream,x-stream,mastodon`. Exit code 1: some of the input was bad.
    """
    if len(sources) > 1 and arguments:
        raise UsageError("several sources take no arguments: give them options, SOURCE.NAME=VALUE")
    settings = load_settings()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    path = brand_file or settings.brand_file
    told = {name: _options(name, options, alone=len(sources) == 1) for name in sources}
    behaviour = IngestOptions(ticks=not no_ticks, tick_every_s=settings.tick_every_s)
    loads = [
        _load(name, arguments, told[name], settings, brands_of(path), stop, behaviour) for name in sources
    ]
    reports = carry_all(loads, settings, stop=stop, on_progress=_Teller(len(loads) > 1).tell)
    for name, report in reports.items():
        on_stderr().print(f"{name}: {_summary(report)}" if len(loads) > 1 else _summary(report))
    sys.exit(1 if any(report.dead_letters for report in reports.values()) else 0)


def _load(
    name: str,
    arguments: tuple[str, ...],
    options: Mapping[str, str],
    settings: Settings,
    brands: Brands,
    stop: threading.Event,
    behaviour: IngestOptions,
) -> Load:
    work_dir = settings.data_dir / "ingest" / name
    request = SourceRequest(
        arguments=arguments,
        options=options,
        work_dir=work_dir,
        cursor=saved_cursor(name, settings),
        now=clock.now_ms,
        sleep=stop.wait,
        brand=lambda: brands.now,
        secret=secret,
        facts=ClickHouseFacts(ClickHouse(settings.clickhouse, WRITER_USER)),
        spend=ClickHouseSpend(ClickHouse(settings.clickhouse, WRITER_USER, patience_s=SPEND_PATIENCE_S)),
        x_spending=settings.x_spending,
    )
    source = build_source(name, request)
    return Load(
        source=source,
        brands=brands,
        authors=getattr(source, "authors", None),
        options=behaviour,
        spool_dir=work_dir / "spool" if getattr(source, "spooled", False) else None,
        spool_bytes=settings.spool_bytes,
    )


def _options(name: str, options: tuple[str, ...], *, alone: bool) -> dict[str, str]:
    """Return the options that are meant for one of the sources."""
    found = {}
    for option in options:
        key, sign, value = option.partition("=")
        if not sign:
            raise UsageError(f"--option must be NAME=VALUE, not {option!r}")
        of, dot, rest = key.partition(".")
        if dot and of in SOURCES:
            key = rest
        elif not alone:
            raise UsageError(f"--option must say of which source it is: SOURCE.{option}")
        if not dot or of == name or of not in SOURCES:
            found[key] = value
    return found


class _Teller:
    """Say now and then how far each source is."""

    def __init__(self, with_name: bool) -> None:
        self._with_name = with_name
        self._told_at: dict[str, float] = {}

    def tell(self, name: str, report: IngestReport) -> None:
        now = clock.monotonic_s()
        if now - self._told_at.setdefault(name, now) >= REPORT_EVERY_S:
            self._told_at[name] = now
            on_stderr().print(f"{name}: {_summary(report)}" if self._with_name else _summary(report))


def _summary(report: IngestReport) -> str:
    text = f"{report.readings:,} events read, {report.documents:,} documents in {report.messages:,} messages"
    if report.withdrawals_unknown:
        text += f", {report.withdrawals_unknown:,} withdrawals of what was never stored"
    bad = "; ".join(f"{count:,} × {reason}" for reason, count in sorted(report.dead_letter_reasons.items()))
    return f"{text}, {report.dead_letters:,} bad: {bad}" if bad else f"{text}, none bad"
