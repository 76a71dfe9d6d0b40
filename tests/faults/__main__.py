"""The long form: `python -m tests.faults [--kills N] [--only WORD,…] [--out FILE]`, or `make faults`.

Every fault hurts a system that keeps running under load; after each it is settled and judged, by `verify`
and against its undisturbed twin. Lanes run beside each other, each with a broker and a store of its own; the
recovery is measured when they are done.
"""

from __future__ import annotations

import argparse
import logging
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import scratch
from tests.faults.bench import HEAD, Report
from tests.faults.lanes import BESIDE, LANES, Asked


def main() -> int:
    """Run what is asked for; return 1 if anything was wrong, or a control found nothing."""
    arguments = _arguments()
    if arguments.lane:
        return _one_lane(arguments)
    beside = [_start(arguments, lane) for lane in BESIDE]
    codes = [each.wait() for each in beside]
    codes += [_start(arguments, lane).wait() for lane in LANES if lane not in BESIDE]
    parts = [_part(arguments.out, lane).read_text() for lane in LANES]
    arguments.out.write_text("\n".join(HEAD) + "\n" + "".join(parts))
    sys.stdout.write(f"{arguments.out}: {'something is wrong' if any(codes) else 'all as it should be'}\n")
    return 1 if any(codes) else 0


def _one_lane(arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.CRITICAL)  # what is away is away on purpose
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was mounted is unmounted
    report = Report(arguments.out)
    asked = Asked(arguments.kills, arguments.seconds, arguments.only, arguments.rate)
    with tempfile.TemporaryDirectory(prefix="rapport-faults-", dir=scratch.memory()) as folder:
        LANES[arguments.lane](Path(folder), asked, report)
    return 1 if report.wrong else 0


def _start(arguments: argparse.Namespace, lane: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable, "-m", "tests.faults", "--lane", lane, "--kills", str(arguments.kills),
            "--seconds", str(arguments.seconds), "--only", arguments.only, "--rate", str(arguments.rate),
            "--out", str(_part(arguments.out, lane)),
        ]
    )  # fmt: skip


def _part(out: Path, lane: str) -> Path:
    return out.with_name(f"{out.stem}.{lane}{out.suffix}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=0, help="at most so many of each fault (default: all)")
    parser.add_argument("--seconds", type=float, default=600.0, help="no fault lasts longer (default: 600)")
    parser.add_argument("--only", default="", help="names that hold one of these words, separated by commas")
    parser.add_argument("--rate", type=float, default=8.0, help="posts a second (default: 8)")
    parser.add_argument("--out", type=Path, default=Path("build/faults.md"), help="where the table goes")
    parser.add_argument("--lane", choices=tuple(LANES), help="run one lane alone, in this process")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
