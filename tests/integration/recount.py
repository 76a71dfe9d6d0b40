"""A plain recount of v1.1 posts from their raw JSON, by the definitions alone: no code of the pipeline."""

from __future__ import annotations

import gzip
import html
import json
import re
import string
import unicodedata
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

Tweet = dict[str, Any]
DAY_S = 86_400


def recount(path: Path) -> dict[str, dict[str, tuple[int, int, int]]]:
    """Return for each author and metric: counter, divisor and n."""
    with gzip.open(path, "rt") as file:
        tweets = [json.loads(line) for line in file]
    by_author: dict[str, list[Tweet]] = defaultdict(list)
    for tweet in sorted(tweets, key=posted_at):  # stable: ties stay in the order of the file
        by_author[tweet["user"]["id_str"]].append(tweet)
    return {author: _metrics(own) for author, own in by_author.items()}


def posted_at(tweet: Tweet) -> float:
    return datetime.strptime(tweet["created_at"], "%a %b %d %H:%M:%S %z %Y").timestamp()


def kind_of(tweet: Tweet) -> str:
    if tweet.get("in_reply_to_user_id_str") == tweet["user"]["id_str"]:
        return "thread"
    replies = tweet.get("in_reply_to_status_id_str") or tweet.get("in_reply_to_user_id_str")
    return "reply" if replies else "original"


def _metrics(own: list[Tweet]) -> dict[str, tuple[int, int, int]]:
    kinds = [kind_of(tweet) for tweet in own]
    repeats = _near_duplicates(own, kinds)
    headline = [tweet for tweet, kind in zip(own, kinds, strict=True) if kind == "original"]
    replies = [tweet for tweet, kind in zip(own, kinds, strict=True) if kind == "reply"]
    to_others = sum(kind == "reply" and not again for kind, again in zip(kinds, repeats, strict=True))
    addressed = len(headline) + len(replies)
    moved = sum(map(interactions, headline))
    return {
        "posts_per_day": (len(own), 0, len(own)),
        "conversation_ratio": (to_others, addressed, addressed),
        "duplicate_share": (sum(repeats), len(own), len(own)),
        "interactions_per_post": (moved, len(headline), len(headline)),
        "likes_per_post": (sum(each["favorite_count"] for each in headline), len(headline), len(headline)),
        "reposts_per_post": (sum(each["retweet_count"] for each in headline), len(headline), len(headline)),
        "zero_interaction_share": (
            sum(interactions(each) == 0 for each in headline),
            len(headline),
            len(headline),
        ),
        "measured_share": (len(headline), len(headline), len(headline)),
        "engagement_rate_followers": (
            moved,
            sum(each["user"]["followers_count"] for each in headline),
            len(headline),
        ),
        "interactions_per_reply": (sum(map(interactions, replies)), len(replies), len(replies)),
    }


def interactions(tweet: Tweet) -> int:
    return int(tweet["favorite_count"] + tweet["retweet_count"])


def _near_duplicates(own: list[Tweet], kinds: list[str]) -> list[bool]:
    known: list[tuple[str, float]] = []
    found = []
    for tweet, kind in zip(own, kinds, strict=True):
        rest, at = stripped(tweet["text"]), posted_at(tweet)
        long_enough = len(rest.split()) >= (8 if kind == "reply" else 4)
        found.append(
            long_enough and any(old == rest and at - then <= 28 * DAY_S for old, then in known[-1_000:])
        )
        known.append((rest, at))
    return found


def stripped(text: str) -> str:
    text = unicodedata.normalize("NFC", html.unescape(text)).casefold()
    text = re.sub(r"https?://\S+", " ", text)
    text = re.sub(r"@\w+", " ", text)
    kept = [
        character
        for character in text
        if character not in string.punctuation and unicodedata.category(character)[0] not in "PN"
    ]
    return " ".join("".join(kept).split())
