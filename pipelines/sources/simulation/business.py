"""The simulated business: a coffee roaster in Dublin with four accounts of four characters."""

from __future__ import annotations

import random

from msgspec import Struct

from pipelines.brand import Account, Brand, Contact, Goals, Topic
from pipelines.events import Network
from pipelines.sources.simulation.people import account_id, populations

TIME_ZONE = "Europe/Dublin"
OWN_LINKS = (
    "https://fernhillcoffee.example/journal/",
    "https://shop.fernhillcoffee.example/beans/",
    "https://brew.fernhill.example/guides/",
)
OTHER_LINKS = (
    "https://dailygrind.example/news/",
    "https://www.cuppingtable.example/reviews/",
    "https://harbournews.example/local/",
    "https://growers.example/reports/",
)
OFFERS = ("Fernhill Friday Club", "Winter Fern Box", "Open Door Weekend")

TOPICS = (
    Topic(
        name="home brewing",
        description="Brewing good coffee at home: espresso, pour-over, grinders, recipes and water.",
        keywords=(
            "pour-over",
            "espresso",
            "AeroPress",
            "French press",
            "burr grinder",
            "brew ratio",
            "cold brew",
        ),
    ),
    Topic(
        name="coffee origins",
        description="Where coffee comes from: farms, harvests, varieties and processing abroad.",
        keywords=(
            "washed",
            "natural process",
            "Ethiopia",
            "Colombia",
            "harvest",
            "washing station",
            "green coffee",
        ),
    ),
    Topic(
        name="roasting",
        description="Roasting and tasting coffee: roast profiles, cupping, flavour notes, fresh beans.",
        keywords=("light roast", "first crack", "cupping", "flavour notes", "roaster", "coffee beans"),
    ),
)

CONVERSATIONAL, BROADCASTER, GIANT, DROPPED = "conversational", "broadcaster", "hollow giant", "dropped"


class Persona(Struct, frozen=True, kw_only=True):
    """How an account behaves and how people react to it; the process draws from nothing else.

    Rates are a day, shares in [0, 1]. `interactions` is the mean at 24 h of one headline post, over all of
    them, before any drop; `dispersion` the k of its negative binomial given the post's features. `acts` are
    the shares of likes, replies, reposts and quotes among interactions.
    """

    character: str
    network: Network
    handle: str
    name: str
    bio: str
    posts: float
    reposts: float
    reply_share: float
    quote_share: float
    thread_share: float
    on_topic: float
    question: float
    link: float
    own_link: float
    offer: float
    mention: float
    repeat: float
    interactions: float
    interactions_reply: float
    dispersion: float
    topic_lift: float
    acts: tuple[float, float, float, float]
    mentions: float
    response: float
    followers: int
    follows: float
    unfollows: float
    following: int
    bought: int = 0
    impressions_rate: float | None = None
    peak_h: float = 14.0
    night: float = 0.04
    weekend: float = 0.6


PERSONAS = (
    Persona(
        character=CONVERSATIONAL, network="bluesky", handle="fernhillcoffee.example",
        name="Fernhill Coffee", bio="Small roaster, Dublin. We answer.", posts=30, reposts=1.5,
        reply_share=0.64, quote_share=0.15, thread_share=0.08, on_topic=0.72, question=0.34, link=0.22,
        own_link=0.4, offer=0.05, mention=0.3, repeat=0.0, interactions=10.5, interactions_reply=1.3,
        dispersion=1.6, topic_lift=1.5, acts=(0.71, 0.09, 0.16, 0.04), mentions=3.0, response=0.85,
        followers=2_640, follows=9.0, unfollows=2.5, following=1_180, weekend=0.8,
    ),
    Persona(
        character=BROADCASTER, network="x", handle="fernhilldeals", name="Fernhill Deals",
        bio="Offers and news from Fernhill Coffee Roasters.", posts=26, reposts=4, reply_share=0.02,
        quote_share=0.06, thread_share=0.0, on_topic=0.5, question=0.06, link=0.86, own_link=0.75,
        offer=0.3, mention=0.05, repeat=0.14, interactions=3.2, interactions_reply=0.4, dispersion=0.8,
        topic_lift=1.2, acts=(0.7, 0.1, 0.18, 0.02), mentions=1.5, response=0.0, followers=11_900,
        follows=14.0, unfollows=11.0, following=310, night=0.2, weekend=0.9,
    ),
    Persona(
        character=GIANT, network="x", handle="fernhillofficial", name="Fernhill | Official",
        bio="Think big. Brew bigger.", posts=7, reposts=3, reply_share=0.05, quote_share=0.1,
        thread_share=0.02, on_topic=0.18, question=0.12, link=0.3, own_link=0.5, offer=0.08, mention=0.08,
        repeat=0.0, interactions=1.1, interactions_reply=0.1, dispersion=0.7, topic_lift=1.0,
        acts=(0.82, 0.05, 0.11, 0.02), mentions=0.4, response=0.0, followers=86_300, follows=18.0,
        unfollows=32.0, following=74_900, bought=42_000, peak_h=19.0, weekend=1.0,
    ),
    Persona(
        character=DROPPED, network="x", handle="fernhillbrewing", name="Fernhill Brew School",
        bio="How to brew better coffee at home.", posts=22, reposts=1, reply_share=0.34, quote_share=0.1,
        thread_share=0.1, on_topic=0.82, question=0.25, link=0.4, own_link=0.45, offer=0.06, mention=0.15,
        repeat=0.0, interactions=24.0, interactions_reply=1.6, dispersion=6.0, topic_lift=1.4,
        acts=(0.78, 0.04, 0.14, 0.04), mentions=2.0, response=0.2, followers=8_450, follows=21.0,
        unfollows=8.0, following=640, impressions_rate=0.024, peak_h=11.0, weekend=0.75,
    ),
)  # fmt: skip


def account_ids(seed: int) -> dict[str, str]:
    """Return the id of each account by its handle."""
    rng = random.Random(f"{seed}:accounts")
    return {persona.handle: account_id(rng, persona.network) for persona in PERSONAS}


def account_shift(seed: int, handle: str) -> int:
    """Return where the account's own ranking of regulars begins."""
    return random.Random(f"{seed}:{handle}:shift").randrange(1_000)


def _contacts(seed: int) -> tuple[Contact, ...]:
    people, shift = (
        populations(seed),
        {persona.handle: account_shift(seed, persona.handle) for persona in PERSONAS},
    )
    found: dict[tuple[str, str], Contact] = {}
    for persona in (PERSONAS[0], PERSONAS[3]):
        for rank, tag in enumerate(
            ("client", "client", "prospect", "partner", "client", "press", "prospect", "prospect")
        ):
            person = people[persona.network].regular(shift=shift[persona.handle], rank=rank * 4, week=0)
            contact = Contact(network=persona.network, tag=tag, handle=person.handle, id=person.id)
            found.setdefault((persona.network, person.id), contact)
    return tuple(found.values())


def simulated_brand(seed: int) -> Brand:
    """Return the business as its brand file would say it."""
    ids = account_ids(seed)
    return Brand(
        name="Fernhill Coffee Roasters",
        time_zone=TIME_ZONE,
        accounts=tuple(Account(network=p.network, handle=p.handle, id=ids[p.handle]) for p in PERSONAS),
        own_domains=("fernhillcoffee.example", "fernhill.example"),
        offers=OFFERS,
        topics=TOPICS,
        contacts=_contacts(seed),
        goals=Goals(new_contacts_per_week=3),
    )
