"""The report on the real store, and its HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from dash import dcc, html
from plotly import graph_objects as go

from dashboards import DASHBOARDS
from dashboards.answers import Ask, ask_store
from dashboards.report import Account, find_account, report
from dashboards.report.page import sentences
from dashboards.report.static import Static
from pipelines.errors import UsageError
from pipelines.settings import ClickHouseSettings
from tests.dashboards.filled_store import END_AT, Filled

HOSTILE = "<script>alert(1)</script>\" onload='x'"


class Elements(HTMLParser):
    """Keeps the tags, and every address that an element would ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asked += [str(value) for name, value in attrs if name in ("src", "srcset", "action", "data")]
        if tag in ("link", "iframe", "object", "embed", "base"):
            self.asked.append(tag)


@pytest.fixture(scope="module")
def ask(filled: Filled) -> Ask:
    return ask_store(filled.settings)


@pytest.fixture(scope="module")
def account(ask: Ask) -> Account:
    return find_account(ask, "bluesky:fernhillcoffee.example")


@pytest.fixture(scope="module")
def page(ask: Ask, account: Account) -> str:
    return report(ask, DASHBOARDS, account, window="7d", now=END_AT)


@pytest.mark.integration
def test_it_asks_no_address_and_forbids_to(page: str) -> None:
    found = Elements(page)
    assert found.asked == []
    assert "default-src 'none'" in page
    assert found.tags.count("h1") == 1
    assert found.tags.count("section") >= 10


@pytest.mark.integration
def test_it_speaks_of_one_account_alone(page: str, filled: Filled, account: Account) -> None:
    assert "@fernhillcoffee.example on bluesky" in page
    assert account.account_id in filled.accounts
    assert "fernhilldeals" not in page


@pytest.mark.integration
def test_every_sentence_has_its_n(ask: Ask, account: Account) -> None:
    said = sentences(ask, account, window="7d")
    assert len(said) >= 4
    assert all(re.search(r"\bn [\d,]+\b", sentence) for sentence in said)


@pytest.mark.integration
@pytest.mark.parametrize("window", ["1h", "24h", "28d", "all"])
def test_every_window_says_something(ask: Ask, account: Account, window: str) -> None:
    assert sentences(ask, account, window=window)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("fernhilcoffee.example", "did you mean fernhillcoffee.example"),
        ("nobody", "there is no account nobody: there is"),
        ("' OR 1=1 --", "there is no account"),
    ],
)
def test_an_account_that_is_not_there_is_answered_with_what_is(ask: Ask, asked: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        find_account(ask, asked)


@pytest.mark.integration
@pytest.mark.parametrize("asked", ["@FernhillDeals", " fernhilldeals", "x:fernhilldeals"])
def test_an_account_is_found_by_handle_whatever_its_case(ask: Ask, asked: str) -> None:
    assert find_account(ask, asked).handle == "fernhilldeals"


@pytest.mark.integration
def test_an_empty_store_says_what_brings_accounts(unfilled: ClickHouseSettings) -> None:
    with pytest.raises(UsageError, match="no account is known yet: `rapport analyze FILE`"):
        find_account(ask_store(unfilled), "anybody")


def test_a_handle_on_two_networks_must_be_told_apart() -> None:
    rows: list[dict[str, Any]] = [
        {"network": network, "account_id": network, "account": "sam", "name": ""}
        for network in ("x", "bluesky")
    ]
    with pytest.raises(UsageError, match="say x:sam, bluesky:sam"):
        find_account(lambda *_: rows, "sam")
    assert find_account(lambda *_: rows, "x:sam").network == "x"


def test_texts_of_posts_stay_texts() -> None:
    part = html.Td(
        [html.A(HOSTILE, href="https://x.com/1", title=HOSTILE), dcc.Link("other board", href="/")]
    )
    found = Static().html(part)
    assert Elements(found).tags == ["td", "a"]
    assert "&lt;script&gt;" in found
    assert "other board" in found


def test_a_figure_cannot_end_its_script() -> None:
    static = Static()
    assert static.html(dcc.Graph(figure=go.Figure(layout={"title": {"text": "</script><b>"}}))) == (
        '<div class="figure" id="figure-1"></div>'
    )
    assert "</script>" not in static.figures[0]
    assert "\\u003c" in static.figures[0]


def test_what_cannot_stand_still_is_refused() -> None:
    with pytest.raises(TypeError, match="Dropdown cannot be written as HTML"):
        Static().html(html.Div([dcc.Dropdown()]))
