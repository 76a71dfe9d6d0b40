"""What a person is told: who, what, by how much, since when, from how many posts, and where to look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from msgspec import Struct

from pipelines.notification.decision import Standing

_NOUNS = {"engagement": "interactions a post", "mentions": "mentions", "followers": "followers"}
_SHOWN = 100
PANELS = {
    "engagement": ("rapport-alerts", 21),
    "mentions": ("rapport-alerts", 22),
    "followers": ("rapport-compare", 1),
    "activity": ("rapport-consistency", 3),
}
"""The board and the panel that show an account with each alert; the board is that of the rule of Grafana."""


class TellingPost(Struct, frozen=True, kw_only=True):
    """A post that tells much: its link, its first words, and its counts."""

    permalink: str
    text: str
    interactions: int | None


class Message(Struct, frozen=True):
    """A message in plain text."""

    title: str
    body: str


def compose(
    standing: Standing, posts: Sequence[TellingPost], *, time_zone: str, dashboards_url: str
) -> Message:
    """Return the message of an alert."""
    lines = [_what(standing), _since(standing, ZoneInfo(time_zone))]
    if posts:
        lines += ["", "Posts that tell most:", *map(_post, posts)]
    if dashboards_url:
        lines += ["", f"See it: {link(standing, dashboards_url)}"]
    return Message(f"{standing.account} ({standing.network}): {_headline(standing)}", "\n".join(lines))


def link(standing: Standing, dashboards_url: str) -> str:
    """Return the address of the panel that shows what is told, for the account."""
    board, panel = PANELS[standing.alert]
    query = urlencode(
        {"var-network": standing.network, "var-account": standing.account_id, "viewPanel": panel}
    )
    return f"{dashboards_url.rstrip('/')}/d/{board}?{query}"


def _headline(standing: Standing) -> str:
    change = percent(standing.ratio)
    match standing.alert, standing.state:
        case "engagement", "drop":
            return f"interactions dropped by {change}"
        case "engagement", "breakout":
            return f"interactions rose by {change}"
        case "mentions", "drop":
            return f"mentions dropped by {change}"
        case "mentions", "surge":
            return "a surge of mentions"
        case "followers", _:
            return f"followers jumped by {change}"
        case _:
            return standing.reason


def _what(standing: Standing) -> str:
    if standing.expected is None or standing.observed is None:
        return standing.reason[:1].upper() + standing.reason[1:] + "."
    what = f"{count(standing.observed)} {_NOUNS[standing.alert]} instead of {count(standing.expected)}"
    if standing.measure == "5min":
        what += " within five minutes"
    if standing.low is not None and standing.high is not None and standing.ratio is not None:
        sign = "less" if standing.ratio < 1 else "more"
        near, far = sorted((abs(1 - standing.low), abs(1 - standing.high)))
        what += f": {percent(standing.ratio)} {sign} (95% interval {near:.0%} to {far:.0%})"
        if (standing.low - 1) * (standing.high - 1) < 0:
            what = (
                what.rsplit(" (", 1)[0]
                + f" (95% interval {standing.low - 1:+.0%} to {standing.high - 1:+.0%})"
            )
    basis = f", from {standing.posts} posts" if standing.alert == "engagement" and standing.posts else ""
    return f"{what}{basis}."


def _since(standing: Standing, zone: ZoneInfo) -> str:
    at = datetime.fromtimestamp(standing.since / 1_000, zone)
    return f"Found {at:%a %d %b %Y, %H:%M} ({zone.key})."


def _post(post: TellingPost) -> str:
    words = " ".join(post.text.split())
    shown = words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
    told = "" if post.interactions is None else f" ({post.interactions:,} interactions)"
    return f"- {shown or 'post without text'}{told} {post.permalink}"


def percent(ratio: float | None) -> str:
    """Return a change in whole percent, without its sign."""
    return "an unknown share" if ratio is None else f"{abs(ratio - 1):.0%}"


def count(value: float) -> str:
    """Return a count as people write it: a decimal only below ten."""
    return f"{value:,.1f}" if value < 10 else f"{value:,.0f}"
