"""Every interval is the same number in Python and in ClickHouse."""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from clickhouse_driver import Client

from pipelines.metrics import interval_sql, intervals
from pipelines.metrics.intervals import Estimate

pytestmark = pytest.mark.integration

Row = tuple[Any, ...]
Ask = Callable[[str, dict[str, str], Sequence[Row]], list[Row]]

COUNTS = {"n": "Int64", "y": "Int128", "x": "Int128", "yy": "Int128", "xx": "Int128", "xy": "Int128"}
GROUPS = {"n1": "Int64", "y1": "Int128", "yy1": "Int128", "n2": "Int64", "y2": "Int128", "yy2": "Int128"}


@pytest.fixture(scope="module")
def ask(stack: Any) -> Iterator[Ask]:
    """Evaluate one tuple expression over typed rows, in their order."""
    store = stack.store
    client = Client(store.host, store.native_port, user="rapport_migrate", password=store.migrate_password)

    def evaluate(expression: str, columns: dict[str, str], rows: Sequence[Row]) -> list[Row]:
        table = {
            "name": "cases",
            "structure": [("i", "UInt32"), *columns.items()],
            "data": [dict(zip(("i", *columns), (i, *row), strict=True)) for i, row in enumerate(rows)],
        }
        sql = f"SELECT {expression} FROM cases ORDER BY i"
        return [row[0] for row in client.execute(sql, external_tables=[table])]

    yield evaluate
    client.disconnect()


def same(estimate: Estimate, row: Row) -> bool:
    numbers = zip((estimate.value, estimate.low, estimate.high), row[:3], strict=True)
    agree = all(b is None if a is None else math.isclose(a, b, rel_tol=1e-9) for a, b in numbers)
    return agree and (estimate.n, estimate.status, estimate.needed) == row[3:]


def assert_same(estimates: Sequence[Estimate], rows: Sequence[Row], cases: Sequence[Row]) -> None:
    assert len(estimates) == len(rows)
    wrong = [case for e, row, case in zip(estimates, rows, cases, strict=True) if not same(e, row)]
    assert wrong == []


def posts(chance: random.Random, *, n: int) -> Row:
    """Draw n posts' sums: heavy-tailed counts over equal, log-normal or huge x."""
    mean, dispersion = 10 ** chance.uniform(-2, 4), 10 ** chance.uniform(-1, 1)
    sigma, scale = chance.choice((0.0, 1.0, 2.0)), chance.choice((1.0, 1e3, 3e8))
    x = [max(1, round(scale * chance.lognormvariate(0.0, sigma))) for _ in range(n)]
    y = [int(mean * v / scale * chance.gammavariate(1 / dispersion, dispersion) + chance.random()) for v in x]
    products = (sum(v * v for v in y), sum(v * v for v in x), sum(a * b for a, b in zip(y, x, strict=True)))
    return (n, sum(y), sum(x), *products)


def many_posts(seed: int, *, most: int) -> list[Row]:
    chance = random.Random(seed)
    return [posts(chance, n=chance.randrange(most)) for _ in range(2000)]


def test_proportions_agree(ask: Ask) -> None:
    cases = [(k, n) for n in (0, 1, 2, 3, 7, 20, 100) for k in range(-1, n + 2)]
    cases += [(10**9, 10**12), (1, 10**15), (10**15, 10**15)]
    rows = ask(interval_sql.proportion("k", "n").row, {"k": "Int64", "n": "Int64"}, cases)
    assert_same([intervals.proportion(*case) for case in cases], rows, cases)


def test_rates_agree(ask: Ask) -> None:
    exposures = (0.0, 1e-12, 1 / 1440, 1.0, 28.0, 3650.5)
    cases = [(k, e) for k in (*range(-1, 30), 10**4, 10**12) for e in exposures]
    rows = ask(interval_sql.rate("k", "e").row, {"k": "Int64", "e": "Float64"}, cases)
    assert_same([intervals.rate(k, e) for k, e in cases], rows, cases)


def test_rates_of_threads_agree(ask: Ask) -> None:
    counts = (-1, 0, 1, 5, 40, 10**6)
    cases = [
        (k, e, k * s, t)
        for k in counts
        for e in (0.0, 1.0, 28.0)
        for s in (0, 1, 3, 50)
        for t in (0, 11, 12, 30)
    ]
    sql = interval_sql.rate("k", "e", squares="s", threads="t")
    rows = ask(sql.row, {"k": "Int64", "e": "Float64", "s": "Int64", "t": "Int64"}, cases)
    assert_same([intervals.rate(k, e, squares=s, threads=t) for k, e, s, t in cases], rows, cases)


