"""The intervals hold what they promise: coverage of 92 to 97% in simulation.

Each cell has at least 8,700 shown intervals, so that three Monte Carlo standard errors stay below 0.7 points;
a cell fails when it lies outside 92 to 97% by more than its own three.
"""

from collections.abc import Iterable

from tests.benchmarks.coverage_of_intervals import (
    Cell,
    lift_cells,
    per_post_cells,
    rate_cells,
    table,
    thread_cells,
    weighted_cells,
    wilson_cells,
)


def check(cells: Iterable[Cell]) -> list[Cell]:
    checked = list(cells)
    for cell in checked:
        assert 3.0 * cell.error < 0.007, cell
        assert 0.92 - 3.0 * cell.error <= cell.coverage <= 0.97 + 3.0 * cell.error, cell
    return checked


def test_wilson_covers_proportions_from_5_to_95_percent() -> None:
    check(wilson_cells())


def test_gamma_poisson_covers_rates_from_one_expected_event() -> None:
    check(rate_cells())


def test_rates_of_posts_that_come_in_threads_are_covered() -> None:
    cells = check(thread_cells())
    assert min(cell.shown for cell in cells) > 0.85


def test_means_per_post_are_covered_and_shown_for_dispersions_up_to_5() -> None:
    cells = check(per_post_cells())
    assert min(cell.shown for cell in cells if cell.n == 20) > 0.75
    assert min(cell.shown for cell in cells if cell.n == 100) > 0.99


def test_rates_over_unequal_impressions_are_covered() -> None:
    cells = check(weighted_cells())
    assert min(cell.shown for cell in cells if cell.n == 100) > 0.98


def test_lifts_are_covered() -> None:
    check(lift_cells())


def test_a_table_shows_coverage_and_the_share_shown_where_some_were_withheld() -> None:
    cells = [Cell("per post", 20, 5.0, 0.5, 0.93, 0.79, 100), Cell("per post", 20, 5.0, 2.0, 0.944, 1.0, 100)]
    assert table("n = 20", "dispersion", cells).splitlines() == [
        "**n = 20**",
        "",
        "| dispersion | 0.5 | 2 |",
        "| --- | --- | --- |",
        "| 5 | 93.0 (79) | 94.4 |",
    ]
