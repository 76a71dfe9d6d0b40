"""The arithmetic of `intervals` as ClickHouse expressions over given SQL sub-expressions.

Every function returns the steps of one formula, written as a chain: each step is an `arrayMap` over the array
of tuples that the step before gave, and adds to each tuple what its names stand for. So no text is repeated,
what has a name is computed once, and where many metrics share a family, `each_row` computes them all as one
array. Lambdas within lambdas would say the same and cost twice as much: ClickHouse analyses an inner one anew
with every outer one, and takes an array apart and puts it together at every level.

The parts have the types Nullable(Float64) for value, low and high, Int64 for n, String for status and
Nullable(Int64) for needed. A NULL or contradictory input gives a NULL value, and n = 0 where n is NULL;
never NaN, never infinite.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from pipelines.metrics import intervals as i

Step = Mapping[str, str]
"""Names, and the expressions that they stand for over the names of the steps before."""
METRIC, SILENCE = "metric_name", "silence"
_KEPT: Final[Step] = {METRIC: "m.1", SILENCE: "m.2"}
FIRST_OPERAND: Final = 3
"""Of the tuple m of one metric; before it come its name and its silence."""


_RESIDUAL: Final = "(yy - 2. * ratio * xy + ratio * ratio * xx)"
_SPREAD: Final[tuple[Step, ...]] = (
    {"ratio": "y / x", "effective": "x * x / xx"},
    {"leverage": "n / (effective * effective)"},
    {"variance": f"greatest({_RESIDUAL} / greatest(1. - leverage, {1.0 - i.MAX_LEVERAGE}), y)"},
    {
        "relative": f"if(y * y > variance, least(variance / (y * y - variance), {i.VARIANCE_CAP}),"
        f" {i.VARIANCE_CAP})",
        "excess": "if(variance > 0, 1. - y / variance, 0.)",
        "thin": f"greatest({i.MIN_POSTS} / n, {i.MIN_EFFECTIVE_POSTS} / effective,"
        f" leverage / {i.MAX_LEVERAGE})",
    },
    {
        "half_squared": f"{i.Z2} * relative * (1. + {i.WIDENING} * (1. + excess * effective * relative)"
        " / effective)",
        "shift": f"(2. * excess - 1.) * {i.SKEW} * relative",
        "short": f"greatest(thin, {i.MIN_EVENTS} / greatest(y, 1.), relative / {i.MAX_VARIANCE})",
    },
)
"""`intervals._spread` over n, y, x, yy, xx, xy."""


class EstimateSql(msgspec.Struct, frozen=True):
    """SQL of one estimate.

    `inputs` over what is in scope where it is written, `steps` over the names before, `told` (the tuple
    value, low, high, n, status, needed) over all names, `quick` (the value) over those of the inputs.
    """

    inputs: Step
    steps: tuple[Step, ...]
    told: str
    quick: str

    @property
    def row(self) -> str:
        """The tuple (value, low, high, n, status, needed)."""
        return f"{_chain(self._here(), self.inputs, self.steps, self.told)}[1]"

    @property
    def value(self) -> str:
        """The value alone; where more is wanted, prefer `row` and take it apart outside."""
        return f"{_chain(self._here(), self.inputs, (), self.quick)}[1]"

    @property
    def low(self) -> str:
        return self._part(2)

    @property
    def high(self) -> str:
        return self._part(3)

    @property
    def n(self) -> str:
        return self._part(4)

    @property
    def status(self) -> str:
        return self._part(5)

    @property
    def needed(self) -> str:
        return self._part(6)

    def each_row(self, metrics: str) -> str:
        """Write the array of (name, silence, row), out of an array of tuples m that the inputs take apart."""
        return self._each(metrics, self.steps, f"({METRIC}, {SILENCE}, {self.told})")

    def each_value(self, metrics: str) -> str:
        """Write the array of values, NULL where a silence is told, out of such an array."""
        return self._each(metrics, (), f"if({SILENCE} = '', {self.quick}, NULL)")

    def _each(self, metrics: str, steps: Sequence[Step], result: str) -> str:
        inputs = {**_KEPT, **self.inputs}
        return _chain(f"arrayMap(m -> ({', '.join(inputs.values())}), {metrics})", inputs, steps, result)

    def _here(self) -> str:
        return f"[({', '.join(self.inputs.values())})]"

    def _part(self, position: int) -> str:
        return f"tupleElement({self.row}, {position})"


def proportion(k: str, n: str) -> EstimateSql:
    """Write `intervals.proportion`."""
    defined = "n > 0 AND k >= 0 AND k <= n"
    steps = (
        {"is_shown": defined, "scale": f"1. + {i.Z2} / n", "p": "k / n"},
        {
            "centre": f"(p + {i.Z2} / (2. * n)) / scale",
            "half": f"{i.Z} * sqrt(greatest(p * (1. - p) + {i.Z2} / (4. * n), 0.) / n) / scale",
        },
    )
    told = _told(
        value="if(is_shown, p, NULL)",
        low="if(k = 0, 0., centre - half)",
        high="if(k = n, 1., centre + half)",
        n="n",
        needed="if(n <= 0, toInt64(1), NULL)",
    )
    return EstimateSql(_numbers(k=k, n=n), steps, told, f"if({defined}, k / n, NULL)")


def rate(k: str, exposure: str, *, squares: str = "0", threads: str = "0") -> EstimateSql:
    """Write `intervals.rate`."""
    defined = f"e >= {i.MIN_EXPOSURE} AND k >= 0"
    events = f"threads >= {i.MIN_THREADS} AND k >= {i.MIN_THREAD_EVENTS} * spread"
    lacking = f"toInt64({i.MIN_THREADS} - if(threads < {i.MIN_THREADS}, greatest(threads, 0.), 0.))"
    steps = (
        {"is_defined": defined, "size": "if(k > 0, greatest(squares, k) / k, 1.)"},
        {"spread": "size * (1. + 2. * (size - 1.) / greatest(k, 1.))"},
        {
            "is_shown": f"is_defined AND (size <= 1 OR ({events}))",
            "shape": "greatest(k, 0.) / spread + 0.5",
        },
        {"root": "sqrt(shape)"},
        {"c1": _gamma_quantile(-i.Z, i.GAMMA_LOWER), "c2": _gamma_quantile(i.Z, i.GAMMA_UPPER)},
    )
    told = _told(
        value="if(is_defined, k / e, NULL)",
        low="if(k = 0, 0., c1 * c1 * c1 * shape * spread / e)",
        high="c2 * c2 * c2 * shape * spread / e",
        n="k",
        needed=f"if(is_defined, {lacking}, NULL)",
    )
    inputs = _numbers(k=k, e=exposure, squares=squares, threads=threads)
    return EstimateSql(inputs, steps, told, f"if({defined}, k / e, NULL)")


def ratio_of_sums(*, n: str, sum_y: str, sum_x: str, sum_yy: str, sum_xx: str, sum_xy: str) -> EstimateSql:
    """Write `intervals.ratio_of_sums`."""
    defined = "n > 0 AND x > 0 AND xx > 0 AND y >= 0 AND yy >= 0 AND xy >= 0"
    upper = (
        f"(exp({i.ZERO_ODDS} * ({i.ZERO_DISPERSION} / (x * x / xx))) - 1.) / {i.ZERO_DISPERSION} * (n / x)"
    )
    decided = (
        {"is_defined": defined, "lack": "if(y = 0, thin, short)", "half": "sqrt(half_squared)"},
        {"is_shown": "is_defined AND lack <= 1"},
    )
    told = _told(
        value="if(is_defined, ratio, NULL)",
        low="if(y = 0, 0., ratio * exp(shift - half))",
        high=f"if(y = 0, {upper}, ratio * exp(shift + half))",
        n="n",
        needed=f"multiIf(n <= 0, toInt64({i.MIN_POSTS:.0f}), is_defined, {_needed('n', 'lack')}, NULL)",
    )
    inputs = _numbers(n=n, y=sum_y, x=sum_x, yy=sum_yy, xx=sum_xx, xy=sum_xy)
    return EstimateSql(inputs, (*_SPREAD, *decided), told, f"if({defined}, y / x, NULL)")


def mean_per_post(*, n: str, sum_y: str, sum_yy: str) -> EstimateSql:
    """Write `intervals.mean_per_post`."""
    return ratio_of_sums(n=n, sum_y=sum_y, sum_x=n, sum_yy=sum_yy, sum_xx=n, sum_xy=sum_y)


def lift(*, n1: str, sum_y1: str, sum_yy1: str, n2: str, sum_y2: str, sum_yy2: str) -> EstimateSql:
    """Write `intervals.lift`."""
    defined = f"n_1 >= {i.MIN_GROUP} AND n_2 >= {i.MIN_GROUP} AND y_1 >= 0 AND y_2 > 0"
    spreads = zip(_of_group(_SPREAD, "_1"), _of_group(_SPREAD, "_2"), strict=True)
    decided = (
        {
            "is_defined": defined,
            "ratio": "(y_1 / n_1) / (y_2 / n_2)",
            "half": "sqrt(half_squared_1 + half_squared_2)",
            "shift": "shift_1 - shift_2",
            "lack": f"greatest({_lack_of_group('_1')}, {_lack_of_group('_2')})",
        },
        {"is_shown": "is_defined AND lack = 0"},
    )
    told = _told(
        value="if(is_defined, ratio, NULL)",
        low="ratio * exp(shift - half)",
        high="ratio * exp(shift + half)",
        n="n_1 + n_2",
        needed="greatest(lack, toInt64(1))",
    )
    inputs = _numbers(n_1=n1, y_1=sum_y1, yy_1=sum_yy1, n_2=n2, y_2=sum_y2, yy_2=sum_yy2)
    steps = (*({**one, **two} for one, two in spreads), *decided)
    return EstimateSql(inputs, steps, told, f"if({defined}, (y_1 / n_1) / (y_2 / n_2), NULL)")


def growth(told: str, first: str, last: str) -> EstimateSql:
    """Write `intervals.growth`."""
    none = "CAST(NULL, 'Nullable(Float64)')"
    difference = "if(told >= 2, later - earlier, NULL)"
    row = (
        f"({difference}, {none}, {none}, toInt64(greatest(told, 0.)),"
        " if(told >= 2, 'ok', 'too_few'), if(told >= 2, NULL, toInt64(2. - greatest(told, 0.))))"
    )
    inputs = {**_numbers(told=told), "earlier": f"toFloat64({first})", "later": f"toFloat64({last})"}
    return EstimateSql(inputs, (), row, difference)


def _of_group(steps: Iterable[Step], group: str) -> Iterable[Step]:
    """Give the steps of a ratio for one group of a lift: over names of its own, and over posts (x = 1)."""
    given = {"n": "n", "y": "y", "yy": "yy", "x": "n", "xx": "n", "xy": "y"}
    names = given | {name: name for step in steps for name in step}

    def renamed(sql: str) -> str:
        return re.sub(
            r"[a-z]\w*", lambda word: f"{names[word[0]]}{group}" if word[0] in names else word[0], sql
        )

    return [{renamed(name): renamed(sql) for name, sql in step.items()} for step in steps]


def _lack_of_group(group: str) -> str:
    n, short = f"n{group}", f"short{group}"
    return f"multiIf({n} <= 0, toInt64({i.MIN_POSTS:.0f}), {short} > 1, {_needed(n, short)}, toInt64(0))"


def _gamma_quantile(z: float, terms: tuple[float, float, float]) -> str:
    """Write the cube root of `intervals._gamma_quantile` over shape and root."""
    a, b, c = terms
    correction = f"({a} + {b} / root + {c} / shape) / (shape * root)"
    return f"(1. - 1. / (9. * shape) + {z} / (3. * root)) + {correction}"


def _needed(n: str, short: str) -> str:
    return f"toInt64(greatest(1., ceil({n} * {short} - 1e-9) - {n}))"


def _told(*, value: str, low: str, high: str, n: str, needed: str) -> str:
    """Write the tuple of an estimate, its interval where `is_shown`; a condition over NaN is false."""
    return (
        f"({value}, if(is_shown, {low}, NULL), if(is_shown, {high}, NULL), toInt64(greatest({n}, 0.)),"
        f" if(is_shown, 'ok', 'too_few'), if(is_shown, NULL, {needed}))"
    )


def _numbers(**inputs: str) -> Step:
    """Write the inputs as Float64 with -1 for NULL, which no count can be."""
    return {name: f"ifNull(toFloat64({sql}), -1.)" for name, sql in inputs.items()}


def _chain(first: str, names: Iterable[str], steps: Sequence[Step], result: str) -> str:
    """Write the array of results out of an array of tuples of names; each goes as far as it is used."""
    names = list(names)
    for position, step in enumerate(steps):
        later = " ".join([*(sql for each in steps[position + 1 :] for sql in each.values()), result])
        kept = [name for name in names if re.search(rf"\b{name}\b", later)]
        first = f"arrayMap(({', '.join(names)}) -> ({', '.join([*kept, *step.values()])}), {first})"
        names = [*kept, *step]
    return f"arrayMap(({', '.join(names)}) -> {result}, {first})"
