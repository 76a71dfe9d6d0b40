r"""How a text names an account: where it is mentioned, where its pages are, where the brand file lists it.

The same places are found here, one name at a time, and by `patterns` in SQL, several names at once:

    @ann  @ann@host            a mention: the sign, the handle, no further character of a handle
    x.com/ann/status/1         a page: a domain, the handle or the id, the rest of the path
    "handle":"ann"             a field of the brand file
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from msgspec import Struct

_END = r"[.-]*(?:[^\pL\pN_.@-]|$)"
_PAGE = r"\.[a-z]{2,18}/(?:@|users/@?|profile/|channel/)?"
_NAME = r"\w(?:[\w.@-]*\w)?"

TALK = re.compile(rf"(@)({_NAME})(?=[.-]*(?:[^\w.@-]|$))")
"""A mention: sign and handle."""
_AFTER_PAGE = r"[.,;:!)\]\"']*(?:[\s?#]|$)"
PAGES = re.compile(
    rf"({_PAGE})([^\s/?#]*[^\s/?#.,;:!)\]\"'])(?:/\S*|(?={_AFTER_PAGE}))",
    re.IGNORECASE,
)
"""The address of a page: up to the name, and the name."""
JSON_NAMES = re.compile(r'"(handle|id)":"@?([^"\\]+)"')
"""A field of the brand file that names an account."""


def without(pattern: re.Pattern[str], text: str, is_named: Callable[[str], bool], stub: str) -> str:
    """Return a text with a stub for each name (group 2) that the pattern finds and `is_named` knows.

    Where a name is not known, a shorter one may begin inside of it.
    """
    left, begin, at = [], 0, 0
    while found := pattern.search(text, at):
        if is_named(found[2]):
            left.append(f"{text[begin : found.start()]}{found[1]}{stub}")
            begin = at = found.end()
        else:
            at = found.start() + 1
    return "".join((*left, text[begin:])) if left else text


def handle_key(handle: str) -> str:
    """Return a handle as it is compared: without the sign, in small letters."""
    return handle.removeprefix("@").lower()


def forms_of(handle: str) -> frozenset[str]:
    """Return a handle and, where it names its server, the short form that stands in texts, as keys.

    >>> sorted(forms_of("Ann@social.example"))
    ['ann', 'ann@social.example']
    """
    key = handle_key(handle)
    return frozenset({key, key.partition("@")[0]} - {""})


NOTHING = r"[^\s\S]"
"""Never matches."""


class Patterns(Struct, frozen=True):
    """The same places as RE2 finds them (https://github.com/google/re2/wiki/Syntax), for several names.

    `short`: mentions by the short form, in posts that are known to mention the account. `word`: any name or
    id as a word. `id`: any id as a word. `cell`: a handle as all of a column, in a row as text.
    """

    talk: str
    short: str
    page: str
    brand: str
    word: str
    id: str
    cell: str


def patterns(accounts: Iterable[str], handles: Iterable[str], names: Iterable[str] = ()) -> Patterns:
    """Return the patterns that find these accounts, by ids, handles and names."""
    ids = sorted(set(accounts))
    forms = {handle_key(handle) for handle in handles} - {"", "erased"}
    short = {form for handle in forms for form in forms_of(handle)} - {"erased"}
    called = sorted({*forms, *(name.lower() for name in names)} - {"", "erased"})
    return Patterns(
        talk=_any_of(forms, rf"(?i)@(?:%s)({_END})"),
        short=_any_of(short, rf"(?i)@(?:%s)({_END})"),
        page=_any_of({*forms, *ids}, rf"(?i)({_PAGE})(?:%s)(?:/\S*|({_AFTER_PAGE}))"),
        brand=_any_of({*forms, *ids}, r'(?i)\\*"(handle|id)\\*":\\*"@?(?:%s)\\*"'),
        word=_any_of({*called, *ids}, r"(?i)(?:^|[^\pL\pN_])(?:%s)(?:$|[^\pL\pN_])"),
        id=_any_of(ids, r"(?:^|[^\pL\pN_])(?:%s)(?:$|[^\pL\pN_])"),
        cell=_any_of(forms, r"(?i)'(?:%s)'"),
    )


def _any_of(names: Iterable[str], around: str) -> str:
    """Return a pattern around any of these names, the longest first."""
    escaped = [re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name))]
    return around.replace("%s", "|".join(escaped)) if escaped else NOTHING
