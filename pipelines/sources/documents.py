"""Cut files into JSON documents: lines, arrays or indented values; plain, gzip or zstd; bounded memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import msgspec
import zstandard

from pipelines.sources.json_values import Value, values_in

MAX_DOCUMENT_BYTES = 8 << 20
"""The longest line, or element of an array, that is read; a page of the API has 2 MB at most."""
CHUNK_BYTES = 1 << 18
_GZIP, _ZSTD, _BOM = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xef\xbb\xbf"
_GZIP_PIECE, _ZSTD_PIECE = 1 << 13, 1 << 8  # small: gzip grows up to 1,000, zstd up to 32,000 times
_REFUSED = {
    b"BZh": "compressed with bzip2, which is not read: unpack it first",
    b"\xfd7zXZ": "compressed with xz, which is not read: unpack it first",
    b"PK\x03\x04": "a zip archive, which is not read: unpack it first",
    b"window.": "one script of X's own archive: name the archive itself, the zip or its folder",
}
_UTF16 = "the text is UTF-16 or UTF-32: save it as UTF-8 (iconv -f UTF-16 -t UTF-8)"
TOO_LONG = f"longer than {MAX_DOCUMENT_BYTES >> 20} MB"


class Document(NamedTuple):
    """One JSON document of a file; `place` is ":123" (a line) or "[17]" (an element of an array)."""

    place: str
    content: bytes
    problem: str = ""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


class _BrokenStreamError(Exception):
    """The compressed data ends or breaks; what came before it was given."""


def documents_in(path: Path, on_read: Callable[[int], None] | None = None) -> Iterator[Document]:
    """Give the documents of a file, and a problem instead of each that cannot be read.

    `on_read` is told the bytes read from the disk since the last call. Raises OSError.
    """
    with path.open("rb", buffering=0) as file:
        chunks = _text_chunks(_counted(file, on_read))
        head, broken = _head(chunks)
        if broken is not None:
            chunks = _raising(broken)
        problem = _refusal(head)
        if problem:
            yield Document("", head[:200], problem)
            return
        yield from _split(head.removeprefix(_BOM), chunks)


def _counted(file: BinaryIO, on_read: Callable[[int], None] | None) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        if on_read is not None:
            on_read(len(chunk))
        yield chunk


def _text_chunks(raw: Iterator[bytes]) -> Iterator[bytes]:
    first = next(raw, b"")
    while len(first) < len(_ZSTD) and (more := next(raw, b"")):
        first += more
    chunks = chain([first], raw)
    if first.startswith(_GZIP):
        return _decompressed(chunks, lambda: zlib.decompressobj(wbits=31), _GZIP_PIECE)
    if first.startswith(_ZSTD):
        return _decompressed(chunks, lambda: zstandard.ZstdDecompressor().decompressobj(), _ZSTD_PIECE)
    return chunks


def _decompressed(
    chunks: Iterable[bytes], create: Callable[[], _Decompressor], piece_bytes: int
) -> Iterator[bytes]:
    """Give the text of one or more compressed members, in pieces so that a bomb stays small."""
    member: _Decompressor | None = None
    pieces = (chunk[at : at + piece_bytes] for chunk in chunks for at in range(0, len(chunk), piece_bytes))
    for each in pieces:
        piece = each
        while piece:
            if member is None:
                piece = piece.lstrip(b"\0")  # padding between members
                member = create() if piece else None
                continue
            try:
                text = member.decompress(piece)
            except (zlib.error, zstandard.ZstdError) as error:
                raise _BrokenStreamError(f"the compressed data is broken: {error}") from error
            if text:
                yield text
            piece, member = (member.unused_data, None) if member.eof else (b"", member)
    if member is not None:
        raise _BrokenStreamError("the compressed data ends in the middle")


def _raising(error: _BrokenStreamError) -> Iterator[bytes]:
    raise error
    yield b""


def _head(chunks: Iterator[bytes]) -> tuple[bytes, _BrokenStreamError | None]:
    """Return the beginning of the text: two lines that are not blank, or as much as a document may have."""
    head = bytearray()
    lines = 0
    try:
        for chunk in chunks:
            head += chunk
            lines += chunk.count(b"\n")
            if len(head) > MAX_DOCUMENT_BYTES or (lines >= 2 and head.lstrip().count(b"\n") >= 2):
                break
    except _BrokenStreamError as error:
        return bytes(head), error
    return bytes(head), None


def _refusal(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:4]:
        return _UTF16
    return next((reason for magic, reason in _REFUSED.items() if head.startswith(magic)), "")


def _split(head: bytes, chunks: Iterator[bytes]) -> Iterator[Document]:
    everything = chain([head], chunks)
    first, second = _first_lines(head)
    if not first or _is_json(first):
        return _lines(everything)
    if first == b"[" and _is_json(second.removesuffix(b",")):
        return _lines(everything, in_array=True)
    indented = first[:1] == b"{" and len(first) < MAX_DOCUMENT_BYTES and not _is_json(second)
    if first[:1] == b"[" or (indented and _looks_indented(first, second)):
        return _values(everything)
    return _lines(everything)


def _first_lines(head: bytes) -> tuple[bytes, bytes]:
    lines = head.lstrip().split(b"\n", 2)
    return lines[0].strip(), lines[1].strip() if len(lines) > 1 else b""


def _looks_indented(first: bytes, second: bytes) -> bool:
    """Whether an object goes on in the next line: the first breaks off where an indented one does."""
    return bool(second) and first[-1:] in b"{[,:" and second[:1] in b'"{}[]'


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return line[:1] in b"{["


def _lines(chunks: Iterable[bytes], *, in_array: bool = False) -> Iterator[Document]:
    number, begun = 1, bytearray()
    try:
        for chunk in chunks:
            first, *rest = chunk.split(b"\n")
            if len(begun) <= MAX_DOCUMENT_BYTES:
                begun += first
            if not rest:
                continue
            yield from _line(number, bytes(begun), in_array=in_array)
            for line in rest[:-1]:
                number += 1
                yield from _line(number, line, in_array=in_array)
            number, begun = number + 1, bytearray(rest[-1])
    except _BrokenStreamError as error:
        yield Document("", b"", str(error))
        return
    yield from _line(number, bytes(begun), in_array=in_array)


def _line(number: int, text: bytes, *, in_array: bool) -> Iterator[Document]:
    if len(text) > MAX_DOCUMENT_BYTES:
        yield Document(f":{number}", text[:200], TOO_LONG)
        return
    line = text.strip()
    if in_array:
        line = b"" if line in (b"[", b"]") else line.removesuffix(b",")
    if line:
        yield Document(f":{number}", line)


def _values(chunks: Iterable[bytes]) -> Iterator[Document]:
    small = (chunk[at : at + CHUNK_BYTES] for chunk in chunks for at in range(0, len(chunk), CHUNK_BYTES))
    try:
        for value in values_in(small, max_bytes=MAX_DOCUMENT_BYTES):
            yield Document(_place(value), value.content, TOO_LONG if value.too_long else value.problem)
    except _BrokenStreamError as error:
        yield Document("", b"", str(error))


def _place(value: Value) -> str:
    return f":{value.line}" if value.element is None else f"[{value.element}]"
