"""Own posts as they are stored, against what the rules say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.ages import Aged, differences, stored_aged
from pipelines.verify.decisions import AccountJudge, Happening, OwnPost
from pipelines.verify.groups import Group
from pipelines.verify.late_ages import LateAged
from pipelines.verify.queries import query
from pipelines.verify.report import Checked, Finding
from pipelines.verify.standing import Span, Standings

_Ages = dict[str, dict[tuple[str, str], Aged]]
_Facts = dict[str, list[OwnPost | Happening]]


def check_posts(
    client: ClickHouse,
    group: Group,
    standings: Standings,
    span: Span,
    checked: Checked,
    late: Sequence[LateAged],
) -> Iterator[Finding]:
    """Give every own post whose kind, near-duplicate or counts at an age are not what its facts say."""
    partitions: dict[str, int] = dict(client.rows(query("account_partitions"), group.parameters))
    bounds = {each.partition: each.place for each in standings.partitions}
    bound_of = {account: bounds.get(partition, 0) for account, partition in partitions.items()}
    matured, recounted = _matured(client, group, standings, bound_of, span)
    for account, facts in _facts(client, group, standings, bound_of).items():
        judge = AccountJudge(group.network)
        judge.judge(facts, standings.watermark(partitions[account], group.network))
        checked.posts += len(judge.judgements)
        place = f"{group.network}, account {account}"
        yield from _judged(judge, place, span)
        yield from _aged(judge, matured.pop(account, {}), facts, place, span)
    for account, rows in matured.items():
        for aged in rows.values():
            yield Finding("twice", f"{group.network}, account {account}", _superfluous(aged))
    yield from _late(late, recounted, span)


def _facts(client: ClickHouse, group: Group, standings: Standings, bound_of: dict[str, int]) -> _Facts:
    facts: _Facts = {}
    for kind, name in ((OwnPost, "own_posts"), (Happening, "happenings")):
        for row in client.rows(query(name), {**group.parameters, **standings.epochs.parameters, "late": 0}):
            if row[1] <= bound_of.get(row[0], -1):
                facts.setdefault(row[0], []).append(kind(*row))
    return facts


def _matured(
    client: ClickHouse, group: Group, standings: Standings, bound_of: dict[str, int], span: Span
) -> tuple[_Ages, _Ages]:
    """Return what is stored of posts at an age: of those that matured by themselves, and of late ones."""
    found: tuple[_Ages, _Ages] = {}, {}
    for account, version, *row, late, written in client.rows(
        query("matured"), {**group.parameters, **standings.epochs.parameters, "late": 0}
    ):
        if version <= bound_of.get(account, standings.lowest) and written >= span.whole_from:
            aged = stored_aged(row)
            found[late].setdefault(account, {})[aged.id, aged.age] = aged
    return found


def _judged(judge: AccountJudge, place: str, span: Span) -> Iterator[Finding]:
    for each in judge.judgements:
        post = each.post
        if post.written < span.whole_from or post.posted_at < span.since_at:
            continue
        pairs: tuple[tuple[str, Any, Any], ...] = (
            ("kind", post.kind, each.kind),
            ("near_duplicate", post.near_duplicate, each.near_duplicate),
        )
        for name, theirs, ours in pairs:
            if theirs != ours:
                what = f"{name} is {theirs}, from the facts {ours}"
                yield Finding("differing", f"{place}, post {post.id}", what)


def _aged(
    judge: AccountJudge,
    stored: dict[tuple[str, str], Aged],
    facts: list[OwnPost | Happening],
    place: str,
    span: Span,
) -> Iterator[Finding]:
    young = {
        fact.id
        for fact in facts
        if isinstance(fact, OwnPost) and fact.written >= span.whole_from and fact.posted_at >= span.since_at
    } - judge.unsure
    for key, ours in judge.aged.items():
        theirs = stored.pop(key, None)
        if ours.id not in young:
            continue
        yield from _compared(ours, theirs, place)
    for theirs in stored.values():
        if theirs.due_at >= span.since_at and theirs.id not in judge.unsure:
            yield Finding("twice", place, _superfluous(theirs))


def _late(late: Sequence[LateAged], stored: _Ages, span: Span) -> Iterator[Finding]:
    """Compare the ages of late posts in recounted minutes; of several minutes that hold one, the newest."""
    newest = {(each.post.account, *each.key): each for each in late}
    for (account, *key), each in newest.items():
        post = each.post
        if post.written >= span.whole_from and post.posted_at >= span.since_at:
            place = f"{each.network}, account {account}"
            yield from _compared(each.aged, stored.get(account, {}).get((key[0], key[1])), place)


def _compared(ours: Aged, theirs: Aged | None, place: str) -> Iterator[Finding]:
    at = f"{place}, post {ours.id} at age {ours.age}"
    if theirs is None:
        yield Finding("lost", at, "not in matured")
        return
    for what in differences(ours, theirs):
        yield Finding("differing", at, what)


def _superfluous(aged: Aged) -> str:
    return f"post {aged.id} at age {aged.age} is in matured, but no fact says so"
