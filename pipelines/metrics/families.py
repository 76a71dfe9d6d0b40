"""The shapes of metrics: shares, means, rates and the rest, each with its formula and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pipelines.metrics import intervals
from pipelines.metrics.definition import Context, Family, Metric, Sum, words
from pipelines.metrics.intervals import Estimate


class Proportion(Metric, frozen=True, kw_only=True):
    """A share of posts: `of` / `out_of`."""

    family: ClassVar[Family] = "proportion"
    interval: ClassVar[str] = "Wilson, 95%"

    of: Sum
    out_of: Sum

    @property
    def operands(self) -> tuple[Sum, ...]:
        return (self.of, self.out_of)

    @property
    def base(self) -> Sum:
        return self.out_of

    @property
    def formula(self) -> str:
        return f"{words(self.of)} / {words(self.out_of)}"

    def interval_of(self, values: Sequence[int], context: Context) -> Estimate:
        return intervals.proportion(*values)


class MeanPerPost(Metric, frozen=True, kw_only=True):
    """A mean of counts: Σ `of` / `posts`. Needs the measure `of` + "_sq", the sum of squares."""

    family: ClassVar[Family] = "ratio"
    interval: ClassVar[str] = "overdispersed counts, log scale, 95%"

    of: str
    posts: str

    @property
    def operands(self) -> tuple[Sum, ...]:
        return (self.posts, self.of, self.posts, f"{self.of}_sq", self.posts, self.of)

    @property
    def base(self) -> Sum:
        return self.posts

    @property
    def formula(self) -> str:
        return f"{self.of} / {self.posts}"

    def interval_of(self, values: Sequence[int], context: Context) -> Estimate:
        return _ratio_of_sums(values)


class RatioOfSums(Metric, frozen=True, kw_only=True):
    """A rate over unequal exposures: Σ `of` / Σ `over`, over `posts`; `product` is Σ of·over of each post."""

    family: ClassVar[Family] = "ratio"
    interval: ClassVar[str] = "overdispersed counts over unequal exposure, log scale, 95%"

    of: str
    over: str
    posts: str
    product: str

    @property
    def operands(self) -> tuple[Sum, ...]:
        return (self.posts, self.of, self.over, f"{self.of}_sq", f"{self.over}_sq", self.product)

    @property
    def base(self) -> Sum:
        return self.posts

    @property
    def formula(self) -> str:
        return f"{self.of} / {self.over}"

    def interval_of(self, values: Sequence[int], context: Context) -> Estimate:
        return _ratio_of_sums(values)


class Rate(Metric, frozen=True, kw_only=True):
    """Events a day, over the days of the window since the first event known of the account.

    `squares` and `threads`, where events come together: the sum of the squares of the threads' sizes, and how
    many threads there are, both as measures.
    """

    family: ClassVar[Family] = "rate"
    interval: ClassVar[str] = "Gamma-Poisson, 95%; posts of a thread count as one event"

    of: Sum
    squares: Sum | None = None
    threads: Sum | None = None

    @property
    def operands(self) -> tuple[Sum, ...]:
        return (self.of, self.squares or self.of, self.threads or self.of)

    @property
    def base(self) -> None:
        return None

    @property
    def counted(self) -> Sum:
        return self.of

    @property
    def formula(self) -> str:
        return f"{words(self.of)} / days observed"

    def interval_of(self, values: Sequence[int], context: Context) -> Estimate:
        k, squares, threads = values
        return intervals.rate(k, context.observed_days, squares=squares, threads=threads)


class Lift(Metric, frozen=True, kw_only=True):
    """A mean of one group of posts over that of another: 1 means no difference."""

    family: ClassVar[Family] = "lift"
    interval: ClassVar[str] = "ratio of two overdispersed means, log scale, 95%; at least 5 posts of each"

    of: str
    posts: str
    against: str
    against_posts: str

    @property
    def operands(self) -> tuple[Sum, ...]:
        group = (self.posts, self.of, f"{self.of}_sq")
        return (*group, self.against_posts, self.against, f"{self.against}_sq")

    @property
    def base(self) -> Sum:
        return (self.posts, self.against_posts)

    @property
    def formula(self) -> str:
        return f"({self.of} / {self.posts}) / ({self.against} / {self.against_posts})"

    def interval_of(self, values: Sequence[int], context: Context) -> Estimate:
        n1, y1, yy1, n2, y2, yy2 = values
        return intervals.lift(n1=n1, sum_y1=y1, sum_yy1=yy1, n2=n2, sum_y2=y2, sum_yy2=yy2)


class Growth(Metric, frozen=True, kw_only=True):
    """The last value of a gauge in the window less the first: no sum, and no sample."""

    family: ClassVar[Family] = "growth"
    interval: ClassVar[str] = "none: two readings of a counter are no sample"

    told: str
    first: str
    last: str

    @property
    def operands(self) -> tuple[Sum, ...]:
        return (self.told, self.first, self.last)

    @property
    def base(self) -> None:
        return None

    @property
    def subject_posts(self) -> None:
        return None

    @property
    def formula(self) -> str:
        return f"{self.last} - {self.first}"

    def interval_of(self, values: Sequence[int], context: Context) -> Estimate:
        told, first, last = values
        return intervals.growth(told, first, last)


def _ratio_of_sums(values: Sequence[int]) -> Estimate:
    n, y, x, yy, xx, xy = values
    return intervals.ratio_of_sums(n=n, sum_y=y, sum_x=x, sum_yy=yy, sum_xx=xx, sum_xy=xy)
