"""What `relationships`, `new_contacts` and `engagers` should say, recomputed plainly from the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from pipelines.brand import Brand
from pipelines.events import DAY_MS, AnyEvent, Follow, Post, Profile, Unfollow
from tests.views.reference_exchanges import Act, acts_of, deleted_of, places_of

WEIGHTS = {"reply": 1.0, "mention": 1.0, "quote": 1.0, "repost": 0.5, "like": 0.25}
HALF_LIFE_MS = 15 * DAY_MS
TIERS = (0.5, 3.0, 7.0)
WORDS = ("reply", "mention", "quote")


class Dyad(Struct, frozen=True, kw_only=True):
    """One row of `relationships`, as far as it is compared."""

    tag: str
    handle: str
    strength: float
    tier: int
    fading: bool
    peak: float
    contact_since: int | None
    active_reciprocal: bool
    began: str
    first_at: int
    last_at: int
    contact_days: int
    counts: dict[str, int]
    reciprocated_replies: int
    followers: int | None


def strength_at(acts: Sequence[Act], now: int) -> float:
    """Return M12 of the acts up to `now`: faded weights times the root of how mutual they are."""
    past = [act for act in acts if act.at <= now]
    out = sum(act.outgoing for act in past if act.kind != "like")
    into = sum(not act.outgoing for act in past if act.kind != "like")
    if not out or not into:
        return 0.0
    faded: float = sum(WEIGHTS[act.kind] * 2 ** (-(now - act.at) / HALF_LIFE_MS) for act in past)
    mutual: float = (2 * min(out, into) / (out + into)) ** 0.5
    return faded * mutual


def tier_of(strength: float) -> int:
    """Return the tier of a strength."""
    return sum(round(strength, 6) >= least for least in TIERS)


def dyads_of(events: Sequence[AnyEvent], me: str, brand: Brand, now: int) -> dict[str, Dyad]:
    """Return the account's ledger."""
    acts = acts_of(events, me)
    conversations = {id_: place.conversation for id_, place in places_of(events).items()}
    by_other: dict[str, list[Act]] = {}
    for act in acts:
        by_other.setdefault(act.other, []).append(act)
    return {other: _dyad(mine, conversations, brand, now) for other, mine in by_other.items()}


def _dyad(acts: list[Act], conversations: dict[str, str], brand: Brand, now: int) -> Dyad:
    handles = [(act.at, act.handle) for act in acts if act.handle]
    handle = max(handles)[1] if handles else ""
    strength = strength_at(acts, now)
    since = now - 60 * DAY_MS
    steps = [strength_at(acts[: place + 1], act.at) for place, act in enumerate(acts)]
    peaks = [then for act, then in zip(acts, steps, strict=True) if act.at >= since]
    peak = max([*peaks, strength_at(acts, since)])
    contacts = [act.at for act, then in zip(acts, steps, strict=True) if tier_of(then) >= 2]
    invited = {conversations.get(act.post) for act in acts if not act.outgoing and act.kind in WORDS[:2]}
    own_replies = [conversations.get(act.post) for act in acts if act.outgoing and act.kind == "reply"]
    told = [(act.at, act.followers) for act in acts if act.followers is not None]
    zone = ZoneInfo(brand.time_zone)
    return Dyad(
        tag=_tag(brand, acts[0].other, handle),
        handle=handle or acts[0].other,
        strength=strength,
        tier=tier_of(strength),
        fading=tier_of(peak) == 3 and strength < peak / 2 and now - acts[-1].at >= 21 * DAY_MS,
        peak=peak,
        contact_since=contacts[0] if contacts else None,
        active_reciprocal=_is_active(acts, zone, now),
        began="account" if acts[0].outgoing else "other",
        first_at=acts[0].at,
        last_at=acts[-1].at,
        contact_days=len({day_of(act.at, zone) for act in acts}),
        counts=Counter(f"{act.kind}_{'out' if act.outgoing else 'in'}" for act in acts),
        reciprocated_replies=sum(conversation in invited for conversation in own_replies),
        followers=max(told)[1] if told else None,
    )


def _tag(brand: Brand, other: str, handle: str) -> str:
    for contact in brand.contacts:
        same = contact.id == other if contact.id else contact.handle.lower() == handle.lower()
        if contact.network == "x" and same:
            return contact.tag
    return ""


def _is_active(acts: Sequence[Act], zone: ZoneInfo, now: int) -> bool:
    words = [act for act in acts if act.kind in WORDS and act.at >= now - 90 * DAY_MS]
    out = sum(act.outgoing for act in words)
    days = {day_of(act.at, zone) for act in words}
    return out >= 2 and len(words) - out >= 2 and len(days) >= 2


def day_of(at: int, zone: ZoneInfo) -> date:
    """Return the day of an instant in a time zone."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).date()


def week_of(at: int, zone: ZoneInfo) -> date:
    """Return the Monday of an instant's week in a time zone."""
    day = day_of(at, zone)
    return day - timedelta(days=day.weekday())


class Engagers(Struct, frozen=True, kw_only=True):
    """One row of `engagers`, as far as it is compared."""

    interactions: int
    engagers: int
    estimated: float
    followers: int | None
    known_followers: int
    engaged_followers: int

    @property
    def share(self) -> float | None:
        """Return the share of the followers, where 80% of them are known by name."""
        if not self.known_followers or not self.followers or self.known_followers < 0.8 * self.followers:
            return None
        return self.engaged_followers / self.known_followers


def engagers_of(events: Sequence[AnyEvent], me: str, now: int) -> Engagers:
    """Return who interacted with an account within 90 days, and what share of its followers that is."""
    acts = [act for act in acts_of(events, me) if not act.outgoing and act.at >= now - 90 * DAY_MS]
    by_other = Counter(act.other for act in acts)
    times = Counter(by_other.values())
    deleted = deleted_of(events)
    follows: dict[str, bool] = {}
    for event in events:
        if isinstance(event, Follow | Unfollow):
            follows[event.actor] = isinstance(event, Follow) and event.id not in deleted
    known = {actor for actor, does in follows.items() if does}
    counts = [
        (event.occurred_at, event.followers if isinstance(event, Profile) else event.followers_at_post)
        for event in events
        if isinstance(event, Profile) or (isinstance(event, Post) and event.author == me)
    ]
    told = [count for count in counts if count[1] is not None]
    return Engagers(
        interactions=len(acts),
        engagers=len(by_other),
        estimated=len(by_other) + times[1] * (times[1] - 1) / (2 * (times[2] + 1)),
        followers=max(told)[1] if told else None,
        known_followers=len(known),
        engaged_followers=len(known & set(by_other)),
    )
