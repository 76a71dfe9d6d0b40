"""What a person names is told by looking at it, not by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.sources.file import PostFiles
from pipelines.sources.recognition import parts_of, recognised
from pipelines.sources.x_archive import XArchive
from tests.sources.archive_outcome import NO_NETWORK, archived, unpacked, x_archive, zipped
from tests.sources.file_outcome import lines, status


def test_an_archive_of_x_is_told_by_what_lies_in_it(tmp_path: Path) -> None:
    files = x_archive(archived(1))
    assert recognised(zipped(tmp_path / "some.download", files)) == "x-archive"
    assert recognised(unpacked(tmp_path / "folder", files)) == "x-archive"
    assert recognised(tmp_path / "folder" / "data") == "x-archive"


def test_files_of_posts_are_read_together_and_each_archive_by_itself(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for path in (first, second):
        path.write_bytes(lines(status(1)))
    archive = zipped(tmp_path / "x.zip", x_archive(archived(1)))
    parts = parts_of([first, archive, second], NO_NETWORK)
    assert [type(part) for part in parts] == [PostFiles, XArchive]
    assert [part.names for part in parts] == [("a.jsonl", "b.jsonl"), ("x.zip",)]


def test_a_file_of_an_archive_names_the_archive(tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "folder", x_archive(archived(1)))
    (part,) = parts_of([folder / "data" / "tweets.js"], NO_NETWORK)
    assert isinstance(part, XArchive)
    with pytest.raises(UsageError, match="is named twice"):
        parts_of([folder / "data" / "tweets.js", folder / "data"], NO_NETWORK)


def test_a_zip_of_something_else_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = zipped(tmp_path / "photos.zip", {"a.png": b"\x89PNG"})
    with pytest.raises(UsageError, match="or unpack it and name the files of posts in it"):
        parts_of([path], NO_NETWORK)


def test_a_zip_that_is_cut_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", x_archive(archived(1)))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UsageError, match="is no whole zip archive"):
        parts_of([path], NO_NETWORK)
