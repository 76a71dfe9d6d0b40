"""Topics proposed out of posts: words typical of them, with the words that go along and posts as examples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from math import log
from unicodedata import normalize

from msgspec import Struct

from pipelines.brand import Topic
from pipelines.brand_words import FUNCTION_WORDS
from pipelines.scoring.text import clean

MAX_TOPICS, MAX_KEYWORDS, EXAMPLES = 5, 6, 3
LEAST_POSTS, LEAST_SHARE = 3, 0.01
"""A topic's first word is in at least this many posts, and in this share of them."""
LEAST_OTHERS = 100
"""With fewer posts of other people there is nothing to compare with."""

_WORD = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?")


class ProposedTopic(Struct, frozen=True, kw_only=True):
    """A topic as found; `posts` hold one of its keywords."""

    topic: Topic
    posts: int


class _Terms(Struct, frozen=True):
    """One post as terms: single words and pairs of neighbours, each once."""

    text: str
    terms: frozenset[str]


def propose_topics(texts: Sequence[str], others: Iterable[str] = ()) -> tuple[ProposedTopic, ...]:
    """Return at most 5 topics of the texts, the most typical first.

    A term (word, hashtag's words, or two neighbours) weighs k·ln((k/n)/(b/m)), k of n texts and b of m others
    hold it; without others k·ln(n/k) (Spärck Jones 1972, each text a document). The heaviest term opens a
    topic, its strongest companions in the same texts join it, their texts are set apart; and so on.
    """
    posts = [_Terms(text=text, terms=_terms(text)) for text in _distinct(texts)]
    background = [_terms(text) for text in others]
    weights = _weights(posts, background)
    least = max(LEAST_POSTS, LEAST_SHARE * len(posts))
    topics: list[ProposedTopic] = []
    while len(topics) < MAX_TOPICS and (first := _heaviest(posts, weights, least)) is not None:
        keywords = _companions(first, posts, weights)
        held = [post for post in posts if not post.terms.isdisjoint(keywords)]
        topics.append(ProposedTopic(topic=_topic(keywords, held), posts=len(held)))
        posts = [post for post in posts if post.terms.isdisjoint(keywords)]
        used = {word for keyword in keywords for word in keyword.split()}
        weights = {term: weight for term, weight in weights.items() if used.isdisjoint(term.split())}
    return tuple(topics)


def _distinct(texts: Iterable[str]) -> list[str]:
    kept = {" ".join(clean(text).casefold().split()): text for text in reversed(list(texts))}
    return [text for key, text in reversed(kept.items()) if key]


def _terms(text: str) -> frozenset[str]:
    words = [
        word.strip("'’-")
        for word in _WORD.findall(normalize("NFC", clean(text)).casefold().replace("’", "'"))
    ]
    words = [word.removesuffix("'s") for word in words]
    good = [len(word) >= _least_length(word) and word not in FUNCTION_WORDS for word in words]
    single = {word for word, is_good in zip(words, good, strict=True) if is_good}
    pairs = {
        f"{words[n]} {words[n + 1]}"
        for n in range(len(words) - 1)
        if good[n] and good[n + 1] and words[n] != words[n + 1]
    }
    return frozenset(single | pairs)


def _least_length(word: str) -> int:
    return 3 if word[0] < "\u2e80" else 2  # in East Asian scripts two characters are a word


def _weights(posts: list[_Terms], background: list[frozenset[str]]) -> dict[str, float]:
    own = Counter(term for post in posts for term in post.terms)
    frequent = {term: count for term, count in own.items() if count >= LEAST_POSTS}
    n, m = len(posts), len(background)
    if m < LEAST_OTHERS:
        return {term: count * log(n / count) for term, count in frequent.items() if count < n}
    rest = Counter(term for terms in background for term in terms if term in frequent)
    weights = {term: k * log((k / n) / ((rest[term] + 0.5) / (m + 1))) for term, k in frequent.items()}
    return {term: weight for term, weight in weights.items() if weight > 0}


def _heaviest(posts: list[_Terms], weights: dict[str, float], least: float) -> str | None:
    counts = Counter(term for post in posts for term in post.terms if term in weights)
    candidates = [term for term, count in counts.items() if count >= least]
    if not candidates:
        return None
    best = max(candidates, key=lambda term: (weights[term], term))
    pairs = [
        term
        for term in candidates
        if best in term.split() and " " in term and counts[term] * 2 > counts[best]
    ]
    return max(pairs, key=lambda term: (counts[term], term), default=best)


def _companions(first: str, posts: list[_Terms], weights: dict[str, float]) -> tuple[str, ...]:
    """Return the first term and those that keep it company more often than chance would."""
    with_first = [post for post in posts if first in post.terms]
    everywhere = Counter(term for post in posts for term in post.terms if term in weights)
    together = Counter(term for post in with_first for term in post.terms if term in weights)
    share = len(with_first) / len(posts)
    lifts = {
        term: count * log(count / (share * everywhere[term]))
        for term, count in together.items()
        if count >= 2 and count > 2 * share * everywhere[term]
    }
    ranked = sorted(lifts, key=lambda term: (-lifts[term], term))
    keywords, used = [first], set(first.split())
    for term in ranked:
        if len(keywords) < MAX_KEYWORDS and used.isdisjoint(term.split()):
            keywords.append(term)
            used.update(term.split())
    return tuple(keywords)


def _topic(keywords: tuple[str, ...], held: list[_Terms]) -> Topic:
    """Return the topic; its examples are the posts with the most of its keywords, of equals the earlier."""
    examples = sorted(held, key=lambda post: -len(post.terms.intersection(keywords)))[:EXAMPLES]
    texts = dict.fromkeys(normalize("NFC", post.text).strip() for post in examples)
    return Topic(name=keywords[0], keywords=keywords, examples=tuple(texts))
