"""What tells one bounded input from another: where the first was left says nothing of the second."""

from __future__ import annotations

from pathlib import Path

from pipelines.sources.file import FileSource


def source(*paths: Path) -> FileSource:
    return FileSource(paths, work_dir=paths[0].parent, now=lambda: 0)


def test_the_same_files_are_the_same_input_and_any_change_makes_another(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text("{}\n")
    two.write_text("[]\n")
    first = source(one).input_id
    assert source(one).input_id == first
    assert len({first, source(two).input_id, source(one, two).input_id, source(two, one).input_id}) == 4
    one.write_text("[1]")
    assert source(one).input_id != first
