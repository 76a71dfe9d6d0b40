"""`rapport ingest`: carry a source into the log."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import click

from pipelines import clock
from pipelines.cli.console import on_stderr
from pipelines.errors import UsageError
from pipelines.events import Network
from pipelines.ingest.report import IngestReport
from pipelines.ingest.worker import IngestOptions
from pipelines.ingestion import brands_of, carry, saved_cursor
from pipelines.settings import Settings, load_settings
from pipelines.sources import SOURCES, build_source
from pipelines.sources.base import Source, SourceRequest

REPORT_EVERY_S = 30.0


@click.command("ingest")
@click.argument("source", type=click.Choice(sorted(SOURCES)))
@click.argument("arguments", nargs=-1)
@click.option(
    "--option", "-o", "options", multiple=True, metavar="NAME=VALUE", help="An option of the source."
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
    source: str,
    arguments: tuple[str, ...],
    options: tuple[str, ...],
    brand_file: Path | None,
    no_ticks: bool,
) -> None:
    """Carry SOURCE into the log until it ends, or until SIGTERM or Ctrl-C.

    It goes on where it stood when it was stopped or killed. Files: `rapport ingest file FILE...`; with
    --no-ticks beside a live source of the same network. Exit code 1: some of the input was bad.
    """
    settings = load_settings()
    brands = brands_of(brand_file or settings.brand_file)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    made = build_source(source, _request(source, arguments, options, settings, stop))
    report = carry(
        made,
        settings,
        brands=brands,
        authors=_authors(made),
        options=IngestOptions(ticks=not no_ticks),
        stop=stop,
        on_progress=_Teller().tell,
    )
    on_stderr().print(_summary(report))
    sys.exit(1 if report.dead_letters else 0)


def _authors(source: Source) -> frozenset[tuple[Network, str]] | None:
    found: frozenset[tuple[Network, str]] | None = getattr(source, "authors", None)
    return found


def _request(
    name: str, arguments: tuple[str, ...], options: tuple[str, ...], settings: Settings, stop: threading.Event
) -> SourceRequest:
    pairs = [option.partition("=") for option in options]
    if wrong := [option for option, (_, sign, _) in zip(options, pairs, strict=True) if not sign]:
        raise UsageError(f"--option must be NAME=VALUE, not {wrong[0]!r}")
    return SourceRequest(
        arguments=arguments,
        options={key: value for key, _, value in pairs},
        work_dir=settings.data_dir / "ingest" / name,
        cursor=saved_cursor(name, settings),
        now=clock.now_ms,
        sleep=stop.wait,
    )


class _Teller:
    """Say now and then how far it is."""

    def __init__(self) -> None:
        self._told_at = clock.monotonic_s()

    def tell(self, report: IngestReport) -> None:
        if clock.monotonic_s() - self._told_at >= REPORT_EVERY_S:
            self._told_at = clock.monotonic_s()
            on_stderr().print(_summary(report))


def _summary(report: IngestReport) -> str:
    text = f"{report.readings:,} events read, {report.documents:,} documents in {report.messages:,} messages"
    bad = "; ".join(f"{count:,} × {reason}" for reason, count in sorted(report.dead_letter_reasons.items()))
    return f"{text}, {report.dead_letters:,} bad: {bad}" if bad else f"{text}, none bad"
