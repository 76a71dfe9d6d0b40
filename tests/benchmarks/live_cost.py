"""What a live source costs: `python -m tests.benchmarks.live_cost [SECONDS]`.

Jetstream is played by another process at the peak of Bluesky: 36 posts a second, and with them ten times as
many likes, follows and reposts in their proportions, a tenth withdrawn. One in a hundred concerns the brand.
Measured is the processor time from the socket to the packed messages: WebSocket, zstd, decoding,
choosing, spool, routing, packing, cursors. Then the same with a stream that is silent.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import zstandard

from pipelines import clock
from pipelines.brand import Account, Brand
from pipelines.ingest.arrivals import SpooledArrivals
from pipelines.ingest.cursor import FileCursorStore
from pipelines.ingest.router import Router
from pipelines.ingest.spool import Spool
from pipelines.ingest.worker import IngestWorker
from pipelines.sources import build_source
from pipelines.sources.base import SourceRequest
from tests.sources.servers.http_server import http_server
from tests.sources.servers.jetstream_server import FOLLOW, LIKE, POST, REPOST, Happening, jetstream_server
from tests.sources.servers.x_server import iso

POSTS_A_SECOND, ACTS_A_POST, WITHDRAWN_SHARE, OURS_SHARE = 36, 10, 0.1, 0.01
OVEN = "did:plc:oven7oven7oven7oven7oven"
WORDS = ("bread", "day", "oven", "rye", "smoke", "night", "the", "of", "and", "out", "long", "smells")


class Packed:
    """Kafka, as far as it costs us nothing: messages are counted."""

    def __init__(self) -> None:
        self.last_offsets: dict[int, int] = {}
        self.sent = 0
        self.bytes = 0

    @property
    def acknowledged(self) -> int:
        return self.sent

    def send(self, partition: int, message: bytes) -> None:
        self.sent += 1
        self.bytes += len(message)

    def send_dead_letter(self, document: bytes) -> None:
        self.sent += 1

    def flush(self, timeout_s: float) -> None:
        return


def somebody(rng: random.Random) -> str:
    return "did:plc:" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz234567", k=24))


def one(rng: random.Random, seq: int, *, post: bool) -> Happening:
    """Return something that happens in the network."""
    at, author = clock.now_ms(), somebody(rng)
    ours = rng.random() < OURS_SHARE
    target = f"at://{OVEN if ours else somebody(rng)}/{POST}/3l3pte3p2e325"
    record: dict[str, object] = {"createdAt": iso(at)}
    collection = POST if post else rng.choices((LIKE, REPOST, FOLLOW), (80, 8, 12))[0]
    if post:
        record |= {"$type": POST, "text": " ".join(rng.choices(WORDS, k=25)), "langs": ["en"]}
        if rng.random() < 0.5:
            record["reply"] = {
                "root": {"uri": target, "cid": "b" * 59},
                "parent": {"uri": target, "cid": "b" * 59},
            }
    else:
        subject: object = {"uri": target, "cid": "b" * 59} if collection != FOLLOW else somebody(rng)
        record |= {"$type": collection, "subject": subject}
    gone = rng.random() < WITHDRAWN_SHARE
    return Happening(
        seq,
        at,
        author,
        operation="delete" if gone else "create",
        collection=collection,
        rkey=f"3l{seq:011d}",
        record=None if gone else record,
    )


def serve(seconds: float, *, silent: bool) -> None:
    """Play Jetstream at its peak, or silence, until the other process is done with it."""
    rng = random.Random(1)
    samples = [one(rng, seq, post=seq % 11 == 0).v2() for seq in range(2_000)]
    dictionary = zstandard.train_dictionary(64 << 10, samples).as_bytes()
    with jetstream_server(dictionary=dictionary) as server:
        sys.stdout.write(server.url() + "\n")
        sys.stdout.flush()
        ends_at, seq, begun = time.monotonic() + seconds, 0, time.monotonic()
        while time.monotonic() < ends_at:
            due = 0 if silent else int((time.monotonic() - begun) * POSTS_A_SECOND * (1 + ACTS_A_POST))
            while seq < due:
                seq += 1
                server.happen(one(rng, seq, post=seq % (1 + ACTS_A_POST) == 0))
            time.sleep(0.02)
        sys.stdout.write(f"{len(server.sent)}\n")
        sys.stdout.flush()


def measure(seconds: float, *, silent: bool) -> None:
    """Read for so long and print what it cost."""
    kind = "silent" if silent else "peak"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.live_cost", "serve", str(seconds + 4), kind],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    with tempfile.TemporaryDirectory() as folder, http_server() as appview:
        appview.routes.clear()
        brand = Brand(accounts=(Account(network="bluesky", id=OVEN),))
        request = SourceRequest(
            arguments=(),
            options={"servers": address, "appview": appview.url, "idle_s": "60000"},
            work_dir=Path(folder),
            cursor=None,
            now=clock.now_ms,
            sleep=time.sleep,
            brand=lambda: brand,
        )
        source = build_source("jetstream", request)
        spool = Spool(Path(folder) / "spool")
        arrivals = SpooledArrivals(source, spool, None, patience_s=0.05)
        cursors = FileCursorStore(Path(folder) / "cursors.json")
        packed = Packed()
        worker = IngestWorker(source, Router(brand), packed, cursors, partitions=8, arrivals=arrivals)
        stop = threading.Event()
        threading.Timer(2.0 + seconds, stop.set).start()
        begun: list[tuple[float, float]] = []
        threading.Timer(2.0, lambda: begun.append((time.process_time(), time.monotonic()))).start()
        report = worker.run(stop)
        used, passed = time.process_time() - begun[0][0], time.monotonic() - begun[0][1]
        arrivals.close()
    sent = process.communicate()[0].strip()
    sys.stdout.write(
        f"{kind}: {used / passed:.2%} of a core over {passed:.0f} s; {int(sent) / (passed + 4):.0f} frames a"
        f" second, {report.readings} events read, {report.documents} documents, {packed.bytes >> 10} kB\n"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(float(sys.argv[2]), silent=sys.argv[3] == "silent")
    else:
        for is_silent in (False, True):
            measure(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0, silent=is_silent)
