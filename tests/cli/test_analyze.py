"""`rapport analyze` that cannot start: it says why and what to do, exits 2, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import json
import sys
from pathlib import Path

import pytest

from pipelines.cli import main

POST = {
    "id_str": "1",
    "created_at": "Mon Jan 01 00:00:00 +0000 2024",
    "text": "a word",
    "user": {"id_str": "1", "screen_name": "ann", "followers_count": 100},
    "favorite_count": 0,
    "retweet_count": 0,
}


@pytest.fixture
def refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refuse:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.jsonl").write_text(json.dumps({**POST, "favorite_count": 1}) + "\n")
    return Refuse(monkeypatch, capsys)


class Refuse:
    """Run `rapport analyze` and return what it said as it refused."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: str | Path) -> str:
        self._monkeypatch.setattr(sys, "argv", ["rapport", "analyze", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capsys.readouterr()
        assert (ended.value.code, said.out) == (2, "")
        return said.err


def test_a_folder_instead_of_a_file(refuse: Refuse, tmp_path: Path) -> None:
    assert refuse(tmp_path) == f"rapport: {tmp_path} is a folder: name the files in it\n"


def test_a_missing_file(refuse: Refuse) -> None:
    assert refuse("good.jsonl", "no.jsonl") == "rapport: no.jsonl does not exist\n"


def test_no_file(refuse: Refuse) -> None:
    assert "Missing argument 'FILE_OR_@HANDLE...'" in refuse()


def test_a_file_named_twice_in_two_ways(refuse: Refuse, tmp_path: Path) -> None:
    said = refuse("good.jsonl", tmp_path / "good.jsonl")
    assert said == f"rapport: {tmp_path / 'good.jsonl'} is named twice\n"


def test_a_brand_file_with_a_typo_is_named_with_its_line(refuse: Refuse, tmp_path: Path) -> None:
    (tmp_path / "brand.yaml").write_text("name: We\ntopisc:\n  - name: bread\n")
    assert refuse("good.jsonl", "--brand", "brand.yaml").startswith("rapport: brand.yaml: line 2: ")


def test_a_missing_brand_file(refuse: Refuse) -> None:
    assert "none.yaml" in refuse("good.jsonl", "--brand", "none.yaml")


def test_a_word_for_counts_that_does_not_exist(refuse: Refuse) -> None:
    assert "'sometimes' is not one of 'final', 'at-capture'" in refuse("good.jsonl", "--counts", "sometimes")


@pytest.mark.parametrize("folder", ["good.jsonl/below", "/proc/nowhere"])
def test_a_data_dir_that_cannot_be_written(refuse: Refuse, folder: str) -> None:
    said = refuse("good.jsonl", "--data-dir", folder)
    assert said.startswith(f"rapport: {folder} cannot be written (")
    assert said.endswith("): name another folder with --data-dir\n")


def test_a_data_dir_that_is_a_file(refuse: Refuse) -> None:
    assert "'good.jsonl' is a file" in refuse("good.jsonl", "--data-dir", "good.jsonl")


def test_a_data_dir_with_other_data(refuse: Refuse, tmp_path: Path) -> None:
    (tmp_path / "used" / "clickhouse").mkdir(parents=True)
    said = refuse("good.jsonl", "--data-dir", "used")
    assert said == "rapport: used holds other data of rapport: choose another --data-dir\n"


def test_a_data_dir_in_which_another_analysis_is_at_work(refuse: Refuse, tmp_path: Path) -> None:
    (tmp_path / "used").mkdir()
    with (tmp_path / "used" / "analysis.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = refuse("good.jsonl", "--data-dir", "used")
    assert said == "rapport: another analysis is at work in used: wait for it, or stop it\n"


def test_a_data_dir_with_a_damaged_manifest(refuse: Refuse, tmp_path: Path) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "analysis.json").write_text('{"digest": ')
    said = refuse("good.jsonl", "--data-dir", "used")
    assert said == "rapport: used/analysis.json is damaged: remove the folder and analyze again\n"


def test_counts_that_are_all_zero_are_refused_and_the_folder_stays_free(
    refuse: Refuse, tmp_path: Path
) -> None:
    (tmp_path / "zeros.jsonl").write_text(json.dumps(POST) + "\n")
    said = refuse("zeros.jsonl", "--data-dir", "data")
    assert "every like, reply and repost count in the input is 0" in said
    assert "say --counts at-capture" in said
    assert not (tmp_path / "data").exists()


def test_input_without_a_post_names_what_is_bad_in_it(refuse: Refuse, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text('{"id_str": "1", "te\n\n7\n')
    (tmp_path / "empty.jsonl").write_text("")
    said = refuse("none.jsonl", "empty.jsonl", "--data-dir", "data")
    assert "rapport: none.jsonl:1: Input data was truncated" in said
    assert "rapport: none.jsonl:3: Expected `object`, got `int`" in said
    assert "rapport: no post was found in the input" in said
    assert not (tmp_path / "data").exists()
