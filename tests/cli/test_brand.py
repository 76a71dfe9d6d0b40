"""`rapport brand` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.brand_file import load_brand
from pipelines.cli.brand import command
from pipelines.errors import InvalidBrand, UsageError
from tests.sources.archive_outcome import DID, zipped
from tests.sources.made_up_account import as_x_archive, made_up_posts
from tests.sources.network_server import HANDLE, MASTODON_ID, NetworkServer, serving

EXAMPLE = Path(__file__).parent.parent.parent / "rapport.example.yaml"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAPPORT_BRAND_FILE", raising=False)


def tweet(number: int, *, user: int = 7, handle: str = "rye") -> str:
    topic = ("sourdough starter", "cargo bikes")[number % 2]
    return json.dumps(
        {
            "id_str": str(1_000_000 + number),
            "created_at": f"Mon Jan 05 {8 + number % 12:02}:00:00 +0000 2026",
            "text": f"word{'abcdefghijklmnopqrstuvwx'[number]} {topic} https://t.co/a",
            "user": {"id_str": str(user), "screen_name": handle, "followers_count": 5},
            "entities": {
                "urls": [
                    {"url": "https://t.co/a", "expanded_url": "https://shop.rye.example/a", "indices": [0, 1]}
                ]
            },
            "favorite_count": 1,
            "retweet_count": 0,
        }
    )


def test_check_says_how_the_example_is_understood() -> None:
    result = run("check", EXAMPLE)
    assert result.exit_code == 0
    lines = result.output.split("\n")
    assert lines[0] == f"{EXAMPLE} is good."
    assert "accounts     x @ryeandcrumb (id 1000000000000000001)" in lines
    assert "             mastodon @ryeandcrumb@mastodon.example" in lines
    assert "topics       sourdough baking (description, 4 keywords, 2 examples, 1 counter-example)" in lines
    assert "contacts     x @old_mill_example: partner" in lines
    assert "alerts       told of x @ryeandcrumb" in lines
    assert "not_configured" not in result.output


def test_check_says_what_a_bare_file_cannot_give() -> None:
    Path("rapport.yaml").write_text("name: a\n")
    result = run("check")
    assert result.exit_code == 0
    assert "No own_domains and no offers: promotion_share says not_configured." in result.output
    assert "No topics: on_topic_share says not_configured." in result.output
    line = "No own_feeds and no own handles in two places: cross_post_share says not_configured."
    assert line in result.output


def test_check_reads_the_file_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine.yaml").write_text("nmae: a\n")
    monkeypatch.setenv("RAPPORT_BRAND_FILE", "mine.yaml")
    error = run("check").exception
    assert isinstance(error, InvalidBrand)
    assert str(error) == "mine.yaml: line 1: `nmae` is not known here; did you mean `name`?"


def test_init_without_data_writes_a_file_whose_check_names_what_to_fill_in() -> None:
    assert run("init").exit_code == 0
    error = run("check").exception
    assert isinstance(error, InvalidBrand)
    (mistake,) = error.mistakes
    assert "`handle` still holds FILL_IN" in mistake


def test_init_does_not_replace_a_file_unless_forced() -> None:
    Path("rapport.yaml").write_text("name: mine\n")
    error = run("init").exception
    assert isinstance(error, UsageError)
    assert str(error) == "rapport.yaml is already there; give another name, or --force to replace it"
    assert Path("rapport.yaml").read_text() == "name: mine\n"
    assert run("init", "--force").exit_code == 0
    assert Path("rapport.yaml").read_text() != "name: mine\n"


def test_init_into_a_missing_folder_says_so() -> None:
    error = run("init", "none/rapport.yaml").exception
    assert str(error) == "none/rapport.yaml cannot be written: No such file or directory"


def test_init_prints_to_standard_output() -> None:
    result = run("init", "-")
    assert "handle: FILL_IN" in result.stdout
    assert not list(Path().iterdir())


def test_init_from_posts_proposes_a_file_that_passes_the_check() -> None:
    Path("posts.jsonl").write_text("\n".join(tweet(n) for n in range(24)))
    result = run("init", "new.yaml", "--from", "posts.jsonl")
    assert result.exit_code == 0, result.output
    assert "out of 24 posts: 1 account, 1 own domain, 2 topics, time zone UTC" in result.stderr
    brand = load_brand(Path("new.yaml"))
    assert [(account.handle, account.id) for account in brand.accounts] == [("rye", "7")]
    assert brand.own_domains == ("rye.example",)
    assert {topic.name for topic in brand.topics} == {"sourdough starter", "cargo bikes"}
    assert sorted(path.name for path in Path().iterdir()) == ["new.yaml", "posts.jsonl"]


def test_init_reads_several_files_and_limits_the_accounts() -> None:
    Path("a.jsonl").write_text("\n".join(tweet(n) for n in range(10)))
    Path("b.jsonl").write_text("\n".join(tweet(n, user=8, handle="crumb") for n in range(10, 19)))
    assert run("init", "both.yaml", "--from", "a.jsonl", "--from", "b.jsonl").exit_code == 0
    assert [account.handle for account in load_brand(Path("both.yaml")).accounts] == ["rye", "crumb"]
    assert run("init", "one.yaml", "--from", "a.jsonl", "--from", "b.jsonl", "--accounts", "1").exit_code == 0
    assert [account.handle for account in load_brand(Path("one.yaml")).accounts] == ["rye"]


def test_init_names_lines_that_cannot_be_read_and_exits_1() -> None:
    Path("posts.jsonl").write_text("\n".join([tweet(0), "{broken", tweet(1)]))
    result = run("init", "new.yaml", "--from", "posts.jsonl")
    assert result.exit_code == 1
    assert "1 piece of the input could not be read" in result.stderr
    assert "posts.jsonl" in result.stderr.split("the first:")[1]
    assert load_brand(Path("new.yaml")).accounts[0].handle == "rye"


@pytest.mark.parametrize("content", ["", "{broken\n"])
def test_init_from_a_file_without_posts_writes_nothing(content: str) -> None:
    Path("posts.jsonl").write_text(content)
    error = run("init", "new.yaml", "--from", "posts.jsonl").exception
    assert isinstance(error, UsageError)
    assert "posts.jsonl" in str(error)
    assert not Path("new.yaml").exists()


def test_init_from_a_missing_file_says_so() -> None:
    error = run("init", "new.yaml", "--from", "none.jsonl").exception
    assert isinstance(error, UsageError)
    assert "none.jsonl" in str(error)


@pytest.mark.parametrize("handle", [f"@{HANDLE}", "@ann@social.example"])
def test_init_of_a_handle_fills_in_what_the_network_tells(
    handle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(NetworkServer(list(made_up_posts(150)))) as url:
        monkeypatch.setenv("RAPPORT_BLUESKY_URL", url)
        monkeypatch.setenv("RAPPORT_MASTODON_URL", url)
        result = run("init", handle, "mine.yaml")
    assert result.exit_code == 0, result.output
    brand = load_brand(Path("mine.yaml"))
    assert [account.handle for account in brand.accounts] == [handle.removeprefix("@")]
    assert brand.accounts[0].id in {DID, MASTODON_ID}
    assert "fernhill.example.com" not in brand.own_domains  # the registered name
    assert "example.com" in brand.own_domains
    assert "# in your profile, linked in " in Path("mine.yaml").read_text()
    assert brand.topics


def test_init_of_a_handle_that_nobody_has_says_so_and_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(NetworkServer([])) as url:
        monkeypatch.setenv("RAPPORT_BLUESKY_URL", url)
        result = run("init", "@nobody.example", "mine.yaml")
    assert isinstance(result.exception, UsageError)
    assert "Bluesky knows no account @nobody.example" in str(result.exception)
    assert not Path("mine.yaml").exists()


def test_init_reads_an_archive_and_proposes_its_owner_alone() -> None:
    zipped(Path("twitter.zip"), as_x_archive(made_up_posts(60)))
    assert run("init", "--from", "twitter.zip", "mine.yaml").exit_code == 0
    (account,) = load_brand(Path("mine.yaml")).accounts
    assert (account.network, account.handle, account.id) == ("x", "ada_example", "77")
