"""Rows of windows as arrays: one by one, cut by begin, and the last of each that tells something."""

from __future__ import annotations

import numpy as np

from pipelines.events import DAY_MS, HOUR_MS
from pipelines.frames import AccountFrame, BrandFlags
from pipelines.metrics.measures import INDEX
from pipelines.metrics.vectors import vector_of
from pipelines.window_rows import WindowBlock, latest_of
from pipelines.windows import WINDOWS, WindowRow

HOUR, DAY = WINDOWS[0], WINDOWS[1]
POSTS = INDEX["posts"]
START = 1_700_006_400_000


def frame(account: str) -> AccountFrame:
    return AccountFrame(
        network="x", account=account, version=7, known_since=START, last_at=START, brand=BrandFlags()
    )


def block(account: str, ends: list[int], *, latest: bool = False) -> WindowBlock:
    rows = [WindowRow(HOUR.name, START + end, vector_of({POSTS: number})) for number, end in enumerate(ends)]
    return WindowBlock.of(HOUR, frame(account), rows, latest=latest)


def test_a_block_gives_its_rows_one_by_one_as_they_were_put_in() -> None:
    rows = list(block("ann", [0, HOUR_MS]))
    assert [(row.frame.account, row.row.window, row.row.at - START, row.row.counts) for row in rows] == [
        ("ann", "1h", 0, {}),
        ("ann", "1h", HOUR_MS, {POSTS: 1}),
    ]


def test_a_window_that_begins_before_an_instant_is_left_out_and_one_that_begins_at_it_is_not() -> None:
    kept = block("ann", [0, HOUR_MS - 1, HOUR_MS, DAY_MS]).begun_since(START)
    assert (kept.ends - START).tolist() == [HOUR_MS, DAY_MS]


def test_of_each_account_and_window_the_last_row_that_tells_something_replaces_those_before() -> None:
    earlier = block("ann", [0, HOUR_MS], latest=True)
    silent = block("ann", [2 * HOUR_MS])
    other = WindowBlock(
        DAY.name,
        (frame("ann"), frame("bob")),
        np.array([0, 1, 1]),
        START + np.array([0, HOUR_MS, DAY_MS]),
        np.stack([vector_of({POSTS: 9})] * 3),
        np.array([True, True, False]),
    )
    found = [row for part in latest_of([earlier, silent, other]) for row in part]
    assert {(row.frame.account, row.row.window, row.row.at - START) for row in found} == {
        ("ann", "1h", HOUR_MS),
        ("ann", "24h", 0),
        ("bob", "24h", HOUR_MS),
    }
    assert len(found) == 3
