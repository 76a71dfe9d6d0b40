"""`rapport work`: fold the log into the tables."""

from __future__ import annotations

import functools
import signal
import sys
import threading

import click

from pipelines.settings import load_settings

SILENT_S = 30.0


@click.command("work")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="Run so many, and start again whichever ends or hangs; without it, one that nobody looks after.",
)
@click.option("--beat-fd", type=int, hidden=True)
@click.pass_context
def command(context: click.Context, processes: int | None, beat_fd: int | None) -> None:
    """Fold the log into the tables until SIGTERM or Ctrl-C; run as many as you have cores.

    Partitions are shared among the workers. Told to stop, a worker saves everything, leaves the group and
    exits 0, within 10 s; anything unexpected ends it with 70, and whoever supervises it starts it again:
    `--processes`, or Docker.
    """
    if processes is None:
        from pipelines.agents.worker import work  # noqa: PLC0415 - it takes a second

        sys.exit(work(load_settings(), beat_fd=beat_fd))
    sys.exit(_supervise(processes, verbose=bool(context.find_root().params.get("verbose"))))


def _supervise(processes: int, *, verbose: bool) -> int:
    import pipelines.agents.worker  # noqa: F401, PLC0415 - once, for all that are forked
    from pipelines.births import forked  # noqa: PLC0415 - a single worker does without them
    from pipelines.supervision import supervise  # noqa: PLC0415

    load_settings()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    options = ("--verbose",) if verbose else ()
    return supervise(forked(functools.partial(_one, options)), processes, silent_s=SILENT_S, stop=stop)


def _one(options: tuple[str, ...], beat_fd: int) -> int:
    """Be one worker, as if it had been called by itself. Raises SystemExit."""
    from pipelines.cli import main  # noqa: PLC0415 - this module is one of its commands

    sys.argv = ["rapport", *options, "work", "--beat-fd", str(beat_fd)]
    main()
    return 0
