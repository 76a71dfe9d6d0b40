"""Every metric is the same number in Python and in the views, on the same measures."""

import random
from math import isclose

import pytest

from pipelines.metrics.catalogue import ADDITIVE, BY_NAME, METRICS
from pipelines.metrics.definition import Context
from pipelines.metrics.view_sql import WINDOW_LENGTHS_MS
from tests.metrics.migrated_store import (
    ESTIMATE,
    MigratedStore,
    header_row,
    instant,
    minute_row,
    position_row,
    same,
    window_row,
)
from tests.metrics.vectors_of_measures import Vector, drawn, edges

pytestmark = pytest.mark.integration

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
END = 1_699_920_000_000
"""2023-11-14 00:00 UTC, a Tuesday."""
WATERMARK = END + 30 * DAY


def vectors() -> list[Vector]:
    chance = random.Random(11)
    return [*edges(), *(drawn(chance) for _ in range(120))]


GAPS = [
    (END - 3 * DAY, END - 2 * DAY),
    (END - 2 * DAY - HOUR, END - 5 * HOUR),
    (END - 4 * HOUR, END - HOUR // 2),
    (END - 3 * HOUR, END - 2 * HOUR),
    (END + HOUR, END + DAY),
]
"""Overlapping, touching and apart: of the last hour exactly half, of three days all but 90 minutes."""


def insert_gaps(store: MigratedStore, network: str = "x") -> None:
    gap = {"network": network, "source": "made up", "reason": "cut off"}
    told = [{"from_at": instant(begin), "until_at": instant(end)} for begin, end in GAPS]
    store.insert("ingest_gaps", [gap | {"id": str(each["from_at"])} | each for each in told])


def unheard(begin: int, end: int) -> int:
    """Count the minutes of a span, as all instants here are whole minutes."""
    deaf = {minute for start, stop in GAPS for minute in range(max(start, begin), min(stop, end), MINUTE)}
    return len(deaf) * MINUTE


def context_of_window(
    known_since: int, length: int, *, promotion: bool, topics: bool, channels: bool
) -> Context:
    return Context(
        known_since=known_since,
        start=END - length,
        end=END,
        knows_promotion=promotion,
        knows_topics=topics,
        knows_channels=channels,
        unheard_ms=unheard(max(END - length, known_since), END),
    )


def cases_of_windows() -> dict[tuple[str, str], tuple[Vector, Context]]:
    """Every vector in every window, the account known since long ago, since lately, or since just now."""
    chance = random.Random(5)
    return {
        (f"a{index}", window): (
            vector,
            context_of_window(
                END - chance.choice((0, MINUTE, HOUR, DAY, 4 * DAY, 400 * DAY)),
                length,
                promotion=chance.random() < 0.7,
                topics=chance.random() < 0.7,
                channels=chance.random() < 0.7,
            ),
        )
        for index, vector in enumerate(vectors())
        for window, length in WINDOW_LENGTHS_MS.items()
    }


def test_every_metric_of_every_window_is_the_same_in_python_and_in_the_views(store: MigratedStore) -> None:
    cases = cases_of_windows()
    rows = [window_row(*key, *case) for key, case in cases.items()]
    seen = set()
    insert_gaps(store)
    insert_gaps(store, "bluesky")
    for table, view in (("account_windows", "metrics"), ("account_windows_latest", "metrics_latest")):
        store.insert(table, rows)
        found = store.read(f"SELECT account_id, window, metric, {ESTIMATE} FROM {view} WHERE network = 'x'")
        told = [] if view == "metrics" else METRICS[len(ADDITIVE) :]
        assert len(found) == len(cases) * (len(ADDITIVE) + len(told))
        wrong = [row for row in found if not same(BY_NAME[row[2]].estimate(*cases[row[:2]]), row[3:])]
        assert wrong == []
        seen |= {row[7] for row in found}
    assert seen == {"ok", "too_few", "unknown_input", "not_configured", "no_posts", "no_data"}


def test_window_all_is_the_sum_of_all_minutes_from_the_first_event_to_the_last(store: MigratedStore) -> None:
    """Two minutes each; the first was written twice, and the later version holds."""
    cases = {f"a{index}": vector for index, vector in enumerate(vectors())}
    known_since, last_at = END - 9 * DAY, END - HOUR
    context = Context(
        known_since=known_since,
        start=known_since,
        end=last_at,
        knows_promotion=True,
        knows_topics=True,
        knows_channels=True,
    )
    rows = []
    for account, vector in cases.items():
        half = {name: value // 2 for name, value in vector.items()}
        rest = {name: value - half[name] for name, value in vector.items()}
        rows.append(minute_row(account, END - 9 * DAY, {"posts": 99}, version=1))
        rows.append(minute_row(account, END - 9 * DAY, half, version=2))
        rows += [minute_row(account, END - DAY, rest), header_row(account, known_since, last_at)]
    store.insert("checkpoints", rows)
    found = store.read(
        f"SELECT account_id, window, from_at, at, metric, {ESTIMATE} FROM metrics_latest WHERE network = 'x'"
    )
    assert len(found) == len(cases) * len(METRICS)
    assert {row[1:4] for row in found} == {("all", instant(known_since), instant(last_at))}
    wrong = [row for row in found if not same(BY_NAME[row[4]].estimate(cases[row[0]], context), row[5:])]
    assert wrong == []


def test_nothing_counted_while_nobody_listened_is_no_data_in_every_view(store: MigratedStore) -> None:
    """The network of the other account was heard all the time: there nothing is no posts, and a rate of 0."""
    insert_gaps(store)
    known_since, empty = END - 2 * DAY, {"likes_received": 1}
    context = Context(known_since=known_since, start=END - DAY, end=END)
    rows = [window_row("a", "24h", empty, context) | {"network": network} for network in ("x", "mastodon")]
    store.insert("account_windows", rows)
    store.insert("account_windows_latest", rows)
    minutes = [minute_row("a", END - MINUTE, empty), header_row("a", known_since, END), position_row(END)]
    clocks = {"body": f'{{"offset":1,"watermarks":{{"x":{END},"mastodon":{END}}}}}'}
    told = [row | {"network": network} for row in minutes[:2] for network in ("x", "mastodon")]
    store.insert("checkpoints", [*told, minutes[2] | clocks])
    for view, where in (
        ("metrics", "window = '24h'"),
        ("metrics_latest", "window = '24h'"),
        ("metrics_latest", "window = 'all'"),
        ("daily_metrics", "true"),
        ("weekly_metrics", "true"),
    ):
        found = store.read(
            f"SELECT network, metric, status, value FROM {view}"
            f" WHERE {where} AND metric IN ('question_share', 'posts_per_day') ORDER BY network, metric"
        )
        assert found == [
            ("mastodon", "posts_per_day", "ok", 0.0),
            ("mastodon", "question_share", "no_posts", None),
            ("x", "posts_per_day", "no_data", None),
            ("x", "question_share", "no_data", None),
        ], view
    wide = "SELECT network, window, posts_per_day FROM account_latest ORDER BY network, window"
    assert store.read(wide) == [
        ("mastodon", "24h", 0.0),
        ("mastodon", "all", 0.0),
        ("x", "24h", None),
        ("x", "all", None),
    ]


def test_wide_values_are_those_of_the_long_view(store: MigratedStore) -> None:
    cases = cases_of_windows()
    store.insert("account_windows_latest", [window_row(*key, *case) for key, case in cases.items()])
    insert_gaps(store)
    names = [metric.name for metric in METRICS]
    wide = store.read(f"SELECT account_id, window, {', '.join(names)} FROM account_latest")
    assert len(wide) == len(cases)
    for account, window, *values in wide:
        vector, context = cases[account, window]
        for name, value in zip(names, values, strict=True):
            expected = BY_NAME[name].estimate(vector, context).value
            assert value is expected or isclose(value, expected or 0.0, rel_tol=1e-9), (account, name)


def test_days_and_weeks_are_those_of_the_brands_time_zone(store: MigratedStore) -> None:
    """In New York 2023-11-14 00:00 UTC is Monday the 13th, 19:00; 05:00 UTC is where Tuesday begins.

    Sunday the 12th ends at 05:00 UTC of the 13th, so 04:59 is of the week before.
    """
    content = '{"time_zone":"America/New_York"}'
    older, newer = {"content": "{}", "hash": "a"}, {"content": content, "hash": "b"}
    store.insert(
        "brands",
        [
            {**older, "occurred_at": instant(END - DAY), "partition": 0, "version": 9},
            {**newer, "occurred_at": instant(END), "partition": 0, "version": 3},
        ],
    )
    sunday, monday, tuesday = END - DAY + 5 * HOUR - MINUTE, END, END + 5 * HOUR
    watermark = tuesday + 12 * HOUR
    posts = {sunday: 1, monday: 2, tuesday: 4}
    minutes = [minute_row("a", at, {"posts": count}) for at, count in posts.items()]
    store.insert("checkpoints", [*minutes, header_row("a", sunday, tuesday), position_row(watermark)])
    select = "SELECT toString({}), complete, n, value FROM {} WHERE metric = 'posts_per_day' ORDER BY 1"
    days = store.read(select.format("day", "daily_metrics"))
    assert [row[:3] for row in days] == [("2023-11-12", 1, 1), ("2023-11-13", 1, 2), ("2023-11-14", 0, 4)]
    assert [row[3] for row in days] == pytest.approx([1440.0, 2.0, 8.0])
    weeks = store.read(select.format("week", "weekly_metrics"))
    assert [row[:3] for row in weeks] == [("2023-11-06", 1, 1), ("2023-11-13", 0, 6)]


def test_days_without_a_brand_are_those_of_utc(store: MigratedStore) -> None:
    minutes = [minute_row("a", END - MINUTE, {"posts": 1}), minute_row("a", END, {"posts": 1})]
    store.insert("checkpoints", [*minutes, header_row("a", END - DAY, END), position_row(WATERMARK)])
    found = store.read(
        "SELECT DISTINCT toString(day), from_at, until_at, complete FROM daily_metrics ORDER BY 2"
    )
    assert found == [
        ("2023-11-13", instant(END - DAY), instant(END), 1),
        ("2023-11-14", instant(END), instant(END + DAY), 1),
    ]


def test_daily_metrics_equal_python_on_the_sums_of_the_day(store: MigratedStore) -> None:
    cases = {f"a{index}": vector for index, vector in enumerate(vectors())}
    context = Context(
        known_since=END + 6 * HOUR,
        start=END,
        end=END + DAY,
        knows_promotion=True,
        knows_topics=True,
        knows_channels=True,
    )
    rows = [position_row(WATERMARK)]
    for account, vector in cases.items():
        half = {name: value // 2 for name, value in vector.items()}
        rest = {name: value - half[name] for name, value in vector.items()}
        rows += [minute_row(account, END, half), minute_row(account, END + DAY - MINUTE, rest)]
        rows.append(header_row(account, END + 6 * HOUR, END + DAY))
    store.insert("checkpoints", rows)
    for view in ("daily_metrics", "weekly_metrics"):
        found = store.read(f"SELECT account_id, metric, {ESTIMATE} FROM {view}")
        found = [row for row in found if BY_NAME[row[1]].family != "rate"]
        assert len(found) == len(cases) * sum(metric.family != "rate" for metric in METRICS)
        wrong = [row for row in found if not same(BY_NAME[row[1]].estimate(cases[row[0]], context), row[2:])]
        assert wrong == []
    found = store.read(f"SELECT account_id, metric, {ESTIMATE} FROM daily_metrics")
    wrong = [row for row in found if not same(BY_NAME[row[1]].estimate(cases[row[0]], context), row[2:])]
    assert wrong == []


@pytest.mark.parametrize(
    "view", ["account_minutes", "account_latest", "metrics", "metrics_latest", "daily_metrics"]
)
def test_a_view_filtered_by_account_reads_by_primary_key(store: MigratedStore, view: str) -> None:
    rows = [minute_row("a", END, {"posts": 1}), header_row("a", END, END), position_row(END)]
    store.insert("checkpoints", rows)
    context = Context(known_since=END, start=END - DAY, end=END)
    for table in ("account_windows", "account_windows_latest"):
        store.insert(table, [window_row("a", "24h", {"posts": 1}, context)])
    plan = store.explain(f"SELECT * FROM {view} WHERE network = 'x' AND account_id = 'a'")
    conditions = [line.strip(" │├└─") for line in plan if "Condition:" in line and "true" not in line]
    reads = [condition for condition in conditions if "kind in [4, 4]" not in condition]
    assert reads
    assert all("account_id in ['a', 'a']" in read and "network in ['x', 'x']" in read for read in reads)
