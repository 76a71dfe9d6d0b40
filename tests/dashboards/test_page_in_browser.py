"""The local page in a real browser: every panel shows marks or says why not, and a keyboard is enough."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from dashboards.answers import ask_store
from dashboards.local import LOOPBACK, create_page, serve
from dashboards.overview import OVERVIEW
from dashboards.screenshots import CHROMIUM, CHROMIUM_ARGUMENTS
from pipelines.settings import ClickHouseSettings
from tests.dashboards.filled_store import END_AT, Filled

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
PATIENCE_MS = 90_000
ONE_BAD = "no console message and no address but ours"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS))
        yield chromium
        chromium.close()


@contextmanager
def served(settings: ClickHouseSettings) -> Iterator[str]:
    port, stop = serve(create_page(ask_store(settings), now=lambda: END_AT))
    yield f"http://{LOOPBACK}:{port}/"
    stop()


@pytest.fixture(scope="module")
def address(filled: Filled) -> Iterator[str]:
    with served(filled.settings) as found:
        yield found


@contextmanager
def opened(browser: Browser, address: str, *, width: int = 1440, dark: bool = False) -> Iterator[Page]:
    """Open the page, wait until it is filled, and hold it to its silence."""
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(address) else complaints.append(sent.url))
    page.goto(address)
    page.wait_for_selector("#page:not([data-state=loading])")
    yield page
    page.close()
    assert [each for each in complaints if not each.startswith(("data:", "blob:"))] == [], ONE_BAD


def panels(page: Page) -> list[Any]:
    return page.query_selector_all("#panels article")


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_every_panel_has_marks_or_its_explanation(
    browser: Browser, address: str, width: int, dark: bool
) -> None:
    with opened(browser, address, width=width, dark=dark) as page:
        assert page.get_attribute("#page", "data-state") == "ready"
        assert page.get_attribute("#page", "data-theme") == ("dark" if dark else "light")
        page.wait_for_function(
            "[...document.querySelectorAll('div.plot')].every(e => e.querySelector('.main-svg'))"
        )
        assert len(panels(page)) == len(OVERVIEW.panels)
        for panel in panels(page):
            assert panel.get_attribute("data-state") == "data", panel.inner_text()
            marks = panel.query_selector_all(".scatterlayer path, .barlayer path, .stats .value, tbody tr")
            assert marks, panel.inner_text()
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, "the page must not scroll sideways"


def test_an_account_is_chosen_by_keyboard(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        before = page.get_attribute("#page", "data-digest")
        page.focus("#account")
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.type === 'search'")
        page.keyboard.type("deals")
        page.wait_for_function("document.querySelectorAll('.dash-dropdown-option').length === 1")
        page.keyboard.press("ArrowDown")
        page.wait_for_function("document.activeElement.type === 'checkbox'")
        page.keyboard.press("Space")
        page.keyboard.press("Escape")
        page.wait_for_function(
            "before => document.querySelector('#page').dataset.digest !== before", arg=before
        )
        handles = [each.inner_text() for each in page.query_selector_all("#panel-1 .handle")]
        assert handles == ["fernhilldeals"]


def test_a_window_is_chosen_by_keyboard(browser: Browser, address: str) -> None:
    with opened(browser, address) as page:
        before = page.get_attribute("#page", "data-digest")
        page.focus("#window input:checked")
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "before => document.querySelector('#page').dataset.digest !== before", arg=before
        )
        assert (
            page.eval_on_selector("#window input:checked", "input => input.closest('label').innerText")
            == "28 days"
        )


def test_an_empty_store_is_explained_in_every_panel(browser: Browser, unfilled: ClickHouseSettings) -> None:
    with served(unfilled) as address, opened(browser, address) as page:
        assert page.get_attribute("#page", "data-state") == "empty"
        for panel, shown in zip(OVERVIEW.panels, panels(page), strict=True):
            assert shown.get_attribute("data-state") == "empty"
            assert panel.empty in shown.inner_text()


def test_health_counts_panels_with_data(browser: Browser, address: str, unfilled: ClickHouseSettings) -> None:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    answer = page.request.get(f"{address}healthz").json()
    assert answer == {"panels": len(OVERVIEW.panels), "with_data": len(OVERVIEW.panels)}
    with served(unfilled) as empty:
        assert page.request.get(f"{empty}healthz").json() == {"panels": len(OVERVIEW.panels), "with_data": 0}
    page.close()
