"""Figures and their names, and when a partition counts as standing."""

from __future__ import annotations

from pipelines.telemetry import (
    COUNTERS,
    HELP,
    MAX_REASONS,
    Distribution,
    Progress,
    Reasons,
    Sample,
    WorkerFigures,
    of_worker,
    stored,
)


def test_a_partition_stands_from_when_it_moved_last_though_records_wait() -> None:
    progress = Progress()
    assert progress.look({0: 9, 1: 4}, {0: 20, 1: 5}, now_s=100) == {0: 10, 1: 0}
    progress.look({0: 9, 1: 4}, {0: 25, 1: 5}, now_s=130)
    assert progress.longest(now_s=140) == (0, 40)


def test_a_partition_that_moves_or_has_nothing_to_do_does_not_stand() -> None:
    progress = Progress()
    progress.look({0: 9, 1: 4}, {0: 20, 1: 5}, now_s=100)
    progress.look({0: 10, 1: 4}, {0: 20, 1: 5}, now_s=160)
    assert progress.longest(now_s=160) == (0, 0)


def test_a_partition_that_went_to_another_worker_is_forgotten() -> None:
    progress = Progress()
    progress.look({0: 9}, {0: 20}, now_s=100)
    progress.look({}, {0: 20}, now_s=110)
    assert progress.longest(now_s=500) is None


def test_reasons_are_bounded_in_number_and_length() -> None:
    reasons = Reasons()
    for number in range(MAX_REASONS + 3):
        reasons.count(f"reason {number}")
    reasons.count("reason 0")
    reasons.count("long" * 100)
    assert len(reasons.counts) == MAX_REASONS + 1
    assert (reasons.counts["reason 0"], reasons.counts["other"]) == (2, 4)


def test_every_figure_of_a_worker_is_explained_and_told_with_its_place() -> None:
    figures = WorkerFigures(messages=7, checkpoint_at=1_000, lag={3: 5})
    figures.dead.count("no id")
    readings = of_worker(figures, {(3, "x"): 500}, now_at=3_000)
    assert {each.name for each in readings} <= HELP.keys()
    assert HELP.keys() >= COUNTERS
    assert Sample("lag_records", 5, (("partition", "3"),)) in readings
    assert Sample("watermark_age_s", 2.5, (("partition", "3"), ("network", "x"))) in readings
    assert Sample("checkpoint_age_s", 2.0) in readings
    assert Sample("dead_letters", 1, (("reason", "no id"),)) in readings


def test_rows_of_a_partition_are_of_the_part_and_others_of_the_process() -> None:
    seconds = Distribution("insert_s", (1,))
    seconds.observe(0.5)
    seconds.observe(3)
    readings = [
        Sample("watermark_age_s", 2.5, (("partition", "3"), ("network", "x"))),
        Sample("dead_letters", 1, (("reason", "no id"),)),
        seconds,
    ]
    rows = stored(readings, part="worker", process="worker a-0", at=9)
    assert [(row.part, row.partition, row.name, row.value) for row in rows] == [
        ("worker", 3, "watermark_age_s_x", 2.5),
        ("worker a-0", -1, "dead_letters_no id", 1),
        ("worker a-0", -1, "insert_s_count", 2),
        ("worker a-0", -1, "insert_s_sum", 3.5),
        ("worker a-0", -1, "insert_s", 3),
    ]
    assert {row.at for row in rows} == {9}
