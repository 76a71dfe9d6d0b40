"""What a post's id says by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ids import author_in, id_time


@pytest.mark.parametrize(
    ("network", "id_", "at"),
    [
        ("x", "1541815603606036480", 1_656_432_460_105),
        ("x", "29700859247", 1_288_834_974_657 + 7_081),
        ("x", "29700859246", 0),
        ("mastodon", str(1_575_776_913_590 << 16 | 77), 1_575_776_913_590),
        ("bluesky", "3jzfcijpj2z2a", 1_688_137_381_887),
        ("bluesky", "at://did:plc:abc/app.bsky.feed.post/3jzfcijpj2z2a", 1_688_137_381_887),
        ("bluesky", "self", 0),
        ("bluesky", "1jzfcijpj2z2a", 0),
        ("x", "", 0),
        ("x", "-5", 0),
        ("x", "\u0661\u0662", 0),
        ("x", "9" * 30, 0),
    ],
)
def test_id_holds_its_time(network: str, id_: str, at: int) -> None:
    assert id_time(network, id_) == at


@pytest.mark.parametrize(
    ("network", "id_", "author"),
    [
        ("bluesky", "at://did:plc:abc/app.bsky.feed.post/3jzfcijpj2z2a", "did:plc:abc"),
        ("bluesky", "at://did:plc:abc", "did:plc:abc"),
        ("bluesky", "at://", None),
        ("bluesky", "3jzfcijpj2z2a", None),
        ("x", "at://did:plc:abc/app.bsky.feed.post/3jzfcijpj2z2a", None),
        ("mastodon", "109501917000000000", None),
    ],
)
def test_id_names_its_author(network: str, id_: str, author: str | None) -> None:
    assert author_in(network, id_) == author


@given(network=st.sampled_from(["x", "bluesky", "mastodon"]), id_=st.text(max_size=40))
def test_any_text_is_an_id_with_or_without_a_time(network: str, id_: str) -> None:
    at = id_time(network, id_)
    assert at == 0 or 1_136_073_600_000 <= at < 4_102_444_800_000
