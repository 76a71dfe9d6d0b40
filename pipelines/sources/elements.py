"""The JSON values in the files of an archive, one after the other; what is bad among them is kept as such."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipelines.sources.bounded import shown_name
from pipelines.sources.containers import BrokenMemberError, Member
from pipelines.sources.documents import MAX_DOCUMENT_BYTES, TOO_LONG
from pipelines.sources.json_faults import reason_for
from pipelines.sources.json_values import Value, values_in
from pipelines.sources.sorted_input import SortedInput, bad_input
from pipelines.sources.x.pages import UNREADABLE


class Elements:
    """Read the files of one archive (`name` in messages) value by value, whatever stands in them."""

    def __init__(self, found: SortedInput, name: str) -> None:
        self._found, self._name = found, name

    def each(
        self,
        member: Member,
        read: Callable[[bytes], None],
        *,
        advance: Callable[[int], None] | None = None,
        unwrapped: Callable[[Iterator[bytes]], Iterator[bytes]],
        only_elements: bool = False,
    ) -> None:
        """Give each value to `read`; where it raises what is bad for ever, the value is bad input.

        `only_elements`: what stands behind the list is not read.
        """
        for value in self._values(member, advance, unwrapped):
            if only_elements and value.element is None and value.content:
                return
            problem = TOO_LONG if value.too_long else value.problem
            if not problem:
                try:
                    read(value.content)
                except UNREADABLE as error:
                    problem = reason_for(error, value.content)
            if problem:
                self._found.add_bad(bad_input(self._place(member, value), problem, value.content))

    def _values(
        self,
        member: Member,
        advance: Callable[[int], None] | None,
        unwrapped: Callable[[Iterator[bytes]], Iterator[bytes]],
    ) -> Iterator[Value]:
        try:
            yield from values_in(unwrapped(member.chunks(advance)), max_bytes=MAX_DOCUMENT_BYTES)
        except BrokenMemberError as error:
            self._found.add_bad(bad_input(self._place(member), str(error), b""))

    def _place(self, member: Member, value: Value | None = None) -> str:
        place = f"{self._name}/{shown_name(member.name)}"
        if value is None:
            return place
        return f"{place}[{value.element}]" if value.element is not None else f"{place}:{value.line}"


def behind_assignment(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Give a script without its beginning, such as `window.YTD.tweets.part0 =`; JSON alone as it is."""
    first = next(chunks, b"")
    script = first.lstrip(b"\xef\xbb\xbf \t\r\n")
    yield script if script[:1] in (b"[", b"{") else script[script.find(b"=") + 1 :]
    yield from chunks
