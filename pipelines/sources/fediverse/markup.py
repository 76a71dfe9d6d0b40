"""The HTML in which Mastodon gives texts, as plain text and links."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple

_BLOCKS = frozenset({"p", "li", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
_NOT_LINKS = frozenset({"mention", "hashtag"})
_FALLBACK = "quote-inline"
"""The class of the paragraph that names a quoted post for programs that cannot show quotes."""
_VOID = frozenset({"br", "hr", "img", "input", "wbr"})


class Plain(NamedTuple):
    """A text without its markup, and the addresses it links, those of mentions and hashtags left out."""

    text: str
    links: tuple[str, ...] = ()


def plain(html: str) -> Plain:
    """Return what a reader sees: paragraphs are set apart, links are written out in full.

    >>> plain('<p>Hi <a class="mention" href="https://a.example/@b">@<span>b</span></a><br>there</p>')
    Plain(text='Hi @b\\nthere', links=())
    """
    if "<" not in html and "&" not in html:
        return Plain(html)
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Plain("".join(reader.pieces).strip(), tuple(dict.fromkeys(reader.links)))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.links: list[str] = []
        self._left_out = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        classes = named.get("class", "").split()
        if self._left_out or _FALLBACK in classes:
            self._left_out += tag not in _VOID
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in _BLOCKS and self.pieces:
            self.pieces.append("\n\n")
        elif tag == "a" and not _NOT_LINKS & set(classes):
            address = named.get("href", "")
            if address.lower().startswith(("http://", "https://")):
                self.links.append(address)

    def handle_endtag(self, tag: str) -> None:
        if self._left_out and tag not in _VOID:
            self._left_out -= 1

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self.pieces.append(data)
