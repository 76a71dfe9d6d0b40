"""All checks of `rapport verify`, in order; see pipelines.verify."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipelines import clock
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.groups import Group, account_groups
from pipelines.verify.late_ages import LatePosts
from pipelines.verify.ledger import check_ledger, check_strangers
from pipelines.verify.posts import check_posts
from pipelines.verify.queries import query
from pipelines.verify.report import Checked, Finding, Report
from pipelines.verify.standing import Span, Standings, read_span, read_standings
from pipelines.verify.sums import WrongWindow, check_minutes, explained, wrong_windows

LOOKS = 3
"""While a worker saves, one look may see half of two states: then a finding counts where so many see it."""


def verify(
    client: ClickHouse,
    *,
    since_at: int = 0,
    account: str = "",
    on_progress: Callable[[int, int], None] = lambda done, all_: None,
) -> Report:
    """Compare the ledger with the facts, the minutes with the facts, and the windows with the minutes.

    `since_at` (ms): minutes, windows and posts from then on, and offsets written from then on. `account`: the
    id of one account; the ledger is checked of its partition then. Safe while workers run: only what lies
    before each partition's last checkpoint is judged.
    """
    checked = Checked()
    span = read_span(client, since_at=since_at, now_s=clock.now_ms() // 1_000)
    standings = read_standings(client)
    checked.accounts, groups = account_groups(client, account)
    findings = list(_ledger(client, standings, span, checked, groups if account else None))
    for number, group in enumerate(groups):
        on_progress(number, len(groups))
        findings += _group(client, group, span, checked)
    on_progress(len(groups), len(groups))
    pending = client.rows(query("pending"), standings.parameters)[0][0]
    return Report(findings=tuple(findings), checked=checked, pending=pending)


def _ledger(
    client: ClickHouse, standings: Standings, span: Span, checked: Checked, of: list[Group] | None
) -> Iterator[Finding]:
    wanted = None
    if of is not None:
        wanted = {
            row[1] for group in of for row in client.rows(query("account_partitions"), group.parameters)
        }
    for standing in standings.partitions:
        if wanted is None or standing.partition in wanted:
            yield from check_ledger(client, standing, span, checked)
    yield from check_strangers(client, standings)


def _group(client: ClickHouse, group: Group, span: Span, checked: Checked) -> list[Finding]:
    """Look again while a worker saves: what is wrong at every look is wrong."""
    found: list[Finding | WrongWindow] | None = None
    for _ in range(LOOKS):
        before = read_standings(client)
        seen = _look(client, group, before, span, checked if found is None else Checked())
        found = seen if found is None else [each for each in found if each in set(seen)]
        if not found or read_standings(client) == before:
            break
    findings = [each for each in found or () if isinstance(each, Finding)]
    return findings + list(explained(client, (each for each in found or () if isinstance(each, WrongWindow))))


def _look(
    client: ClickHouse, group: Group, standings: Standings, span: Span, checked: Checked
) -> list[Finding | WrongWindow]:
    late = LatePosts(client, group, standings).recounted_then()
    return [
        *check_minutes(client, group, standings, span, late),
        *wrong_windows(client, group, standings, span),
        *check_posts(client, group, standings, span, checked, late),
    ]
