"""Who lives in the simulated world, and the ids by which the networks know people and posts."""

from __future__ import annotations

import random
from itertools import accumulate

from msgspec import Struct

from pipelines.events import DAY_MS, Network, X

PEOPLE = 900
"""Regulars a network; beside them there are strangers, seen once."""
STABLE = 25
"""The most loyal stay the same; the others come and go by the week."""
STRANGERS = 0.2
"""Share of interactions by people never seen before."""

FIRST_NAMES = (
    "anna", "liam", "niamh", "oscar", "sofia", "jonas", "priya", "marek", "chloe", "tariq", "elena", "hugo",
    "freya", "kofi", "lucia", "pavel", "ines", "callum", "yara", "bruno", "mei", "ronan", "ada", "felix",
    "saoirse", "theo", "leila", "anders", "rosa", "emeka",
)  # fmt: skip
LAST_NAMES = (
    "walsh", "keane", "novak", "silva", "lindqvist", "okafor", "rossi", "byrne", "haddad", "moreau", "kelly",
    "tanaka", "weber", "costa", "doyle", "iyer", "larsen", "quinn", "petrov", "romero", "fox", "archer",
    "nolan", "vega", "blum", "carey", "dunne", "ferrari", "gray", "holt",
)  # fmt: skip

_TID = "234567abcdefghijklmnopqrstuvwxyz"
_X_EPOCH_MS = 1_288_834_974_657


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who is not of the brand."""

    id: str
    handle: str
    followers: int


class Ids:
    """Ids as the networks make them: the time is inside, none comes twice."""

    def __init__(self) -> None:
        self._made = 0

    def x(self, at: int) -> str:
        """Return a snowflake: 41 bits of milliseconds since X's epoch, 22 bits of our counter."""
        self._made += 1
        return str((max(0, at - _X_EPOCH_MS) << 22) | (self._made & 0x3FFFFF))

    def bluesky(self, at: int, *, did: str, collection: str) -> str:
        """Return an AT URI whose record key is a TID: 53 bits of microseconds, 10 bits of our counter."""
        self._made += 1
        number = ((at * 1_000 + (self._made >> 10) % 1_000) << 10) | (self._made & 0x3FF)
        key = "".join(_TID[(number >> shift) & 31] for shift in range(60, -1, -5))
        return f"at://{did}/{collection}/{key}"

    def post(self, network: Network, at: int, author: str) -> str:
        """Return the id of a post."""
        if network == X:
            return self.x(at)
        return self.bluesky(at, did=author, collection="app.bsky.feed.post")


def account_id(rng: random.Random, network: Network) -> str:
    """Return an account's id: decimal digits on X, a DID on Bluesky."""
    if network == X:
        return str(rng.randrange(10**8, 4 * 10**9))
    return "did:plc:" + "".join(rng.choice(_TID) for _ in range(24))


def _person(rng: random.Random, network: Network, number: int) -> Person:
    name = f"{rng.choice(FIRST_NAMES)}{rng.choice(('', '_', '.'))}{rng.choice(LAST_NAMES)}".replace(".", "")
    handle = f"{name}{number}"[-15:] if network == X else f"{name.replace('_', '-')}{number}.bsky.social"
    return Person(id=account_id(rng, network), handle=handle, followers=int(rng.lognormvariate(5.6, 1.3)))


class Population:
    """A network's people; which of them react depends on the account and on the week."""

    def __init__(self, *, seed: int, network: Network) -> None:
        rng = random.Random(f"{seed}:people:{network}")
        self.network = network
        self.people = [_person(rng, network, number) for number in range(1, PEOPLE + 1)]
        self._cumulative = list(accumulate(1 / (rank + 4) ** 0.8 for rank in range(PEOPLE)))

    def regular(self, *, shift: int, rank: int, week: int) -> Person:
        """Return the person at that rank of loyalty; `shift` sets accounts apart."""
        drift = 0 if rank < STABLE else week * 7
        return self.people[(rank * 7 + shift + drift) % PEOPLE]

    def draw(self, rng: random.Random, *, shift: int, at: int) -> Person:
        """Return who reacts to the account at that instant: mostly regulars, sometimes a stranger."""
        if rng.random() < STRANGERS:
            return _person(rng, self.network, rng.randrange(PEOPLE, 10**6))
        rank = rng.choices(range(PEOPLE), cum_weights=self._cumulative)[0]
        return self.regular(shift=shift, rank=rank, week=at // (7 * DAY_MS))


def populations(seed: int) -> dict[Network, Population]:
    """Return the people of each network of the simulation."""
    return {"x": Population(seed=seed, network="x"), "bluesky": Population(seed=seed, network="bluesky")}
