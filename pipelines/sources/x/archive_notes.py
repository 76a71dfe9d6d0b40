"""The long posts of X's archive: their whole text stands in a file of its own, without the post's id."""

from __future__ import annotations

import re
from collections import defaultdict

from pipelines.events import SECOND_MS, Mention, Post
from pipelines.sources.entities import instant, unescape
from pipelines.sources.x.archive_payloads import Note, note_decoder

_APART_MS = 3 * SECOND_MS
"""How far the times of a post and of its long text lie apart at most."""
_COMPARED_CHARACTERS = 40
_ADDRESSED = re.compile(r"^(?:@\w+\s+)+")
_CUT = re.compile(r"…|https?://t\.co/")


class Notes:
    """Long texts by the second of their time."""

    def __init__(self) -> None:
        self._by_second: defaultdict[int, list[Note]] = defaultdict(list)

    def add(self, content: bytes) -> None:
        """Take an element of `note-tweet.js`. Raises what UNREADABLE of `pages` names."""
        note = note_decoder.decode(content).note_tweet
        at = instant(note.created_at, "$.noteTweet.createdAt")
        self._by_second[at // SECOND_MS].append(note)

    def find(self, post: Post) -> Note | None:
        """Return the whole text of a post that was cut, told by its beginning and time; None: it is whole."""
        if not self._by_second:
            return None
        begins = _beginning(post.text)
        second = post.occurred_at // SECOND_MS
        seconds = range(second - _APART_MS // SECOND_MS, second + _APART_MS // SECOND_MS + 1)
        for each in seconds:
            for note in self._by_second.get(each, ()):
                if begins and _beginning(unescape(note.core.text)).startswith(begins):
                    return note
        return None


def _beginning(text: str) -> str:
    words = _CUT.split(_ADDRESSED.sub("", text.strip()), maxsplit=1)[0]
    return " ".join(words.split())[:_COMPARED_CHARACTERS]


def links_of(note: Note) -> tuple[str, ...]:
    """Return the links in a long text, expanded."""
    told = [url.expanded_url or url.short_url or "" for url in note.core.urls or ()]
    return tuple(dict.fromkeys(filter(None, told)))


def hashtags_of(note: Note) -> tuple[str, ...]:
    """Return the hashtags in a long text."""
    return tuple(tag.text for tag in note.core.hashtags or () if tag.text)


def mentions_of(note: Note, known: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Return the accounts that a long text mentions; it tells no ids but those that the post told."""
    seen = {mention.handle.casefold() for mention in known}
    told = [mention.screen_name for mention in note.core.mentions or () if mention.screen_name]
    return (*known, *(Mention("", handle) for handle in dict.fromkeys(told) if handle.casefold() not in seen))
