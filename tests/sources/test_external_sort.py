"""Sorting and counting on disk."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.sources import external_sort
from pipelines.sources.external_sort import DistinctCounter, ExternalSorter


def test_lines_come_back_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    sorter = ExternalSorter(tmp_path)
    for line in (b"2 b\n", b"1 z\n", b"10 a\n"):
        sorter.add(line)
    assert list(sorter) == [b"1 z\n", b"10 a\n", b"2 b\n"]


def test_nothing_added_is_nothing_given(tmp_path: Path) -> None:
    assert list(ExternalSorter(tmp_path)) == []


def test_sorted_lines_can_be_read_twice(tmp_path: Path) -> None:
    sorter = ExternalSorter(tmp_path, memory_bytes=100)
    for number in range(20):
        sorter.add(b"%02d\n" % (19 - number))
    assert list(sorter) == list(sorter) == [b"%02d\n" % number for number in range(20)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=8).map(lambda key: key.replace(b"\n", b"") + b"\n"), max_size=300))
def test_runs_on_disk_give_the_same_order_as_memory(tmp_path: Path, lines: list[bytes]) -> None:
    sorter = ExternalSorter(tmp_path, memory_bytes=200)
    for line in lines:
        sorter.add(line)
    assert list(sorter) == sorted(lines)
    sorter.clear()


def test_many_runs_are_merged_so_that_few_files_stay_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external_sort, "FAN_IN", 4)
    numbers = list(range(1000))
    random.Random(1).shuffle(numbers)
    sorter = ExternalSorter(tmp_path, memory_bytes=200)
    for number in numbers:
        sorter.add(b"%04d\n" % number)
    assert len(list(tmp_path.iterdir())) <= 3 * 6
    assert list(sorter) == [b"%04d\n" % number for number in range(1000)]


def test_clear_removes_the_runs(tmp_path: Path) -> None:
    sorter = ExternalSorter(tmp_path, memory_bytes=1)
    sorter.add(b"a\n")
    assert list(tmp_path.iterdir())
    sorter.clear()
    assert list(tmp_path.iterdir()) == []
    assert list(sorter) == []


def test_a_key_seen_twice_counts_once(tmp_path: Path) -> None:
    counter = DistinctCounter(tmp_path)
    for key in (("x", "1"), ("x", "2"), ("x", "1"), ("bluesky", "1")):
        counter.add(key)
    assert counter.count() == 3


def test_keys_on_disk_are_counted_as_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DistinctCounter, "FLUSH_KEYS", 100)
    counter = DistinctCounter(tmp_path)
    for number in range(1000):
        counter.add(("x", str(number % 700)))
    assert counter.count() == 700
    counter.add(("x", "new"))
    assert counter.count() == 701
