"""The brand file: what is accepted, what is normalised, and every mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.brand import Account, Brand, Goals, Topic
from pipelines.brand_file import MAX_BYTES, load_brand, parse_brand
from pipelines.brand_nodes import PLACEHOLDER
from pipelines.errors import InvalidBrand, UsageError

EXAMPLE = Path(__file__).parent.parent / "rapport.example.yaml"


def mistakes(content: str) -> tuple[str, ...]:
    with pytest.raises(InvalidBrand) as caught:
        parse_brand(content, path="rapport.yaml")
    return caught.value.mistakes


def file_mistake(path: Path) -> str:
    with pytest.raises(InvalidBrand) as caught:
        load_brand(path)
    assert caught.value.path == str(path)
    (sentence,) = caught.value.mistakes
    return sentence


# --- what is understood


def test_the_example_uses_every_field_and_has_no_mistake() -> None:
    brand = load_brand(EXAMPLE)
    assert all(getattr(brand, field) for field in Brand.__struct_fields__)
    assert brand.goals == Goals(new_contacts_per_week=5)
    assert brand.accounts[0] == Account(network="x", handle="ryeandcrumb", id="1000000000000000001")
    assert all(getattr(brand.topics[0], field) for field in Topic.__struct_fields__)


def test_handles_lose_their_at_and_domains_their_capitals() -> None:
    brand = parse_brand(
        "accounts:\n"
        "  - network: x\n    handle: '@Ann'\n"
        "  - network: Bluesky\n    handle: '@Ann.Bsky.Social'\n"
        "  - network: mastodon\n    handle: '@Ann@Mastodon.Social'\n"
        "own_domains: [Example.COM]\n",
        path="f",
    )
    assert [account.handle for account in brand.accounts] == ["Ann", "ann.bsky.social", "Ann@mastodon.social"]
    assert brand.own_domains == ("example.com",)


def test_a_domain_in_any_script_is_kept_as_links_are_compared() -> None:
    assert parse_brand("own_domains: [Bücher.example]", path="f").own_domains == ("xn--bcher-kva.example",)


def test_a_bare_at_is_accepted_though_yaml_forbids_it() -> None:
    brand = parse_brand("accounts:\n  - handle: @ann  # me\n    network: x\n", path="f")
    assert brand.accounts == (Account(network="x", handle="ann"),)


def test_an_id_written_as_a_number_keeps_all_its_digits() -> None:
    content = "accounts:\n  - network: x\n    id: 18446744073709551615\n"
    assert parse_brand(content, path="f").accounts[0].id == "18446744073709551615"


def test_texts_are_composed_and_stripped() -> None:
    assert parse_brand('name: " Cafe\\u0301 "\n', path="f").name == "Caf\u00e9"


def test_escaped_surrogate_pairs_are_one_character() -> None:
    assert parse_brand('name: "\\ud83c\\udf5e"\n', path="f").name == "🍞"


def test_a_field_left_empty_is_as_if_left_out() -> None:
    fields = "\n".join(f"{field}:" for field in Brand.__struct_fields__)
    assert parse_brand(fields, path="f") == Brand()


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "rapport.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: a\r\n")
    assert load_brand(path).name == "a"


# --- mistakes, each with its line


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("ownDomains: []", "line 1: `ownDomains` is not known here; did you mean `own_domains`?"),
        ("name: a\ntimezone: UTC", "line 2: `timezone` is not known here; did you mean `time_zone`?"),
        ("name: a\nname: b", "line 2: `name` was already given (its value is in line 1)"),
        ("name: [a]", "line 1: `name` must be text, not a list"),
        ("name: 2026", "line 1: `name` must be text, but 2026 is a number; put it in quotes"),
        ("name: true", "line 1: `name` must be text, but true is true or false; put it in quotes"),
        ("name: 2026-01-01", "line 1: `name` must be text, but 2026-01-01 is a date; put it in quotes"),
        ("- a", "line 1: the file must be a group of `key: value` lines, not a list"),
        ("\nname: !secret a", "line 2: `name`: tags like `!secret` are not used here; take it out"),
        ('name: "\\ud800"', "line 1: `name` holds half a character (a lone surrogate); write it anew"),
        ("name: &a [*a]", "line 1: `name`: references (`&` and `*`) are not used here; write the value out"),
        ("time_zone: berlin", "line 1: `berlin` is no time zone; did you mean `Europe/Berlin`?"),
        ("time_zone: Europe/Berln", "line 1: `Europe/Berln` is no time zone; did you mean `Europe/Berlin`?"),
        ("time_zone: new york", "line 1: `new york` is no time zone; did you mean `America/New_York`?"),
        (
            "time_zone: qqqqqq",
            "line 1: `qqqqqq` is no time zone; write it like `Europe/Berlin` or `America/New_York`",
        ),
        (
            "own_domains: a.com",
            "line 1: `own_domains` must be a list, one entry a line, each behind a `-`, not text",
        ),
        (
            "own_domains:\n  - https://www.rix.co.uk/shop?a=1",
            "line 2: `https://www.rix.co.uk/shop?a=1` is an address; write the domain alone: `rix.co.uk`",
        ),
        (
            "own_domains:\n  - a.com\n  - shop.rix.co.uk",
            "line 3: links are compared by the domain that was registere"
            "d: write `rix.co.uk`, not `shop.rix.co.uk`",
        ),
        (
            "own_domains: [co.uk]",
            "line 1: `co.uk` is no domain that one can own; write one like `example.com`",
        ),
        (
            "own_domains: [1.2.3.4]",
            "line 1: `1.2.3.4` is no domain that one can own; write one like `example.com`",
        ),
        (
            "own_domains: ['']",
            "line 1: an entry of `own_domains` is empty; write a domain or take the line out",
        ),
        ("own_domains: [ann@a.com]", "line 1: `ann@a.com` is an address; write the domain alone: `a.com`"),
        ("own_domains: [t.co]", "line 1: `t.co` belongs to the network, not to you; take it out"),
        (
            "own_domains:\n  - a.com\n  - b.com\n  - A.com",
            "line 4: `a.com` stands twice in `own_domains` (first in line 2)",
        ),
        (
            "own_feeds:\n  - a.com/feed",
            "line 2: `a.com/feed` is no address of a feed; write it whole, with https:// in front",
        ),
        (
            "offers:\n  - a\n  - ''",
            "line 3: an entry of `offers` is empty; write a text or take the line out",
        ),
        ("offers:\n  -\n  - a", "line 2: an entry of `offers` is empty; write a text or take the line out"),
        ("offers:\n  - Box\n  - box", "line 3: `box` stands twice in `offers` (first in line 2)"),
        (
            "goals:\n  new_contacts_per_week: 0",
            "line 2: `new_contacts_per_week` must be a whole number from 1 to 100000, not 0",
        ),
        (
            "goals:\n  new_contacts_per_week: many",
            "line 2: `new_contacts_per_week` must be a whole number from 1 to 100000, not many",
        ),
        ("goals: 3", "line 1: `goals` must be a group of `key: value` lines, not a number"),
    ],
)
def test_a_mistake_is_named_with_its_line(content: str, expected: str) -> None:
    assert mistakes(content) == (expected,)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("handle: ann", "line 2: has no `network`; write x, bluesky or mastodon"),
        ("network: twitter\n    handle: ann", "line 2: `twitter` is called `x` here"),
        (
            "handle: ann\n    network: mastadon",
            "line 3: `mastadon` is no network that is known here; did you mean `mastodon`?",
        ),
        (
            "handle: ann\n    network: icq",
            "line 3: `icq` is no network that is known here; known are `x`, `bluesky`, `mastodon`",
        ),
        ("network: x", "line 2: has neither `handle` nor `id`; write at least one of them"),
        (
            "network: x\n    handle: a b",
            "line 3: `a b` is no handle of X: letters, digits and _ only, without blanks",
        ),
        (
            "network: x\n    handle: https://x.com/ann",
            "line 3: `handle` is an address; write the handle alone: `ann`",
        ),
        (
            "network: bluesky\n    handle: Ann",
            "line 3: a Bluesky handle is written with its domain, such as `ann.bsky.social`",
        ),
        (
            "network: bluesky\n    handle: a b",
            "line 3: `a b` is no handle of Bluesky; write it like `ann.bsky.social`",
        ),
        (
            "network: mastodon\n    handle: '@ann'",
            "line 3: a Mastodon handle names its server: write it as use"
            "r@host, such as `ann@mastodon.social`",
        ),
        (
            "network: mastodon\n    handle: https://fosstodon.org/@ann",
            "line 3: `handle` is an address; write it as user@host: `ann@fosstodon.org`",
        ),
        (
            "network: mastodon\n    handle: a b@c",
            "line 3: `a b@c` is no handle of Mastodon; write it as user@host, such as `ann@mastodon.social`",
        ),
        (
            "network: x\n    id: ann",
            "line 3: `ann` is no id of X: it has digits only; a name belongs into `handle`",
        ),
        (
            "network: bluesky\n    id: ann",
            "line 3: `ann` is no id of Bluesky: it begins with `did:`; a name belongs into `handle`",
        ),
        ("network: mastodon\n    id: a b", "line 3: `a b` is no id: it holds a blank"),
        ("network: x\n    id: 0123", "line 3: `id`: 0123 is no plain number; put the id in quotes"),
        ("network: x\n    id: 0o17", "line 3: `id`: 0o17 is no plain number; put the id in quotes"),
        ("network: x\n    id: 1_000", "line 3: `id`: 1_000 is no plain number; put the id in quotes"),
        ("network: x\n    id: 1e5", "line 3: `id` must be text, but 1e5 is a number; put it in quotes"),
        (
            "network: x\n    id: -5",
            "line 3: `-5` is no id of X: it has digits only; a name belongs into `handle`",
        ),
        (
            f"network: x\n    handle: {PLACEHOLDER}",
            "line 3: `handle` still holds FILL_IN: write your own value, or take the entry out",
        ),
        (
            "network: x\n    handle: ann\n    hanlde: bob",
            "line 4: `hanlde` is not known here; did you mean `handle`?",
        ),
        (
            "network: x\n    handle: ann\n  - network: x\n    handle: '@ANN'",
            "line 4: `x ann` stands twice in `accounts` (first in line 2)",
        ),
        (
            "network: x\n    handle: ann\n    id: 7\n  - network: x\n    id: 7",
            "line 5: `x 7` stands twice in `accounts` (first in line 2)",
        ),
    ],
)
def test_a_mistake_in_an_account_is_named_with_its_line(fields: str, expected: str) -> None:
    assert mistakes(f"accounts:\n  - {fields}\n") == (expected,)


def test_the_same_handle_on_two_networks_is_two_accounts() -> None:
    content = "accounts:\n  - {network: x, id: 7}\n  - {network: mastodon, id: 7}\n"
    assert len(parse_brand(content, path="f").accounts) == 2


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("description: a", "line 2: this topic has no `name`"),
        ("description: a\n    name: ''", "line 3: this topic has no `name`"),
        (
            "name: bread",
            "line 2: the topic `bread` says nothing: give it a `description`, `keywords` or `examples`",
        ),
        (
            "name: bread\n    counter_examples: [a]",
            "line 2: the topic `bread` says nothing: give it a `description`, `keywords` or `examples`",
        ),
        (
            "name: a\n    keywords: [b, '']",
            "line 3: an entry of `keywords` is empty; write a text or take the line out",
        ),
        (
            "name: a\n    examples: [b, 3]",
            "line 3: `examples` must be text, but 3 is a number; put it in quotes",
        ),
        (
            "name: a\n    description: b\n  - name: A\n    description: c",
            "line 4: `a` stands twice in `topics` (first in line 2)",
        ),
        (
            "name: a\n    keyword: [b]\n    description: c",
            "line 3: `keyword` is not known here; did you mean `keywords`?",
        ),
    ],
)
def test_a_mistake_in_a_topic_is_named_with_its_line(fields: str, expected: str) -> None:
    assert mistakes(f"topics:\n  - {fields}\n") == (expected,)


@pytest.mark.parametrize("tag", ["", "\n    tag:", "\n    tag: ''"])
def test_a_contact_without_a_tag_is_a_mistake(tag: str) -> None:
    line = 2 if tag == "" else 4
    expected = f"line {line}: this contact has no `tag`; write one, such as client or partner"
    assert mistakes(f"contacts:\n  - network: x\n    handle: ann{tag}\n") == (expected,)


def test_a_contact_tagged_twice_is_a_mistake() -> None:
    content = "contacts:\n  - {network: x, handle: ann, tag: a}\n  - {network: x, handle: Ann, tag: b}\n"
    assert mistakes(content) == ("line 3: `x ann` stands twice in `contacts` (first in line 2)",)


def test_all_mistakes_are_named_in_the_order_of_the_lines() -> None:
    content = "goals: 3\ntopics:\n  - {}\naccounts:\n  - network: icq\ntime_zone: nowhere_at_all\n"
    lines = [int(mistake.split(":")[0].removeprefix("line ")) for mistake in mistakes(content)]
    assert lines == [1, 3, 3, 5, 5, 6]


def test_the_message_names_file_and_line_of_each_mistake() -> None:
    with pytest.raises(UsageError) as caught:
        parse_brand("a: 1\nb: 2\n", path="my.yaml")
    assert [line.split(": `")[0] for line in str(caught.value).split("\n")] == [
        "my.yaml: line 1",
        "my.yaml: line 2",
    ]


# --- files that are no brand files


@pytest.mark.parametrize("content", ["", "# only comments\n", "---\n", "~"])
def test_an_empty_file_is_a_mistake(content: str) -> None:
    assert mistakes(content) == ("line 1: the file is empty; `rapport brand init` writes one to start from",)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("name:\n\ta: b", "line 2: is indented with a tab; use spaces"),
        (
            "name: a\noffers: [@b]",
            "line 2: begins with a character that YAML keeps for itself; put the value in quotes",
        ),
        ("name: a\n---\nname: b", "line 2: begins a second document (`---`); a brand file holds one"),
        (
            "name: a\nname: b: c",
            "line 2: has a colon in a value, or wrong indentation; put the value in quotes or align the line",
        ),
        ("name: a\noffers: \x00", "line 2: holds a control character; is this a text file?"),
        ("[" * 20_000, "line 1: is nested too deeply"),
    ],
)
def test_what_is_no_yaml_is_named_with_its_line(content: str, expected: str) -> None:
    assert mistakes(content) == (expected,)


def test_broken_yaml_is_named_with_its_line() -> None:
    (sentence,) = mistakes("name: a\noffers: [a,")
    assert sentence.startswith("line 2: is not valid YAML: ")


def test_a_chain_of_references_costs_nothing() -> None:
    levels = "\n".join(f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60))
    sentences = mistakes(f"offers:\n  - &a0 [x]\n{levels}\n")
    assert len(sentences) == 60


def test_missing_unreadable_and_binary_files_are_named(tmp_path: Path) -> None:
    assert file_mistake(tmp_path / "none.yaml") == "there is no such file; `rapport brand init` writes one"
    assert file_mistake(tmp_path) == "this is a folder, not a file"
    assert file_mistake(Path("a\0b")).startswith("cannot be read: ")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"name: a\n\x80\xff\n")
    assert file_mistake(binary) == "line 2: is not text in UTF-8; save the file in that encoding"
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    assert file_mistake(large) == "is larger than 512 KiB; is this a brand file?"


@given(st.text(max_size=200))
def test_any_text_is_a_brand_or_mistakes_with_lines(content: str) -> None:
    try:
        parse_brand(content, path="f")
    except InvalidBrand as error:
        assert all(mistake.startswith("line ") for mistake in error.mistakes)
