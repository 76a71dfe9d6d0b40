"""`rapport bench`: how fast the main job is on this machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from pipelines.errors import UsageError

_ROOT = Path(__file__).resolve().parents[2]
_BENCHMARK = "tests.benchmarks.analyze_speed"


@click.command("bench")
@click.option("--posts", type=click.IntRange(min=1_000), default=200_000, show_default=True)
@click.option("--accounts", type=click.IntRange(min=2), default=1_000, show_default=True)
@click.option(
    "--days",
    type=click.FloatRange(0.25, 28),
    default=28.0,
    show_default=True,
    help="Over how much time they were written: the sparser, the more rows a post.",
)
@click.option("--no-scoring", is_flag=True, help="A brand without topics: relevance is not computed.")
def command(posts: int, accounts: int, days: float, no_scoring: bool) -> None:
    """Generate a file of posts, analyze it with scoring on, and print posts per second, memory and stages.

    It needs a clone of the repository: the generator is among the tests.
    """
    if not (_ROOT / f"{_BENCHMARK.replace('.', '/')}.py").is_file():
        raise UsageError("bench runs from a clone of the repository only: its generator is among the tests")
    options = ["--posts", str(posts), "--accounts", str(accounts), "--days", str(days)]
    options += ["--no-scoring"] if no_scoring else []
    ran = subprocess.run([sys.executable, "-m", _BENCHMARK, *options], cwd=_ROOT, check=False)  # noqa: S603
    sys.exit(ran.returncode)
