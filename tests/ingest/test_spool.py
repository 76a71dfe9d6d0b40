from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import UsageError
from pipelines.events import Post
from pipelines.ingest.spool import Place, Record, Spool, record_of
from pipelines.sources.base import BadInput, Item, Reading, Standing

T0 = 1_700_000_000_000


def reading(number: int, *, text: str = "") -> Reading:
    post = Post(network="x", id=str(number), occurred_at=T0, ingested_at=T0, author="a", text=text)
    return Reading(event=post, cursor=str(number))


def record(number: int, *, text: str = "") -> Record:
    return record_of(reading(number, text=text), at=T0, replaying=False)


def taken(spool: Spool) -> list[int]:
    found = []
    while (one := spool.take(0.0)) is not None:
        found.append(int(one.cursor or -1))
    return found


@pytest.mark.parametrize(
    "item",
    [
        reading(1, text="ünï\n☕"),
        BadInput(where="frame 7", reason="not JSON", excerpt="{"),
        Standing(cursor="9"),
    ],
)
def test_an_item_comes_out_as_it_went_in(tmp_path: Path, item: Item) -> None:
    spool = Spool(tmp_path)
    spool.put(record_of(item, at=T0, replaying=True))
    found = spool.take(0.0)
    assert found is not None
    assert (found.item, found.at, found.replaying) == (item, T0, True)
    spool.close()


def test_nothing_is_taken_from_an_empty_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    assert spool.take(0.01) is None
    spool.close()


def test_order_is_kept_over_many_segments(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_bytes=400)
    for number in range(50):
        spool.put(record(number))
    assert len(list(tmp_path.glob("*.spool"))) > 5
    assert taken(spool) == list(range(50))
    spool.close()


def test_what_was_not_released_is_there_after_a_restart_and_what_was_is_not(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_bytes=400)
    for number in range(20):
        spool.put(record(number))
    for _ in range(12):
        spool.take(0.0)
    saved = spool.text(spool.place)
    taken(spool)
    spool.close()
    again = Spool(tmp_path, resumed=saved)
    assert again.last_cursor == "19"
    assert taken(again) == list(range(12, 20))
    again.close()


def test_a_rewound_spool_gives_again_what_was_not_released(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_bytes=400)
    for number in range(9):
        spool.put(record(number))
    for _ in range(4):
        spool.take(0.0)
    place = spool.place
    spool.release(place)
    assert taken(spool) == [4, 5, 6, 7, 8]
    spool.rewind(place)
    assert taken(spool) == [4, 5, 6, 7, 8]
    spool.close()


def test_a_place_in_another_spool_counts_for_nothing(tmp_path: Path) -> None:
    other = Spool(tmp_path / "other")
    other.put(record(1))
    other.take(0.0)
    saved = other.text(other.place)
    other.close()
    spool = Spool(tmp_path / "this")
    spool.put(record(7))
    spool.close()
    again = Spool(tmp_path / "this", resumed=saved)
    assert not again.owned
    assert taken(again) == [7]
    again.close()


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put(record(1))
    spool.put(record(2))
    spool.close()
    (path,) = tmp_path.glob("*.spool")
    path.write_bytes(path.read_bytes()[:-5])
    again = Spool(tmp_path)
    assert taken(again) == [1]
    again.put(record(3))
    assert taken(again) == [3]
    again.close()


def test_a_full_spool_waits_says_so_and_goes_on_when_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    spool = Spool(tmp_path, max_bytes=4_000)
    written: list[int] = []

    def write() -> None:
        for number in range(60):
            spool.put(record(number))
            written.append(number)

    thread = threading.Thread(target=write)
    thread.start()
    for _ in range(200):
        if spool.full:
            break
        threading.Event().wait(0.01)
    assert spool.full
    assert len(written) < 60
    assert spool.waiting_bytes <= 4_000
    found: list[int] = []
    while len(found) < 60:
        one = spool.take(1.0)
        assert one is not None
        found.append(int(one.cursor or -1))
        spool.release(spool.place)
    thread.join(5)
    assert found == list(range(60))
    assert "is full" in caplog.text
    assert "has room again" in caplog.text
    spool.close()


def test_closing_lets_a_waiting_writer_go(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=300)
    outcomes: list[bool] = []
    thread = threading.Thread(target=lambda: outcomes.extend(spool.put(record(each)) for each in range(9)))
    thread.start()
    for _ in range(200):
        if spool.full:
            break
        threading.Event().wait(0.01)
    spool.close()
    thread.join(5)
    assert outcomes[0] is True
    assert outcomes[-1] is False


def test_two_processes_cannot_share_a_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    with pytest.raises(UsageError, match="another process reads this source"):
        Spool(tmp_path)
    spool.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["put", "take", "release", "rewind", "restart"]), max_size=60))
def test_whatever_happens_each_record_comes_until_it_is_released(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder), segment_bytes=300, max_bytes=1 << 20)
        saved, place = spool.text(spool.place), spool.place
        put = released = seen = 0
        for step in steps:
            if step == "put":
                spool.put(record(put))
                put += 1
            elif step == "take":
                one = spool.take(0.0)
                assert (one is None) == (seen == put)
                if one is not None:
                    assert one.cursor == str(seen)
                    seen += 1
            elif step == "release":
                place, saved, released = spool.place, spool.text(spool.place), seen
                spool.release(place)
                place, saved = spool.place, spool.text(spool.place)
            elif step == "rewind":
                spool.rewind(place)
                seen = released
            else:
                spool.close()
                spool = Spool(Path(folder), segment_bytes=300, max_bytes=1 << 20, resumed=saved)
                place, saved, seen = spool.place, spool.text(spool.place), released
        assert taken(spool) == list(range(seen, put))
        spool.close()


def test_records_written_before_a_kill_are_there(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.ingest.test_spool import record\n"
        "from pipelines.ingest.spool import Spool\n"
        "spool = Spool(Path(sys.argv[1]))\n"
        "for number in range(10**6):\n"
        "    spool.put(record(number)); print(number, flush=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        text=True,
    )
    assert process.stdout is not None
    for _ in range(100):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    told = process.communicate()[0].split()
    spool = Spool(tmp_path)
    found = taken(spool)
    assert len(found) >= 100 + len(told)
    assert found == list(range(len(found)))
    spool.close()


def test_places_are_ordered() -> None:
    assert Place(1, 900) < Place(2, 0) < Place(2, 1)
