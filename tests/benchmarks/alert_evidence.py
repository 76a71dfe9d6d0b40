"""How good the alerts are, as tables for docs/alerts.md: real series, injected drops, and others beside ours.

    python -m tests.benchmarks.alert_evidence [--data FOLDER] [--write]

The detector of mentions is scored by the rules of NAB on its five files of mentions; drops are injected into
the posts of real accounts and of simulated ones, and found by ours, by S-H-ESD (Vallis, Hochenbaum and
Kejariwal, 2014, "A novel technique for long-term anomaly detection in the cloud"), by residuals of STL
(Cleveland and others, 1990) and by a fixed threshold, all from the same posts.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from msgspec import Struct

from pipelines.alerts.backtest import PATIENCE_POSTS, STARTS, backtest, cut
from pipelines.alerts.expectation import PostFacts
from pipelines.alerts.scored_series import ALARM, SeriesScorer
from pipelines.brand import Alerting
from pipelines.events import DAY_MS
from tests.benchmarks.alert_baselines import BASELINES, daily_alarms
from tests.benchmarks.alert_bound import best_possible
from tests.benchmarks.alert_hindsight import is_borne_out
from tests.benchmarks.alert_scenarios import SCENARIOS, outcomes
from tests.benchmarks.alert_series import barack_obama, donald_trump, ratio_trump, simulated
from tests.benchmarks.nab_scorer import (
    FILES,
    PROFILES,
    file_score,
    normalised,
    published_scores,
    read_series,
    read_windows,
)

_ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = _ROOT / "docs" / "alerts.md"
PUBLISHED = ("ARTime", "earthgeckoSkyline", "contextOSE", "twitterADVec", "windowedGaussian", "numenta")
RULES = Alerting()
DROPS = (0.3, 0.5, 0.8)
BASELINE_STARTS = 40

Series = Callable[[Path], list[PostFacts]]


def nab_table(data: Path) -> Iterator[str]:
    """Give the scores of the five files, ours among the published ones."""
    folder = data / "nab_realTweets"
    windows = read_windows(folder)
    alarms = {}
    for name in FILES:
        scorer = SeriesScorer()
        values = read_series(folder, name)[1]
        alarms[name] = [row for row, value in enumerate(values) if scorer.score(value) >= ALARM]
    rows = {name: len(read_series(folder, name)[0]) for name in FILES}
    table = {
        detector: [
            normalised(published_scores(folder, detector, profile), windows, profile) for profile in PROFILES
        ]
        for detector in PUBLISHED
    }
    table["**ours**"] = [
        normalised(
            {name: file_score(alarms[name], windows[name], rows[name], profile) for name in FILES},
            windows,
            profile,
        )
        for profile in PROFILES
    ]
    yield "| detector | standard | few false alarms | few misses |"
    yield "|---|---|---|---|"
    for detector, scores in sorted(table.items(), key=lambda item: -item[1][0]):
        yield f"| {detector} | {' | '.join(f'{score:.1f}' for score in scores)} |"


class Outcome(Struct, frozen=True):
    """What one detector did on one series."""

    posts: float | None
    posts_90: float | None
    found: float
    alarms_a_month: float
    false_a_month: float | None = None
    """Of those, what nothing bore out afterwards."""


def ours(posts: Sequence[PostFacts], drop: float) -> Outcome:
    """Return what our detector does."""
    result = backtest(posts, RULES, drop=drop, starts=STARTS)
    return Outcome(
        result.posts_median,
        result.posts_90,
        result.found / max(result.injected, 1),
        result.alarms_a_month,
        result.alarms_a_month
        * sum(not is_borne_out(posts, alarm) for alarm in result.alarms)
        / max(len(result.alarms), 1),
    )


def baseline(name: str, posts: Sequence[PostFacts], drop: float) -> Outcome:
    """Return what another detector does with the same posts, looking once a day."""
    alarms = daily_alarms(BASELINES[name], posts)
    months = (posts[-1].at - posts[0].at) / DAY_MS / 30.4
    delays: list[float] = []
    last = len(posts) - PATIENCE_POSTS
    for step in range(BASELINE_STARTS):
        start = max(200, round(last * (step + 1) / (BASELINE_STARTS + 1)))
        if any(0 <= posts[start].at // DAY_MS - day <= 7 for day in alarms):
            continue
        tail = [cut(post, drop) for post in posts[start : start + PATIENCE_POSTS]]
        before = [
            post for post in posts[max(0, start - 3_000) : start] if posts[start].at - post.at <= 90 * DAY_MS
        ]
        found = [day for day in daily_alarms(BASELINES[name], [*before, *tail]) if day * DAY_MS >= tail[0].at]
        delays.append(sum(post.at < (found[0] + 1) * DAY_MS for post in tail) if found else float("inf"))
    ranked = sorted(delays)
    return Outcome(
        _finite(median(ranked)) if ranked else None,
        _finite(ranked[int(0.9 * len(ranked))]) if ranked else None,
        sum(delay != float("inf") for delay in delays) / max(len(delays), 1),
        len(alarms) / months,
    )


def _finite(value: float) -> float | None:
    return None if value == float("inf") else value


def drops_table(series: dict[str, list[PostFacts]]) -> Iterator[str]:
    """Give delays and alarms of ours for each size of drop."""
    yield (
        "| series | posts | drop | found | posts until found: median | 90 %"
        " | alarms a month, nothing injected | of them false |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for name, posts in series.items():
        for drop in DROPS:
            outcome = ours(posts, drop)
            yield (
                f"| {name} | {len(posts):,} | −{drop:.0%} | {_cells(outcome)} |"
                f" {outcome.false_a_month or 0:.2f} |"
            )


def bound_table(series: dict[str, list[PostFacts]]) -> Iterator[str]:
    """Give what is possible for a drop by half beside what we do."""
    yield "| series | nats a post | ln A / I | best possible: median | **ours**: median | 90 % |"
    yield "|---|---|---|---|---|---|"
    for name, posts in series.items():
        bound, outcome = best_possible(posts), ours(posts, 0.5)
        yield (
            f"| {name} | {bound.information:.2f} | {bound.lorden:.0f} | {bound.median:.0f} |"
            f" {_posts(outcome.posts)} | {_posts(outcome.posts_90)} |"
        )


def scenarios_table(series: dict[str, list[PostFacts]]) -> Iterator[str]:
    """Give how often what is no drop was taken for one, and how often a ramp was found."""
    results = {name: outcomes(posts, RULES) for name, posts in series.items()}
    yield f"| what happens | {' | '.join(results)} |"
    yield "|---|" + "---|" * len(results)
    for scenario in SCENARIOS:
        cells = (f"{len(found[scenario])} of {tries}" for tries, found in results.values())
        yield f"| {scenario} | {' | '.join(cells)} |"


def others_table(series: dict[str, list[PostFacts]]) -> Iterator[str]:
    """Give ours beside others for a drop by half."""
    yield "| series | detector | found | posts until found: median | 90 % | alarms a month |"
    yield "|---|---|---|---|---|---|"
    for name, posts in series.items():
        yield f"| {name} | **ours** | {_cells(ours(posts, 0.5))} |"
        for other in BASELINES:
            yield f"| {name} | {other} | {_cells(baseline(other, posts, 0.5))} |"


def _cells(outcome: Outcome) -> str:
    return (
        f"{outcome.found:.0%} | {_posts(outcome.posts)} | {_posts(outcome.posts_90)} |"
        f" {outcome.alarms_a_month:.2f}"
    )


def _posts(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def tables(data: Path) -> Iterator[tuple[str, list[str]]]:
    """Give each table by its name."""
    yield "nab", list(nab_table(data))
    real = {
        "Trump, July 2015 to 2018": donald_trump(data, since="2015-07-01"),
        "Trump, 2012 to June 2015": donald_trump(data, since="2012-01-01", until="2015-07-01"),
        "Obama, 2014 to 2017": barack_obama(data),
        "Trump, 2016 to 2017, with replies counted": ratio_trump(data),
    }
    made = {f"simulated, dispersion {a:g}, mean {m:g}": simulated(a, m) for a, m in ((0.3, 80), (1.0, 20))}
    yield "drops", list(drops_table({**real, **made}))
    yield "bound", list(bound_table({**real, **made}))
    yield "scenarios", list(scenarios_table({**real, **made}))
    yield "others", list(others_table(real))


def write(name: str, lines: Sequence[str]) -> None:
    """Put a table into the document, between its marks."""
    text = DOCUMENT.read_text()
    begin, end = f"<!-- {name} -->\n", f"<!-- end {name} -->\n"
    head, rest = text.split(begin)
    tail = rest.split(end)[1]
    DOCUMENT.write_text(head + begin + "\n".join(lines) + "\n" + end + tail)


def main() -> None:
    """Print the tables, and write them where `--write` is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    shared = os.environ.get("RAPPORT_DATA") or _ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(shared))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if not (options.data / "nab_realTweets").is_dir():
        parser.exit(0, f"alerts: no real data in {options.data}; nothing to measure\n")
    for name, lines in tables(options.data):
        print("\n".join(lines), end="\n\n", flush=True)  # noqa: T201
        if options.write:
            write(name, lines)


if __name__ == "__main__":
    main()
