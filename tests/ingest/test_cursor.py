from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.ingest.cursor import FileCursorStore


def test_a_value_saved_is_there_for_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "cursors.json"
    store = FileCursorStore(path)
    store.save("file", "17")
    store.save("brand", "ab")
    store.save("file", "18")
    again = FileCursorStore(path)
    assert (again.load("file"), again.load("brand"), again.load("other")) == ("18", "ab", None)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cursors.json"
    path.write_text('{"file": ')
    with pytest.raises(UsageError, match=r"cursors\.json is no cursor file"):
        FileCursorStore(path)


def test_saving_leaves_nothing_but_the_file(tmp_path: Path) -> None:
    FileCursorStore(tmp_path / "cursors.json").save("a", "1")
    assert [each.name for each in tmp_path.iterdir()] == ["cursors.json"]
