"""`rapport health`: ask the worker or ingest of this machine how it does."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

import click

from pipelines.errors import UsageError
from pipelines.settings import load_settings

TIMEOUT_S = 10.0


@click.command("health")
@click.argument("part", type=click.Choice(["worker", "ingest"]))
@click.option("--processes", type=click.IntRange(1, 64), default=1, help="Ask so many, at following ports.")
def command(part: str, processes: int) -> None:
    """Ask PART, which runs on this machine, whether it makes progress; exit code 1 and its words if not.

    It asks `/healthz` at RAPPORT_METRICS_PORT (9470 for a worker, 9460 for an ingest).
    """
    settings = load_settings()
    at = settings.worker_metrics if part == "worker" else settings.ingest_metrics
    if not at.port:
        raise UsageError("RAPPORT_METRICS_PORT names no port that could be asked")
    said = [_ask(port) for port in range(at.port, at.port + processes)]
    for word in filter(None, said):
        click.echo(word, err=True)
    sys.exit(1 if any(said) else 0)


def _ask(port: int) -> str | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=TIMEOUT_S):
            return None
    except urllib.error.HTTPError as error:
        return f"port {port}: {error.read(1_000).decode('utf-8', 'replace').strip()}"
    except OSError as error:
        return f"port {port}: nothing answers ({error})"
