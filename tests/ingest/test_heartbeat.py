"""What a live ingest says of itself every few seconds."""

from collections.abc import Iterator

from pipelines.events import Network
from pipelines.ingest.heartbeat import beating, heartbeats_of
from pipelines.ingest.report import IngestReport
from pipelines.ingest.worker import IngestOptions
from pipelines.rows import Heartbeat
from pipelines.sources.base import BadInput, Reading


class Quiet:
    """A source without a word."""

    name = "quiet"
    networks: tuple[Network, ...] = ("bluesky", "mastodon")

    def __init__(self, *, bounded: bool = False) -> None:
        self.bounded = bounded

    def read(self, cursor: str | None) -> Iterator[Reading | BadInput]:
        yield from ()


class Polling(Quiet):
    """One that reads counts every minute."""

    poll_every_s = 60.0
    polled_at = 4_000


def test_each_network_has_a_heartbeat_with_its_clock() -> None:
    report = IngestReport(ticked_at=5_000)
    beats = heartbeats_of(Polling(), 10.0, report, now_at=6_000)
    assert [beat.network for beat in beats] == ["bluesky", "mastodon"]
    assert beats[0] == Heartbeat(
        part="ingest",
        name="quiet",
        network="bluesky",
        every_s=10.0,
        at=6_000,
        poll_s=60.0,
        snapshot_at=4_000,
        watermark=5_000,
    )
    quiet = heartbeats_of(Quiet(), 10.0, report, now_at=6_000)[0]
    assert (quiet.poll_s, quiet.snapshot_at) == (None, None)


def test_heartbeats_come_every_ten_seconds_and_not_with_every_report() -> None:
    beats: list[Heartbeat] = []
    reports: list[IngestReport] = []
    tell = beating(Quiet(), None, beats.extend, reports.append)
    for _ in range(3):
        tell(IngestReport())
    assert (len(beats), len(reports)) == (2, 3)


def test_files_and_imports_have_no_heartbeat() -> None:
    beats: list[Heartbeat] = []
    beating(Quiet(bounded=True), None, beats.extend, lambda _: None)(IngestReport())
    beating(Quiet(), IngestOptions(ticks=False), beats.extend, lambda _: None)(IngestReport())
    assert beats == []
