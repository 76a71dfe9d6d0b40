"""What must be recounted: minutes that are not as their facts say, rows that are not as their minutes say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from pipelines.events import MINUTE_MS, LateAge, RecountedMinute, WindowEnd
from pipelines.recount.late import ages_to_store, event_of
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.groups import Group
from pipelines.verify.late_ages import LateAged, LatePosts, external_table
from pipelines.verify.queries import query
from pipelines.verify.standing import Span, Standings
from pipelines.verify.sums import SETTINGS, wrong_windows
from pipelines.windows import ALLOWED_LATENESS_MS


class Reach(Struct, frozen=True):
    """The minutes that may be recounted: those that begin in [`since_at`, `until_at`), in event time."""

    since_at: int = 0
    until_at: int = 1 << 62
    mend_windows: bool = True
    """Whether windows are compared with their minutes too, not only minutes with their facts."""

    def holds(self, at: int) -> bool:
        """Tell whether an instant lies in it."""
        return self.since_at <= at < self.until_at


class AccountFindings(Struct):
    """What must be set anew in one account. `upto`: the place in the log up to which its facts were read."""

    network: str
    account: str
    upto: int
    minutes: list[RecountedMinute]
    ends: list[WindowEnd]
    ages: list[LateAge]


def find(
    client: ClickHouse, group: Group, standings: Standings, span: Span, reach: Reach
) -> Iterator[AccountFindings]:
    """Give the accounts of a group in which something is not as its facts say.

    An account whose first facts come while this looks is left to the next recount.
    """
    partitions: dict[str, int] = dict(client.rows(query("account_partitions"), group.parameters))
    bounds = {each.partition: each.place for each in standings.partitions}
    found: dict[str, AccountFindings] = {}

    def of(account: str) -> AccountFindings:
        upto = bounds[partitions[account]]
        return found.setdefault(account, AccountFindings(group.network, account, upto, [], [], []))

    late = LatePosts(client, group, standings).recounted_now()
    settled = {
        account: _settled(standings, partition, group.network) for account, partition in partitions.items()
    }

    def is_settled(account: str, minute: int) -> bool:
        return minute < settled.get(account, 0)

    for aged in ages_to_store(client, group, standings.epochs, late):
        if reach.holds(aged.minute) and is_settled(aged.post.account, aged.minute):
            of(aged.post.account).ages.append(event_of(aged))
    for account, minute in _minutes(client, group, standings, span, reach, late):
        if is_settled(account, minute.at):
            of(account).minutes.append(minute)
    if reach.mend_windows:
        for wrong in wrong_windows(client, group, standings, span):
            if reach.holds(wrong.end) and wrong.account in partitions:
                of(wrong.account).ends.append(WindowEnd(wrong.window, wrong.end))  # type: ignore[arg-type]
    yield from found.values()


def _settled(standings: Standings, partition: int, network: str) -> int:
    """Return the instant before which no minute is added to by what still arrives."""
    watermark = standings.watermark(partition, network)
    return 0 if watermark is None else watermark - ALLOWED_LATENESS_MS - MINUTE_MS


def _minutes(
    client: ClickHouse,
    group: Group,
    standings: Standings,
    span: Span,
    reach: Reach,
    late: Sequence[LateAged],
) -> Iterator[tuple[str, RecountedMinute]]:
    parameters = {
        **group.parameters,
        **standings.parameters,
        "since": reach.since_at,
        "before": reach.until_at,
        "whole_from": span.whole_from,
        "recounting": 1,
    }
    tables = [external_table(late)]
    rows = client.rows(query("recounts"), parameters, settings=SETTINGS, tables=tables)
    for account, minute, measures, written_s in rows:
        yield account, RecountedMinute(minute, dict(measures), written_s)
