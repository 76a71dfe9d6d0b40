"""How fast `rapport analyze` is: posts per second, peak memory and processor time of each process, stages.

    python -m tests.benchmarks.analyze_speed --posts 200000

The whole chain runs on this machine: reader, Kafka, Faust worker with scoring on, ClickHouse. Every author
is tracked. Processor seconds say more than the clock where others use the machine too.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct

from pipelines.events import DAY_MS
from tests.benchmarks.generate_posts import generate_file

ROOT = Path(__file__).parents[2]
SAMPLE_S = 0.1
BRAND = """
name: Bench
own_domains: [ryeandcrumb.example]
topics:
  - name: bread
    description: How to bake bread with wild yeast at home, from the starter to the crust
    keywords: [sourdough, starter, rye flour, proofing, oven]
  - name: grain
    description: Old kinds of grain, the farmers who grow them and the mills that grind them
    keywords: [emmer, einkorn, stone mill, harvest]
"""


class Usage(Struct):
    """What one part of the system used."""

    peak_bytes: int = 0
    half_bytes: int = 0
    """Its memory when half of the time was over: flat memory shows as a peak that is not much more."""
    cpu_s: float = 0.0


class Measured(Struct, frozen=True, kw_only=True):
    """One run: how long, what it used, how long each stage took."""

    posts: int
    seconds: float
    stages: list[tuple[str, float]]
    usage: dict[str, Usage]

    @property
    def start_s(self) -> float:
        """Seconds until the broker and the store were up."""
        return sum(took for name, took in self.stages if name.startswith(("broker", "store", "starting")))


def main() -> None:
    """Generate a file, analyze it, print what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--posts", type=int, default=200_000)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--days", type=float, default=28.0, help="over how much time they were written")
    parser.add_argument("--no-scoring", action="store_true", help="a brand without topics")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as name:
        folder = Path(name)
        say(f"generating {given.posts:,} posts by {given.accounts:,} accounts over {given.days:g} days")
        span_ms = int(given.days * DAY_MS)
        generate_file(folder / "posts.jsonl", posts=given.posts, accounts=given.accounts, span_ms=span_ms)
        (folder / "brand.yaml").write_text(
            BRAND.split("topics:", maxsplit=1)[0] if given.no_scoring else BRAND
        )
        say(report(measure(folder)))


def measure(folder: Path) -> Measured:
    """Analyze the file in the folder. Raises SystemExit with its last words if that fails."""
    begun = time.monotonic()
    command = ["analyze", "posts.jsonl", "--brand", "brand.yaml", "--data-dir", "data", "--json"]
    with (folder / "result.json").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines", *command],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
        )
    sampler = Sampler(process.pid)
    sampler.start()
    assert process.stderr is not None
    try:
        marks = [("starting", begun)] + [(line.strip(), time.monotonic()) for line in process.stderr]
        code = process.wait()
    finally:
        process.terminate()
        process.wait()
    ended = time.monotonic()
    sampler.stop()
    if code != 0:
        raise SystemExit("\n".join(line for line, _ in marks[1:]) or f"it ended with {code}")
    ends = [at for _, at in marks[1:]] + [ended]
    found = msgspec.json.decode((folder / "result.json").read_bytes(), type=Counted)
    return Measured(
        posts=found.posts,
        seconds=ended - begun,
        stages=[(name, end - at) for (name, at), end in zip(marks, ends, strict=True)],
        usage=sampler.usage,
    )


class Counted(Struct, frozen=True):
    """Of the result, what the report needs."""

    posts: int


class Sampler(threading.Thread):
    """Look at the main process and its children again and again."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._main = psutil.Process(pid)
        self._over = threading.Event()
        self._seen: dict[int, tuple[str, float]] = {}
        self._history: dict[str, list[int]] = {}
        self.usage: dict[str, Usage] = {}

    def run(self) -> None:
        while not self._over.wait(SAMPLE_S):
            try:
                family = [self._main, *self._main.children(recursive=True)]
            except psutil.Error:
                return
            for process in family:
                self._look_at(process)

    def stop(self) -> None:
        """End, and sum up."""
        self._over.set()
        self.join()
        for name, history in self._history.items():
            self.usage[name].half_bytes = history[len(history) // 2]
            self.usage[name].cpu_s = sum(cpu_s for part, cpu_s in self._seen.values() if part == name)

    def _look_at(self, process: psutil.Process) -> None:
        try:
            command = process.cmdline()
            if not command:  # it has ended and nobody has asked for its exit code yet
                return
            name = part_of(command, is_main=process.pid == self._main.pid)
            resident, times = process.memory_info().rss, process.cpu_times()
        except psutil.Error:
            return
        usage = self.usage.setdefault(name, Usage())
        usage.peak_bytes = max(usage.peak_bytes, resident)
        self._history.setdefault(name, []).append(resident)
        self._seen[process.pid] = (name, times.user + times.system)


def part_of(command: list[str], *, is_main: bool) -> str:
    """Return the name of the part that a command line runs."""
    words = " ".join(command)
    if is_main:
        return "analyze (read, sort, ingest)"
    if "kafka" in words or "tansu" in words:
        return "broker"
    if "store_process" in words:
        return "ClickHouse"
    return "worker" if "work" in command else "other"


def report(measured: Measured) -> str:
    """Return the run as text."""
    work_s = measured.seconds - measured.start_s
    lines = [
        f"{measured.posts:,} posts in {measured.seconds:.1f} s:"
        f" {measured.posts / measured.seconds:,.0f} posts/s,"
        f" {measured.posts / work_s:,.0f} posts/s once broker and store are up",
        "",
        f"{'stage':<36}{'seconds':>10}",
        *(f"{name:<36}{took:>10.1f}" for name, took in measured.stages),
        "",
        f"{'process':<36}{'CPU s':>10}{'peak MB':>10}{'half-way':>10}",
    ]
    for name, usage in sorted(measured.usage.items()):
        peak, half = usage.peak_bytes / 2**20, usage.half_bytes / 2**20
        lines.append(f"{name:<36}{usage.cpu_s:>10.1f}{peak:>10.0f}{half:>10.0f}")
    return "\n".join(lines)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
