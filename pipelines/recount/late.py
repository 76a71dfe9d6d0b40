"""Late own posts at an age, as a recount tells the log of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.control import LateAge
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.ages import Aged, stored_aged
from pipelines.verify.epochs import Epochs
from pipelines.verify.groups import Group
from pipelines.verify.late_ages import LateAged
from pipelines.verify.queries import query


def ages_to_store(
    client: ClickHouse, group: Group, epochs: Epochs, late: Sequence[LateAged]
) -> Iterator[LateAged]:
    """Give those that are not in `matured`, or that are another there: more was told since."""
    if not late:
        return
    stored: dict[tuple[str, str, str], Aged] = {}
    parameters = {**group.parameters, **epochs.parameters, "late": 1}
    for account, _, *row, _, _ in client.rows(query("matured"), parameters):
        aged = stored_aged(row)
        stored[account, aged.id, aged.age] = aged
    for each in late:
        if stored.get((each.post.account, *each.key)) != each.aged:
            yield each


def event_of(each: LateAged) -> LateAge:
    """Return it as a recount carries it."""
    aged, post = each.aged, each.maturing.post
    counts = each.maturing.reactions
    return LateAge(
        id=aged.id,
        age=aged.age,  # type: ignore[arg-type]
        due_at=aged.due_at,
        occurred_at=post.occurred_at,
        kind=aged.kind,
        relevance_milli=post.relevance_milli,
        on_topic=aged.on_topic,
        followers=aged.followers,
        counts=None
        if counts is None
        else (counts.likes, counts.replies, counts.reposts, counts.quotes, counts.impressions),
    )
