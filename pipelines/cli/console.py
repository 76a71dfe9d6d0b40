"""What the commands share on the terminal: logging, progress, and the option that names a data folder."""

from __future__ import annotations

import logging
from pathlib import Path

import click
from rich.console import Console

DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of an embedded stack, running or stopped; without it, the servers of the environment.",
)
_NOISY = ("kafka", "aiokafka", "clickhouse_driver", "faust", "mode", "asyncio", "werkzeug", "waitress")


def set_up_logging(*, verbose: bool = False) -> None:
    """Log to standard error: our own parts, and of the libraries only what is wrong."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL if name == "kafka" else logging.ERROR)


def on_stderr() -> Console:
    """Return the console for progress and messages; standard output is for results."""
    return Console(stderr=True)
