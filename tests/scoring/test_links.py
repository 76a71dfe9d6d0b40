"""Links: expected values from RFC 3986, the public suffix list and the networks' own hosts."""

import pytest

from pipelines.events import BLUESKY, MASTODON, Network, X
from pipelines.scoring.links import can_promote, host, is_external, registrable_domain


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://Example.COM/a?b#c", "example.com"),
        ("http://user:secret@example.com:8080/", "example.com"),
        ("https://example.com@evil.example/", "evil.example"),
        ("https://example.com\\@evil.example/", "example.com"),
        ("https://example.com.", "example.com"),
        ("https://example.com?x=https://other.example", "example.com"),
        ("https://münchen.example/", "xn--mnchen-3ya.example"),
        ("https://[2001:db8::1]:80/", "[2001:db8::1]"),
        ("ftp://example.com/", None),
        ("mailto:a@example.com", None),
        ("example.com/a", None),
        ("https://", None),
        ("https:///path", None),
        ("", None),
    ],
)
def test_host_of_a_link(url: str, name: str | None) -> None:
    assert host(url) == name


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://shop.example.co.uk/x", "example.co.uk"),
        ("https://www.example.com", "example.com"),
        ("https://ann.github.io/blog", "ann.github.io"),
        ("https://github.io", None),
        ("https://192.0.2.7/x", "192.0.2.7"),
        ("https://[2001:db8::1]/", "[2001:db8::1]"),
        ("https://a.b.unknowntld", "b.unknowntld"),
        ("https://a..com", None),
        ("no link", None),
    ],
)
def test_registrable_domain_of_a_link(url: str, domain: str | None) -> None:
    assert registrable_domain(url) == domain


@pytest.mark.parametrize(
    ("url", "network", "external"),
    [
        ("https://x.com/ann/status/1", X, False),
        ("https://mobile.twitter.com/ann", X, False),
        ("https://pic.twitter.com/abc", X, False),
        ("https://netflix.com/", X, True),
        ("https://bsky.app/profile/ann", X, True),
        ("https://bsky.app/profile/ann", BLUESKY, False),
        ("https://x.com/ann", BLUESKY, True),
        ("https://mastodon.example/@ann", MASTODON, False),
        ("https://other.example/@ann", MASTODON, True),
        ("https://t.co/abc", X, True),
        ("ftp://example.com", X, False),
        ("", X, False),
    ],
)
def test_external_links_leave_the_network(url: str, network: Network, external: bool) -> None:
    assert is_external(url, network, "Mastodon.example") is external


def test_without_home_server_every_mastodon_link_is_external() -> None:
    assert is_external("https://mastodon.example/@ann", "mastodon")


def test_link_that_could_not_be_expanded_never_promotes() -> None:
    assert not can_promote("https://t.co/abc")
    assert can_promote("https://example.com/")
    assert not can_promote("mailto:a@example.com")
