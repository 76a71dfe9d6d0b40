"""What a post's text says by itself: cleaned words, questions, offers named, and its fingerprint.

Pure. Works on any script. Three definitions that the rest builds on:

- *Link*: `http(s)://…`, `www.…` or a bare `domain.tld/path` (Bluesky and X display links so). It ends before
  white space, before a wide (East Asian) character and before closing punctuation, so the `?` of
  `read https://example.com/a?` belongs to the sentence.
- *Mention*: `@name`, `@name.example.com` (Bluesky), `@name@host` (Mastodon); no e-mail address.
- *Word*: a piece between spaces that holds a letter. Scripts without spaces are counted by length, at
  about the mean length of their words: Han and kana 2 characters, Thai, Lao, Burmese and Khmer 4.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from unicodedata import category, normalize

from pipelines.events import Mention

_WIDE = r"\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff01-\uff5e\U00020000-\U0003ffff"
_IN_LINK = rf"[^\s{_WIDE}<>\"“”«»]"
_ENDS_LINK = rf"[^\s{_WIDE}<>\"“”«».,;:!?…'’)\]}}*|]"
_LINK = re.compile(rf"(?:https?|HTTPS?|Https?)://(?:{_IN_LINK}*{_ENDS_LINK})?")
_BARE_LINK = re.compile(
    rf"\b(?:www\.|(?:[a-z0-9-]{{1,63}}\.)+[a-z]{{2,18}}/)(?:{_IN_LINK}*{_ENDS_LINK})?", re.IGNORECASE
)
_NAME = r"[A-Za-z0-9_]+"
_HANDLE = rf"(?:{_NAME}(?:[.-]{_NAME})*@[A-Za-z0-9.-]*[A-Za-z0-9]|[a-z0-9-]+(?:\.[a-z0-9-]+)+|{_NAME})"
_MENTION = re.compile(rf"[@＠](?<![A-Za-z0-9_@＠!#$%&*].){_HANDLE}")  # the sign first: scanned for fast
_FORWARDED = re.compile(rf"^\s*RT\s+[@＠]{_HANDLE}:?")
_TRAILING_VIA = re.compile(rf"\bvia\s+[@＠]({_HANDLE})[^\w@＠#]*(?:[#＃]\w+\s*)*$", re.IGNORECASE)

_HASHTAG = re.compile(r"[#＃](\w+)")
_QUESTION = re.compile("[?？؟\u037e]")
_QUOTED = re.compile(
    '"[^"\n]*"|“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»|‹[^›\n]*›|「[^」\n]*」|『[^』\n]*』|^>.*$', re.M
)

_KANA = r"\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d"
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SOUTH_EAST_ASIAN = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_TWO_A_WORD = re.compile(f"[{_HAN}{_KANA}]")
_FOUR_A_WORD = re.compile(f"[{_SOUTH_EAST_ASIAN}]")
_UNSPACED = re.compile(f"[{_HAN}{_KANA}{_SOUTH_EAST_ASIAN}]")
_WORD_CHARACTER = re.compile(r"[^\W_]")
_LETTER = re.compile(r"[^\W\d_]")

_ASCII_STRIPPED = str.maketrans("", "", "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


@lru_cache(maxsize=256)
def without_links(text: str) -> str:
    """Return the text with a space in place of every link."""
    if "://" in text:
        text = _LINK.sub(" ", text)
    if "/" in text or "www." in text:
        text = _BARE_LINK.sub(" ", text)
    return text


@lru_cache(maxsize=256)
def without_mentions(text: str) -> str:
    """Return the text with a space in place of every mention."""
    if "@" in text or "＠" in text:
        return _MENTION.sub(" ", text)
    return text


def clean(text: str) -> str:
    """Return the words that a post is about: no links, no mentions, hashtags split, single spaces.

    Empty if no letter and no digit is left (emoji alone say no topic).

    >>> clean("RT @ann: see #FloodRelief2013 https://t.co/x")
    'see Flood Relief 2013'
    """
    text = without_mentions(without_links(_FORWARDED.sub("", text)))
    if "#" in text or "＃" in text:
        text = _HASHTAG.sub(_hashtag_words, text)
    return " ".join(text.split()) if _WORD_CHARACTER.search(text) else ""


@lru_cache(maxsize=16_384)
def split_hashtag(tag: str) -> str:
    """Return a hashtag's words: cut at underscores, at changes of case and between letters and digits.

    >>> split_hashtag("NASALaunch2024")
    'NASA Launch 2024'
    """
    pieces: list[str] = []
    for at, character in enumerate(tag):
        if at and _begins_word(tag, at):
            pieces.append(" ")
        pieces.append(character)
    return "".join(pieces).replace("_", " ").strip()


def _begins_word(tag: str, at: int) -> bool:
    before, here = tag[at - 1], tag[at]
    if before.isdecimal() != here.isdecimal():
        return True
    if not here.isupper():
        return False
    return before.islower() or (before.isupper() and tag[at + 1 : at + 2].islower())


def _hashtag_words(match: re.Match[str]) -> str:
    return " " + split_hashtag(match[1]) + " "


def asks(text: str) -> bool:
    """Tell whether the text holds a question mark once its links and quoted passages are removed.

    The marks: `?`, fullwidth U+FF1F, Arabic U+061F, Greek U+037E. Because of the latter a source must not
    normalise a text: NFC turns it into a semicolon. Quoted: between quotation marks on one line, or a
    line after `>`.
    """
    if not _QUESTION.search(text):
        return False
    return _QUESTION.search(_QUOTED.sub(" ", without_links(text))) is not None


def fingerprint(text: str) -> tuple[int, int]:
    """Return (64-bit hash, words left) of the text as near-duplicates see it.

    Removed: links, mentions, digits (Unicode Nd), punctuation (Unicode P, Cf and ASCII's [[:punct:]]) and
    runs of spaces; NFC and case folded. Emoji stay. The hash is BLAKE2b of 8 bytes, big-endian, of the UTF-8.
    """
    if text.isascii():
        rest = without_mentions(without_links(text)).lower().translate(_ASCII_STRIPPED).split()
        words = len(rest)
    else:
        composed = normalize("NFC", text)
        rest = _folded(without_mentions(without_links(composed))).translate(_STRIPPED).split()
        words = _words_left(rest)
    key = " ".join(rest).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "big"), words


def _words_left(pieces: Sequence[str]) -> int:
    """Return the number of words; of digits and punctuation the pieces are free already."""
    return sum(1 if piece.isascii() else _words_in(piece) for piece in pieces)


def _words_in(piece: str) -> int:
    if not _UNSPACED.search(piece):
        return 1 if _LETTER.search(piece) else 0
    short, long = len(_TWO_A_WORD.findall(piece)), len(_FOUR_A_WORD.findall(piece))
    other = 1 if _LETTER.search(_UNSPACED.sub("", piece)) else 0
    return -(-short // 2) - (-long // 4) + other


class _Stripped(dict[int, int | None]):
    """For `str.translate`: what a fingerprint leaves out. A code point is looked up when it first occurs."""

    def __missing__(self, code: int) -> int | None:
        kind = category(chr(code))
        left_out = kind[0] == "P" or kind in ("Cf", "Nd") or chr(code) in "$+<=>^`|~"
        self[code] = None if left_out else code
        return self[code]


_STRIPPED = _Stripped()


@cache
def _ranges(*categories: str) -> str:
    """Return the code points of Unicode categories as a character class's inside. Takes 50 ms, once."""
    ranges: list[list[int]] = []
    for code in (*range(0x1F000), *range(0xE0000, 0xE0200)):
        if category(chr(code)) not in categories:
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{re.escape(chr(low))}-{re.escape(chr(high))}" for low, high in ranges)


def names_offer(text: str, offers: tuple[str, ...]) -> bool:
    """Tell whether the text names one of the offers as whole words, case folded, NFC.

    In scripts without spaces an offer is found anywhere: there, words have no edges to see.
    """
    if not offers:
        return False
    folded = text.lower() if text.isascii() else _folded(text)
    return any(first in folded and pattern.search(folded) for first, pattern in _offer_patterns(offers))


@lru_cache(maxsize=256)
def _offer_patterns(offers: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return for each offer its first word, which is quick to look for, and the pattern of the whole."""
    names = sorted({tuple(_folded(offer).split()) for offer in offers} - {()})
    return tuple((words[0], re.compile(_whole_words(words))) for words in names)


def _folded(text: str) -> str:
    return normalize("NFC", normalize("NFC", text).casefold())


def _whole_words(words: tuple[str, ...]) -> str:
    inner = r"\s+".join(map(re.escape, words))
    before = "" if _UNSPACED.match(words[0][0]) else r"(?<!\w)"
    after = "" if _UNSPACED.match(words[-1][-1]) else rf"(?![\w{_ranges('Mn', 'Mc')}])"
    return before + inner + after


def trailing_via(text: str) -> str | None:
    """Return the handle in a closing "via @handle" (links and hashtags may follow), else None.

    >>> trailing_via("Ten ways to listen https://t.co/x via @ann")
    'ann'
    """
    if "via" not in text.lower():
        return None
    found = _TRAILING_VIA.search(without_links(text).rstrip())
    return found[1] if found else None


def mentions_without_via(text: str, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return the mentions less that of a trailing "via @x", unless the text mentions x earlier too."""
    via = trailing_via(text)
    if via is None:
        return tuple(mentions)
    name = via.casefold()
    if sum(found[0][1:].casefold() == name for found in _MENTION.finditer(without_links(text))) > 1:
        return tuple(mentions)
    return tuple(mention for mention in mentions if not _is_handle(mention.handle, name))


def _is_handle(handle: str, name: str) -> bool:
    folded = handle.casefold()
    return folded == name or folded.startswith(name + "@")
