"""Cut a stream of bytes into JSON values without parsing them: by depth, outside strings, vectorised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_STRAYS = 100
"""Brackets that close nothing, before the rest of a file is given up."""
_QUOTE, _COMMA, _OPEN_LIST, _CLOSE_LIST, _OPEN, _CLOSE = b'",[]{}'


class Value(NamedTuple):
    """A value at the top, or an element of an array at the top (`element` counts them from 0).

    `line` is where it begins, from 1. Of one that is `too_long` only the beginning is kept.
    """

    content: bytes
    line: int
    element: int | None = None
    too_long: bool = False
    problem: str = ""


def values_in(chunks: Iterable[bytes], *, max_bytes: int) -> Iterator[Value]:
    """Give each value of a stream of JSON; memory stays below a few times `max_bytes`."""
    cutter = _Cutter(max_bytes)
    held = b""
    for chunk in chunks:
        text = held + chunk
        cut = len(text.rstrip(b"\\"))  # an escape never falls between two chunks
        held = text[cut:]
        yield from cutter.feed(text[:cut])
    yield from cutter.feed(held)
    yield from cutter.finish()


class _Cutter:
    """State between chunks: how deep, inside a string or not, and the pieces of the value begun."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._depth = 0
        self._in_string = False
        self._index: int | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._strays = 0
        self._line = self._next_line = 1

    def feed(self, text: bytes) -> Iterator[Value]:
        """Take the next bytes, which do not end in a backslash; give the values they complete."""
        while text and self._strays < MAX_STRAYS:
            codes, outside = self._scan(text)
            opens = ((codes == _OPEN) | (codes == _OPEN_LIST)) & outside
            closes = ((codes == _CLOSE) | (codes == _CLOSE_LIST)) & outside
            depths = self._depth + np.cumsum(opens.astype(np.int32) - closes)
            end = int(np.argmax(depths < 0)) if depths.min() < 0 else len(text)
            marks = (opens & (depths == 1)) | (closes & (depths == 0))
            marks |= (codes == _COMMA) & outside & (depths == 1)
            yield from self._cut(text[:end], np.flatnonzero(marks[:end]).tolist())
            self._in_string, self._depth = not bool(outside[end - 1]), int(depths[end - 1])
            if end < len(text):
                yield self._stray(text[end : end + 1])
            text = text[end + 1 :]

    def _scan(self, text: bytes) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        plain = text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
        codes = np.frombuffer(plain, dtype=np.uint8)
        quotes = np.cumsum(codes == _QUOTE) + self._in_string
        return codes, (quotes & 1) == 0

    def _stray(self, bracket: bytes) -> Value:
        """A bracket closes what was never opened: the value before it is broken, begin anew behind it."""
        self._keep(bracket)
        self._strays += 1
        value = self._value("a bracket closes what was never opened")
        self._depth, self._in_string, self._index = 0, False, None
        if self._strays == MAX_STRAYS:
            return value._replace(problem="too many stray brackets: what follows is not read")
        return value

    def _cut(self, text: bytes, marks: list[int]) -> Iterator[Value]:
        start = 0
        for mark in marks:
            code = text[mark]
            if code == _OPEN_LIST and self._index is None:
                self._keep(text[start:mark])
                yield from self._flush()
                self._index, start = 0, mark + 1
            elif self._index is None and code in (_CLOSE, _CLOSE_LIST):
                self._keep(text[start : mark + 1])
                start = mark + 1
                yield from self._flush()
            elif self._index is not None and code in (_COMMA, _CLOSE_LIST, _CLOSE):
                self._keep(text[start:mark])
                start = mark + 1
                yield from self._flush()
                self._index = None if code != _COMMA else self._index
        self._keep(text[start:])

    def finish(self) -> Iterator[Value]:
        """Give what is left when the stream ends: a value that is cut off."""
        open_array = self._index is not None
        for value in self._flush():
            yield value._replace(problem="the file ends in the middle of a value")
            return
        if open_array:
            yield Value(b"", self._next_line, None, problem="the file ends before the array is closed")

    def _keep(self, piece: bytes) -> None:
        if not self._pieces:
            stripped = piece.lstrip()
            self._next_line += piece.count(b"\n", 0, len(piece) - len(stripped))
            self._line, piece = self._next_line, stripped
        self._next_line += piece.count(b"\n")
        self._size += len(piece)
        if piece and (self._size <= self._max_bytes or not self._pieces):
            self._pieces.append(piece[: self._max_bytes])

    def _flush(self) -> Iterator[Value]:
        if self._pieces:
            yield self._value()

    def _value(self, problem: str = "") -> Value:
        too_long = self._size > self._max_bytes
        content = b"".join(self._pieces).strip()
        value = Value(content[:200] if too_long else content, self._line, self._index, too_long, problem)
        self._pieces, self._size = [], 0
        if self._index is not None:
            self._index += 1
        return value