def test_ratios_of_sums_agree(ask: Ask) -> None:
    cases = [*many_posts(1, most=15), *many_posts(2, most=200), (30, 0, 30, 0, 30, 0), (5, 0, 0, 0, 0, 0)]
    cases += [(40, 40, 40 * 10**10, 40, 40 * 10**20, 40 * 10**10), (28, 3, 28, 3, 28, 3)]
    estimates = [
        intervals.ratio_of_sums(n=n, sum_y=y, sum_x=x, sum_yy=yy, sum_xx=xx, sum_xy=xy)
        for n, y, x, yy, xx, xy in cases
    ]
    sql = interval_sql.ratio_of_sums(n="n", sum_y="y", sum_x="x", sum_yy="yy", sum_xx="xx", sum_xy="xy")
    assert {e.status for e in estimates} == {"ok", "too_few"}
    assert_same(estimates, ask(sql.row, COUNTS, cases), cases)


def test_means_per_post_agree(ask: Ask) -> None:
    cases = many_posts(3, most=100)
    estimates = [intervals.mean_per_post(n=c[0], sum_y=c[1], sum_yy=c[3]) for c in cases]
    rows = ask(interval_sql.mean_per_post(n="n", sum_y="y", sum_yy="yy").row, COUNTS, cases)
    assert_same(estimates, rows, cases)


def test_lifts_agree(ask: Ask) -> None:
    pairs = zip(many_posts(4, most=60), many_posts(5, most=60), strict=True)
    cases = [(a[0], a[1], a[3], b[0], b[1], b[3]) for a, b in pairs]
    estimates = [
        intervals.lift(n1=n1, sum_y1=y1, sum_yy1=yy1, n2=n2, sum_y2=y2, sum_yy2=yy2)
        for n1, y1, yy1, n2, y2, yy2 in cases
    ]
    sql = interval_sql.lift(n1="n1", sum_y1="y1", sum_yy1="yy1", n2="n2", sum_y2="y2", sum_yy2="yy2")
    assert {e.status for e in estimates} == {"ok", "too_few"}
    assert_same(estimates, ask(sql.row, GROUPS, cases), cases)


def test_the_parts_are_those_of_the_row_whatever_the_query_calls_its_columns(ask: Ask) -> None:
    sql = interval_sql.proportion("k", "n")
    parts = f"({sql.value}, {sql.low}, {sql.high}, {sql.n}, {sql.status}, {sql.needed})"
    query = f"{parts}, 1 AS p, 2 AS scale, 3 AS half, 4 AS centre"
    [row] = ask(query, {"k": "Int64", "n": "Int64"}, [(2, 3)])
    assert same(intervals.proportion(2, 3), row)


def test_one_expression_serves_many_metrics_of_a_row(ask: Ask) -> None:
    sql = interval_sql.proportion("m.1", "m.2")
    [row] = ask(
        f"arrayMap(m -> {sql.row}, [(a, n), (b, n)])", {"a": "Int64", "b": "Int64", "n": "Int64"}, [(2, 3, 5)]
    )
    assert same(intervals.proportion(2, 5), row[0])
    assert same(intervals.proportion(3, 5), row[1])


@pytest.mark.parametrize(
    "expression",
    [
        interval_sql.proportion("NULL", "n").row,
        interval_sql.rate("NULL", "n").row,
        interval_sql.rate("n", "NULL").row,
        interval_sql.mean_per_post(n="n", sum_y="NULL", sum_yy="n").row,
        interval_sql.ratio_of_sums(n="n", sum_y="n", sum_x="NULL", sum_yy="n", sum_xx="NULL", sum_xy="n").row,
        interval_sql.lift(n1="n", sum_y1="NULL", sum_yy1="n", n2="n", sum_y2="n", sum_yy2="n").row,
    ],
)
def test_a_null_input_gives_a_null_value(ask: Ask, expression: str) -> None:
    [row] = ask(expression, {"n": "Int64"}, [(20,)])
    assert row[:3] == (None, None, None)
    assert row[4] == "too_few"
