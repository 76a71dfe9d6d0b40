"""Mentions, links, hashtags and the reply in a text that comes without entities, as X itself finds them.

Follows https://github.com/twitter/twitter-text; how far is measured against its own conformance tests
(docs/sources.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple
from unicodedata import category

from publicsuffixlist import PSLFILE

MAX_LABEL = 63
"""Characters of one label of a host name, in the form in which it is looked up."""
MAX_SHORT_LINK = 40
"""Characters behind `t.co/`: a longer one is no link."""
_AT, _HASH = "@＠", "#＃"
_ACCENTED = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f"
_ACCENTED += "\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
_MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_SPACES = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

_MENTION = re.compile(rf"(?:(?<![a-zA-Z0-9_!#$%&*{_AT}])|(?<=\b[rR][tT]))[{_AT}](\w{{1,20}})", re.ASCII)
_NO_MENTION = re.compile(rf"[{_AT}{_ACCENTED}]|://")
_REPLY = re.compile(rf"^[{_SPACES}]*[{_AT}]([a-zA-Z0-9_]{{1,20}})(?![a-zA-Z0-9_])")
_HASHTAG_EXTRAS = frozenset(
    "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)
_EMOJI_STYLE = "\ufe0e\ufe0f"

_PATH = rf"[a-z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_ACCENTED}]"
_IN_PARENTHESES = rf"\((?:{_PATH}+|(?:{_PATH}*\({_PATH}+\){_PATH}*))\)"
_PATH_END = rf"(?:[+\-a-z\u0400-\u04ff0-9=_#/{_ACCENTED}]|{_IN_PARENTHESES})"
_WHOLE_PATH = rf"(?:{_PATH}*(?:{_IN_PARENTHESES}{_PATH}*)*{_PATH_END}|@{_PATH}+/)"
_QUERY = r"[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/]"
_NOT_IN_DOMAIN = rf"\s!'#%&()*+,\-./:;<=>?@\[\]^_{{|}}~$\"`\\{_SPACES}{_MARKS}"
_NOT_IN_DOMAIN += "\u2013\u2014\u2018-\u201f\u3001-\u3011\uff01-\uff0f"
_LETTER = rf"[^{_NOT_IN_DOMAIN}]"
_LABEL = re.compile(rf"{_LETTER}(?:[^{_NOT_IN_DOMAIN}]|[_-])*(?<![_-])")
_RUN = re.compile(
    rf"(?:(?<=[^a-z0-9{_AT}${_HASH}{_MARKS}])|(?<=[{_MARKS}])|^)"
    rf"(?P<protocol>https?://)?(?P<run>(?:(?!https?://){_LETTER}|[._-])+)",
    re.IGNORECASE,
)
_PLAIN = re.compile(rf"(?:[\-a-z0-9{_ACCENTED}]+\.)+{_LETTER}+", re.IGNORECASE)
_TAIL = re.compile(rf"(?::[0-9]+)?(?:/{_WHOLE_PATH}*)?(?:\?{_QUERY})?", re.IGNORECASE)
_PUNYCODE = re.compile(r"xn--[\-0-9a-z]+(?![0-9a-z@+\-])", re.IGNORECASE)
_IN_WORD = re.compile(r"[0-9a-z@+\-]", re.IGNORECASE)
_LONGEST_TLD = 24
_SHORT = re.compile(rf"https?://t\.co/([a-z0-9]+)(?:\?{_QUERY})?", re.IGNORECASE)


class Entities(NamedTuple):
    """What a text holds, in its order; handles without @, hashtags without #."""

    mentions: tuple[str, ...]
    links: tuple[str, ...]
    hashtags: tuple[str, ...]
    reply_to: str | None


class _Span(NamedTuple):
    begin: int
    end: int


def entities_of(text: str) -> Entities:
    """Return everything that a text holds; what lies inside a link is neither mention nor hashtag.

    >>> entities_of("@ann see #bread at example.com/a.")
    Entities(mentions=('ann',), links=('example.com/a',), hashtags=('bread',), reply_to='ann')
    """
    spans = list(_links(text)) if "." in text else []
    return Entities(
        mentions=tuple(text[s.begin + 1 : s.end] for s in _mentions(text) if not _inside(s, spans)),
        links=tuple(text[span.begin : span.end] for span in spans),
        hashtags=tuple(text[s.begin + 1 : s.end] for s in _hashtags(text) if not _inside(s, spans)),
        reply_to=reply_of(text),
    )


def mentions_of(text: str) -> list[str]:
    """Return the handles that a text mentions."""
    return [text[span.begin + 1 : span.end] for span in _mentions(text)]


def links_of(text: str) -> list[str]:
    """Return the links of a text as they are written."""
    return [text[span.begin : span.end] for span in _links(text)]


def hashtags_of(text: str) -> list[str]:
    """Return the hashtags of a text that are not part of a link."""
    spans = list(_links(text)) if "." in text else []
    return [text[span.begin + 1 : span.end] for span in _hashtags(text) if not _inside(span, spans)]


