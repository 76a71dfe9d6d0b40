"""`rapport work`: fold the log into the tables."""

from __future__ import annotations

import sys

import click

from pipelines.agents.worker import work
from pipelines.settings import load_settings


@click.command("work")
def command() -> None:
    """Fold the log into the tables until SIGTERM or Ctrl-C; run as many as you have cores.

    Partitions are shared among the workers. Told to stop, a worker saves everything, leaves the group and
    exits 0; anything unexpected ends it with 70, and whoever supervises it starts it again.
    """
    sys.exit(work(load_settings()))
