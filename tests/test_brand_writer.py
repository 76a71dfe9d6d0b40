"""A brand written as YAML: it loads equal, whatever it holds."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from pipelines.brand import Account, Alerting, Brand, Contact, Goals, QuietHours, Topic
from pipelines.brand_file import parse_brand
from pipelines.brand_nodes import PLACEHOLDER
from pipelines.brand_writer import Note, write_brand
from pipelines.errors import InvalidBrand


def normal(text: str) -> str:
    return normalize("NFC", text).strip()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(normal)
words = texts.filter(lambda text: text and PLACEHOLDER not in text)
tricky = st.sampled_from(
    ["no", "null", "~", "1", "0x1f", "2026-01-01", "- a", "a: b", "#x", "'", '"', "\\", "&a", "*"]
)
names = words | tricky
x_names = st.fixed_dictionaries(
    {"handle": st.from_regex(r"[A-Za-z0-9_]{1,15}", fullmatch=True), "id": st.integers(0, 2**64).map(str)}
)
bluesky_names = st.fixed_dictionaries(
    {
        "handle": st.from_regex(r"[a-z][a-z0-9]{0,9}\.bsky\.social", fullmatch=True),
        "id": st.from_regex(r"did:plc:[a-z2-7]{24}", fullmatch=True),
    }
)
mastodon_names = st.fixed_dictionaries(
    {
        "handle": st.from_regex(r"[A-Za-z0-9_]{1,9}@[a-z]{1,9}\.social", fullmatch=True),
        "id": st.integers(0, 2**64).map(str),
    }
)


@st.composite
def identities(draw: st.DrawFn) -> dict[str, Any]:
    network, strategy = draw(
        st.sampled_from([("x", x_names), ("bluesky", bluesky_names), ("mastodon", mastodon_names)])
    )
    both = draw(strategy)
    kept = draw(st.sampled_from([("handle",), ("id",), ("handle", "id")]))
    return {"network": network, **{key: both[key] for key in kept}}


def no_two_alike(values: list[dict[str, Any]]) -> bool:
    keys = [(v["network"], v[name].casefold()) for v in values for name in ("handle", "id") if name in v]
    return len(keys) == len(set(keys))


unique_texts = st.lists(names, max_size=3, unique_by=str.casefold).map(tuple)
topics = st.builds(
    Topic,
    name=names,
    description=names,
    keywords=unique_texts,
    examples=unique_texts,
    counter_examples=unique_texts,
)
domains = st.from_regex(r"brand-[a-z0-9]{1,9}\.(com|de|co\.uk|example)", fullmatch=True)
without_told_accounts = st.builds(
    Brand,
    name=texts.filter(lambda text: PLACEHOLDER not in text) | tricky,
    time_zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"]),
    accounts=st.lists(identities(), max_size=3)
    .filter(no_two_alike)
    .map(lambda v: tuple(Account(**i) for i in v)),
    own_domains=st.lists(domains, max_size=3, unique=True).map(tuple),
    own_feeds=st.lists(domains.map(lambda d: f"https://{d}/feed?a=1&b=#c"), max_size=2, unique=True).map(
        tuple
    ),
    offers=unique_texts,
    topics=st.lists(topics, max_size=3, unique_by=lambda topic: topic.name.casefold()).map(tuple),
    contacts=st.lists(identities(), max_size=2)
    .filter(no_two_alike)
    .flatmap(lambda v: names.map(lambda tag: tuple(Contact(**i, tag=tag) for i in v))),
    goals=st.builds(Goals, new_contacts_per_week=st.integers(1, 100_000)),
    alerts=st.builds(
        Alerting,
        false_alarm_days=st.integers(7, 3_650),
        smallest_effect_percent=st.integers(10, 90),
        quiet_hours=st.none()
        | st.builds(QuietHours, from_minute=st.integers(0, 700), until_minute=st.integers(701, 1_439)),
        channels=st.lists(st.sampled_from(["team", "mail", "pager_2"]), unique=True).map(tuple),
    ),
)


@st.composite
def brands(draw: st.DrawFn) -> Brand:
    brand = draw(without_told_accounts)
    told = brand.accounts[: draw(st.integers(0, len(brand.accounts)))]
    return structs.replace(brand, alerts=structs.replace(brand.alerts, accounts=told))


@settings(deadline=None)
@given(brands(), st.booleans(), texts)
def test_a_written_brand_loads_equal(brand: Brand, comments: bool, note: str) -> None:
    notes = [
        Note(at=at, text=note) for at in ("time_zone", "accounts", "accounts.0", "topics.1", "own_domains.0")
    ]
    assert parse_brand(write_brand(brand, comments=comments, notes=notes), path="f") == brand


def test_an_empty_brand_is_written_with_all_fields_explained() -> None:
    written = write_brand(Brand())
    assert parse_brand(written, path="f") == Brand()
    assert all(f"{field}:" in written for field in Brand.__struct_fields__)


def test_a_placeholder_is_named_by_the_check() -> None:
    written = write_brand(Brand(), placeholders=True)
    line = next(n for n, text in enumerate(written.split("\n"), 1) if PLACEHOLDER in text)
    expected = f"line {line}: `handle` still holds FILL_IN: write your own value, or take the entry out"
    with pytest.raises(InvalidBrand) as caught:
        parse_brand(written, path="f")
    assert caught.value.mistakes == (expected,)


def test_examples_in_comments_are_valid_once_uncommented() -> None:
    lines = write_brand(Brand()).split("\n")
    code = [line.removeprefix("# ") for line in lines if not line.startswith("# ") or _is_example(line)]
    assert parse_brand("\n".join(code), path="f").topics[0].keywords == ("sourdough", "rye flour")


def _is_example(line: str) -> bool:
    bare = line.removeprefix("# ")
    return bare.startswith("  ") or (bare.split(":")[0] in Brand.__struct_fields__ and "`" not in bare)
