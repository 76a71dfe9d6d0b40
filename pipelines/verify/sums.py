"""Minutes are what their facts add up to, and windows what their minutes add up to; both compared in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from pipelines.metrics.measures import NAMES
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.groups import Group
from pipelines.verify.instants import instant
from pipelines.verify.late_ages import LateAged, external_table
from pipelines.verify.queries import query
from pipelines.verify.report import Finding
from pipelines.verify.standing import Span, Standings
from pipelines.windows import WINDOWS

_EXPLAINED = 50
"""Rows of an account's window whose measures are told one by one."""
SETTINGS = {"max_query_size": 4 * 1024 * 1024, "max_memory_usage": 4_000_000_000}


class WrongWindow(Struct, frozen=True, order=True):
    """One end of one window of one account: its row is not what its minutes say, or missing."""

    network: str
    account: str
    window: str
    end: int
    missing: bool


def check_minutes(
    client: ClickHouse, group: Group, standings: Standings, span: Span, late: Sequence[LateAged]
) -> Iterator[Finding]:
    """Give every measure of a minute that is not what the facts say."""
    parameters = {
        **group.parameters,
        **standings.parameters,
        "since": span.since_at,
        "whole_from": span.whole_from,
        "recounting": 0,
    }
    tables = [external_table(late)]
    rows = client.rows(query("minutes"), parameters, settings=SETTINGS, tables=tables)
    for account, minute, measure, expected, found in rows:
        place = f"{group.network}, account {account}, minute {instant(minute)}"
        yield Finding("differing", place, f"{measure} is {found}, from the facts {expected}")


def wrong_windows(
    client: ClickHouse, group: Group, standings: Standings, span: Span
) -> Iterator[WrongWindow]:
    """Give every end of a window whose row is missing, or not the sum of its minutes."""
    for window in WINDOWS:
        parameters = {
            **group.parameters,
            **standings.parameters,
            "window": window.name,
            "length": window.length_ms,
            "step": window.step_ms,
            "since": span.since_at,
            "kept_from": span.window_from(window.name),
            "whole_from": span.whole_from,
        }
        rows = client.rows(query("windows"), parameters, settings=SETTINGS)
        for account, end, missing in rows:
            yield WrongWindow(group.network, account, window.name, end, bool(missing))


def explained(client: ClickHouse, wrong: Iterable[WrongWindow]) -> Iterator[Finding]:
    """Give the findings of these ends, with the measures that differ."""
    by_window = groupby(sorted(wrong), key=lambda each: (each.network, each.account, each.window))
    for key, found in by_window:
        ends = list(found)
        differences = _differences(client, *key, [each.end for each in ends[:_EXPLAINED]])
        for each in ends:
            place = f"{each.network}, account {each.account}, window {each.window} until {instant(each.end)}"
            what = "its row is missing" if each.missing else "its row is not the sum of its minutes"
            if each.end in differences:
                what += f": {differences[each.end]}"
            yield Finding("differing", place, what)


def _differences(
    client: ClickHouse, network: str, account: str, window: str, ends: list[int]
) -> dict[int, str]:
    parameters = {
        "network": network,
        "account": account,
        "window": window,
        "length": next(each.length_ms for each in WINDOWS if each.name == window),
        "ends": ends,
    }
    sums: dict[tuple[int, str], dict[str, int]] = {
        (end, what): dict(pairs)
        for end, what, pairs in client.rows(query("window_sums"), parameters, settings=SETTINGS)
    }
    return {end: _difference(sums.get((end, "minutes"), {}), sums.get((end, "window"), {})) for end in ends}


def _difference(minutes: dict[str, int], row: dict[str, int]) -> str:
    return ", ".join(
        f"{name} is {row.get(name, 0)}, from the minutes {minutes.get(name, 0)}"
        for name in NAMES
        if minutes.get(name, 0) != row.get(name, 0)
    )
