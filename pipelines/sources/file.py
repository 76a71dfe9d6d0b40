"""The source `file`: posts that collectors of the X API have saved, or our own events, in order of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.sources.base import Lack, SourceRequest
from pipelines.sources.bounded import BoundedSource, Counts, Inventory, readable_bytes, shown_name
from pipelines.sources.documents import documents_in
from pipelines.sources.sorted_input import Converter, SortedInput

__all__ = ["Counts", "FileSource", "Inventory", "PostFiles"]


class PostFiles:
    """Files of posts as one part: X API v1.1 and v2, or our own events.

    One JSON document a line, arrays, pages, indented values; gzip and zstd are told by their first bytes.
    """

    counts_may_be_unripe = True
    read_now = ""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = [Path(path) for path in paths]

    @property
    def size(self) -> int:
        """Bytes of the files as they are. Raises UsageError for one that is missing or unreadable."""
        return sum(readable_bytes(path) for path in self._paths)

    @property
    def names(self) -> tuple[str, ...]:
        """What the part is called."""
        return tuple(path.name for path in self._paths)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files whose content makes this part what it is."""
        return tuple(self._paths)

    def gather(
        self, found: SortedInput, advance: Callable[[int], None], *, ingested_at: int
    ) -> Sequence[Lack]:
        """Read every file; what is no event becomes bad input, named by file and line."""
        converter = Converter(found, ingested_at=ingested_at)
        for path, name in zip(self._paths, _names(self._paths), strict=True):
            try:
                for document in documents_in(path, advance):
                    converter.take(name, document)
            except OSError as error:
                raise UsageError(
                    f"{path}: cannot be read ({error.strerror or error}); check the disk"
                ) from error
            converter.next_file()
        return ()


class FileSource(BoundedSource):
    """Posts in files, whatever their order of time."""

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        counts: Counts = "final",
        work_dir: Path,
        now: Callable[[], int],
    ) -> None:
        super().__init__([PostFiles(paths)], name="file", counts=counts, work_dir=work_dir, now=now)


def _names(paths: Sequence[Path]) -> list[str]:
    """Return what each file is called in messages: its name, its whole path where two have the same."""
    names = [path.name for path in paths]
    shown = [str(path) if names.count(path.name) > 1 else path.name for path in paths]
    return [shown_name(name) for name in shown]


def build(request: SourceRequest) -> FileSource:
    """Return the files named by the arguments, read and sorted. Option: counts (final or at-capture)."""
    request.only("counts")
    counts = request.options.get("counts", "final")
    if counts not in ("final", "at-capture"):
        raise UsageError(f"option counts must be final or at-capture, not {counts!r}")
    if not request.arguments:
        raise UsageError("name the files to read: rapport ingest file FILE...")
    source = FileSource(
        [Path(each) for each in request.arguments],
        counts="final" if counts == "final" else "at-capture",
        work_dir=request.work_dir,
        now=request.now,
    )
    source.prepare()
    return source