def reply_of(text: str) -> str | None:
    """Return the handle that a text begins with: whom it answers; None where it begins otherwise."""
    match = _REPLY.match(text)
    if match is None or _NO_MENTION.match(text, match.end()):
        return None
    return match[1]


def _inside(span: _Span, spans: list[_Span]) -> bool:
    return any(span.begin < each.end and each.begin < span.end for each in spans)


def _mentions(text: str) -> Iterator[_Span]:
    if "@" not in text and "＠" not in text:
        return
    for match in _MENTION.finditer(text):
        if not _NO_MENTION.match(text, match.end()):
            yield _Span(match.start(1) - 1, match.end())


def _hashtags(text: str) -> Iterator[_Span]:
    at = 0
    while (begin := _next_hash(text, at)) >= 0:
        at = end = _end_of_hashtag(text, begin + 1)
        word = text[begin + 1 : end]
        before = text[begin - 1] if begin else " "
        starts = before in _EMOJI_STYLE or not (_in_hashtag(before) or before == "&")
        stops = text[end : end + 1] not in tuple(_HASH) and text[end : end + 3] != "://"
        if starts and stops and any(category(each)[0] in "LM" for each in word):
            yield _Span(begin, end)
        at = max(at, begin + 1)


def _next_hash(text: str, at: int) -> int:
    found = [place for each in _HASH if (place := text.find(each, at)) >= 0]
    return min(found, default=-1)


def _end_of_hashtag(text: str, at: int) -> int:
    if text[at : at + 1] in ("\ufe0f", "\u20e3"):  # a keycap, no hashtag
        return at
    while at < len(text) and _in_hashtag(text[at]):
        at += 1
    return at


def _in_hashtag(character: str) -> bool:
    if character.isalnum() and character.isascii():
        return True
    kind = category(character)
    return kind[0] in "LM" or kind == "Nd" or character in _HASHTAG_EXTRAS


def _links(text: str) -> Iterator[_Span]:
    at = 0
    while (match := _RUN.search(text, at)) is not None:
        at = match.end()
        begin = match.start("run")
        end = _end_of_domain(text, begin, match.end("run"))
        if end is None:
            continue
        tail = _TAIL.match(text, end)
        whole = tail.end() if tail is not None else end
        if match["protocol"] is None:
            spans = _bare(text, begin, end, whole)
        else:
            spans = _with_protocol(text, match.start("protocol"), begin, end, whole)
        yield from spans
        at = max(end, spans[-1].end if spans else end)


def _end_of_domain(text: str, begin: int, end: int) -> int | None:
    """Return where the longest domain in a run of its characters ends, which begins with the run."""
    found = None
    label = begin
    while label < end:
        stop = text.find(".", label, end)
        stop = end if stop < 0 else stop
        if label > begin:
            found = _end_of_tld(text, label, stop) or found
        if not _LABEL.fullmatch(text, label, stop):
            break
        label = stop + 1
    return found


def _end_of_tld(text: str, label: int, stop: int) -> int | None:
    """Return where a top-level domain ends that begins here; the label before it has no underscore."""
    before = text.rfind(".", 0, label - 1) + 1
    if "_" in text[before : label - 1]:
        return None
    encoded = _PUNYCODE.match(text, label, stop)
    if encoded is not None:
        return encoded.end()
    for length in range(min(_LONGEST_TLD, stop - label), 0, -1):
        ends = label + length
        if text[label:ends].lower() in _top_level_domains() and not _IN_WORD.match(text, ends):
            return ends
    return None


def _with_protocol(text: str, url: int, begin: int, end: int, whole: int) -> list[_Span]:
    short = _SHORT.match(text, url)
    if short is not None:
        return [] if len(short[1]) > MAX_SHORT_LINK else [_Span(url, short.end())]
    return [_Span(url, whole)] if _is_host(text[begin:end]) else []


def _bare(text: str, begin: int, end: int, whole: int) -> list[_Span]:
    """Return the links without a protocol in a domain: its ASCII domains; the path belongs to the last."""
    if text[begin - 1 : begin] in ("-", "_", ".", "/"):
        return []
    spans: list[_Span] = []
    at = begin
    while (run := _PLAIN.search(text, at, end)) is not None:
        stop = _end_of_domain(text, run.start(), run.end())
        if stop is not None and _is_host(text[run.start() : stop]):
            spans.append(_Span(run.start(), stop))
        at = stop or run.end()
    if spans and spans[-1].end == end:
        spans[-1] = _Span(spans[-1].begin, whole)
    return spans


def _is_host(domain: str) -> bool:
    for label in domain.split("."):
        try:
            encoded = label if label.isascii() else "xn--" + label.encode("punycode").decode()
        except UnicodeError:
            return False
        if len(encoded) > MAX_LABEL or (label[:4].lower() == "xn--" and not label.isascii()):
            return False
    return True


@cache
def _top_level_domains() -> frozenset[str]:
    """Return the top-level domains in the public suffix list, those of other scripts as they are written."""
    lines = Path(PSLFILE).read_text(encoding="utf-8").splitlines()
    rules = [line.strip() for line in lines if line.strip() and not line.startswith("//")]
    return frozenset(rule.rsplit(".", 1)[-1] for rule in rules)
