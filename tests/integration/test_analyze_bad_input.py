"""Bad input: each piece is named by file and line, the rest is counted, the exit code tells."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.analysis_run import Outcome, left_over, run

pytestmark = pytest.mark.integration

DAY = "Mon Jan 01 {:02d}:00:00 +0000 2024"
BRAND = """
name: Two of us
accounts:
  - {network: x, handle: ann, id: 1}
  - {network: x, handle: bob, id: 2}
topics:
  - name: bread
    description: Baking sourdough bread at home
    keywords: [sourdough, bread, oven, flour]
"""


def post(number: int, text: str = "a word", *, author: int = 1, hour: int = 0, **more: Any) -> dict[str, Any]:
    """One post in X's v1.1 format."""
    user = {"id_str": str(author), "screen_name": "ann" if author == 1 else "bob", "followers_count": 100}
    return {
        "id_str": str(number), "created_at": DAY.format(hour), "text": text, "user": user,
        "favorite_count": 3, "retweet_count": 1, **more,
    }  # fmt: skip


def line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a good file, which a run in it also has as its working directory."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "good.jsonl").write_bytes(line(post(90)))
    return folder


@pytest.fixture(scope="module")
def mixed(folder: Path) -> Outcome:
    """One run over everything that is bad within a file, with good posts between."""
    bad = [
        line(post(1)),
        b'{"id_str": "2", "text\n',
        line(post(3, text=7)),  # type: ignore[arg-type]
        line(post(4, "lone X")).replace(b"X", b"\\ud800"),
        line(post(5, "x" * 10_000_000)),
        line({"kind": "telepathy", "network": "x", "id": "6"}),
        line(post(7, created_at="Thu Jan 01 00:00:00 +0000 1970")),
        line(post(8, created_at="Sun Jan 01 00:00:00 +0000 2090")),
        line(post(1)),
        line(post(10, "the last one", author=2)),
    ]
    (folder / "bad.jsonl").write_bytes(b"".join(bad))
    (folder / "empty.jsonl").write_bytes(b"")
    many = gzip.compress(b"".join(line(post(1_000 + each, f"{each * 7919}")) for each in range(2_000)))
    (folder / "half.gz").write_bytes(many[: len(many) // 2])
    files = [folder / name for name in ("bad.jsonl", "empty.jsonl", "half.gz")]
    return run(folder, "analyze", *files, "--data-dir", folder / "mixed", "--json")


def test_what_is_bad_is_named_by_file_and_line_and_the_rest_is_counted(mixed: Outcome) -> None:
    assert mixed.code == 1, mixed.err
    named = [each.removeprefix("rapport: ") for each in mixed.err.splitlines() if each.startswith("rapport")]
    assert [each.partition(": ")[0] for each in named] == [
        *(f"bad.jsonl:{number}" for number in range(2, 9)),
        "half.gz",
    ]
    for each, reason in zip(
        named,
        ("truncated", "`$.text`", "surrogate", "8 MB", "telepathy", "2006", "", "ends in the middle"),
        strict=True,
    ):
        assert reason in each
    assert mixed.result["dead_letters"] == 8
    assert mixed.result["accounts"] == 2
    posts = mixed.all_time()
    assert posts["2", "posts_per_day"]["n"] == 1
    assert 500 < posts["1", "posts_per_day"]["n"] == mixed.result["posts"] - 1 < 2_000


def test_dead_letters_are_in_their_table_with_source_and_place(mixed: Outcome, folder: Path) -> None:
    from infra.embedded import EmbeddedStack  # noqa: PLC0415
    from tests.stores import connect  # noqa: PLC0415

    with EmbeddedStack(folder / "mixed", with_broker=False) as stack:
        client = connect(stack.store, "writer")
        rows = client.execute("SELECT source, place, reason, document FROM dead_letters FINAL")
        client.disconnect()
    assert {row[:2] for row in rows} == {
        ("file", "half.gz"),
        *(("file", f"bad.jsonl:{number}") for number in range(2, 9)),
    }
    assert all(row[2] for row in rows)


def test_asked_again_it_names_the_bad_lines_again(mixed: Outcome, folder: Path) -> None:
    files = [folder / name for name in ("bad.jsonl", "empty.jsonl", "half.gz")]
    again = run(folder, "analyze", *files, "--data-dir", folder / "mixed", "--json")
    assert again.code == 1
    assert {**again.result, "seconds": 0} == {**mixed.result, "seconds": 0}
    assert "rapport: bad.jsonl:2: " in again.err


def test_a_brands_accounts_are_scored_by_its_topics(folder: Path) -> None:
    texts = ["Sourdough bread needs a hot oven and good flour", "The train was late again this morning"]
    posts = [post(200 + number, texts[number % 2], hour=number) for number in range(6)]
    others = [post(300, "@ann lovely bread", author=3, hour=8, in_reply_to_user_id_str="1",
                   in_reply_to_status_id_str="200"),
              post(301, "@bob hello", author=1, hour=9, in_reply_to_user_id_str="2",
                   in_reply_to_status_id_str="999"),
              post(302, "good morning", author=2, hour=10)]  # fmt: skip
    (folder / "posts.jsonl").write_bytes(b"".join(map(line, reversed(posts + others))))
    (folder / "rapport.yaml").write_text(BRAND)
    command = ("analyze", folder / "posts.jsonl", "--brand", folder / "rapport.yaml")
    outcome = run(folder, *command, "--data-dir", folder / "brand", "--json")
    assert outcome.code == 0, outcome.err
    assert (outcome.result["posts"], outcome.result["accounts"]) == (9, 2)
    found = outcome.all_time()
    assert found["1", "posts_per_day"]["n"] == 7
    assert found["1", "conversation_ratio"]["value"] == pytest.approx(1 / 7)
    assert found["1", "interactions_per_post"]["value"] == pytest.approx(4)
    assert found["1", "on_topic_share"]["n"] == 7
    assert found["1", "on_topic_share"]["value"] == pytest.approx(3 / 7)
    assert found["1", "on_topic_share"]["account"] == "ann"
    assert found["2", "posts_per_day"]["n"] == 1
    table = run(folder, *command, "--data-dir", folder / "brand")
    assert (table.code, "ann on x" in table.out, "Conversation ratio" in table.out) == (0, True, True)
    assert left_over(folder / "brand") == []
