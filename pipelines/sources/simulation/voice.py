"""What an account of the brand says: features drawn one by one, then words that show them."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from pipelines.events import DAY_MS
from pipelines.sources.simulation import phrases
from pipelines.sources.simulation.business import OFFERS, OTHER_LINKS, OWN_LINKS, Persona
from pipelines.sources.simulation.truth import THREAD_LENGTHS

REMEMBERED = 1_100
"""Own texts that must not come again by chance: more than a near-duplicate's memory."""
REPEATED_WITHIN_POSTS, REPEATED_WITHIN_MS = 800, 21 * DAY_MS
"""How old a text may be that is repeated on purpose: younger than the memory."""
HASHTAG_SHARE = 0.3


class Draft(Struct, frozen=True, kw_only=True):
    """The features of a headline post, each drawn by itself; `thread` counts the posts that follow it."""

    quote: bool
    on_topic: bool
    question: bool
    offer: str | None
    link: str | None
    mention: bool
    thread: int

    @property
    def offer_at_once(self) -> str | None:
        """The offer, if the post names it itself: in a thread it comes in the last post."""
        return None if self.thread else self.offer


class Body(Struct, frozen=True, kw_only=True):
    """The words of a headline post, without mention and link; `number` counts the account's texts."""

    text: str
    hashtags: tuple[str, ...]
    at: int
    number: int


class Voice:
    """Drafts and words of one account. No text comes twice but by intention."""

    def __init__(self, persona: Persona, rng: random.Random) -> None:
        self._persona, self._rng = persona, rng
        self._said: deque[str] = deque(maxlen=REMEMBERED)
        self._bodies: dict[tuple[bool, bool, str | None], Body] = {}
        self._number = 0

    def draft(self) -> Draft:
        """Draw the features of a headline post."""
        rng, p = self._rng, self._persona
        quote = rng.random() < p.quote_share
        link = rng.choice(OWN_LINKS if rng.random() < p.own_link else OTHER_LINKS)
        return Draft(
            quote=quote,
            on_topic=rng.random() < p.on_topic,
            question=rng.random() < p.question,
            offer=rng.choice(OFFERS) if rng.random() < p.offer else None,
            link=f"{link}{rng.randrange(1_000, 9_999)}" if rng.random() < p.link else None,
            mention=rng.random() < p.mention,
            thread=rng.choice(THREAD_LENGTHS) if not quote and rng.random() < p.thread_share else 0,
        )

    def headline(self, draft: Draft, at: int) -> Body:
        """Return the words of a headline post; a repetition takes the last of the same features."""
        key = (draft.on_topic, draft.question, draft.offer_at_once)
        self._number += 1
        last = self._bodies.get(key)
        if last and self._may_repeat(last, at) and self._rng.random() < self._persona.repeat:
            body = last
        else:
            hashtags = self._hashtags(draft)
            text = " ".join([self._fresh(lambda: self._words(draft)), *(f"#{tag}" for tag in hashtags)])
            body = Body(text=text, hashtags=hashtags, at=at, number=self._number)
        self._bodies[key] = Body(text=body.text, hashtags=body.hashtags, at=at, number=self._number)
        return body

    def thread_post(self, draft: Draft, *, last: bool) -> str:
        """Return the words of a post that continues a thread; the last one names the offer, if any."""
        text = self._fresh(lambda: phrases.statement(self._rng, on_topic=draft.on_topic))
        return f"{text} {phrases.offer(self._rng, draft.offer)}" if last and draft.offer else text

    def answer(self) -> str:
        """Return the words of a reply."""
        on_topic = self._rng.random() < self._persona.on_topic
        return self._fresh(lambda: phrases.answer(self._rng, on_topic=on_topic))

    def _may_repeat(self, last: Body, at: int) -> bool:
        return self._number - last.number < REPEATED_WITHIN_POSTS and at - last.at < REPEATED_WITHIN_MS

    def _hashtags(self, draft: Draft) -> tuple[str, ...]:
        if draft.on_topic and self._rng.random() < HASHTAG_SHARE:
            return (self._rng.choice(phrases.HASHTAGS),)
        return ()

    def _words(self, draft: Draft) -> str:
        platitude = self._persona.bought > 0
        parts = [phrases.statement(self._rng, on_topic=draft.on_topic, platitude=platitude)]
        if draft.question:
            parts.append(phrases.question(self._rng, on_topic=draft.on_topic))
        if draft.offer_at_once:
            parts.append(phrases.offer(self._rng, draft.offer_at_once))
        return " ".join(parts)

    def _fresh(self, say: Callable[[], str]) -> str:
        text = say()
        while phrases.fingerprint(text) in self._said:
            text = say()
        self._said.append(phrases.fingerprint(text))
        return text
