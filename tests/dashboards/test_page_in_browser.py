"""The local page in a real browser: every panel shows marks or says why not, and a keyboard is enough.

The page is opened once and walked from board to board: at desktop width in the light theme, at phone width in
the dark one, each time held against axe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, sync_playwright

from dashboards import DASHBOARDS
from dashboards.answers import Ask, Row, ask_store
from dashboards.local import LOOPBACK, create_page, serve
from dashboards.overview import OVERVIEW
from dashboards.screenshots import CHROMIUM, CHROMIUM_ARGUMENTS
from pipelines.settings import ClickHouseSettings
from tests.dashboards.filled_store import END_AT, SILENT_PANELS, Filled

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
PATIENCE_MS = 120_000
NEVER_S = 3_600.0
ONE_BAD = "no console message and no address but ours"
TOO_YOUNG = {"Trend of weekly posts"}
"""What four weeks are too few for."""
MARKS = ".scatterlayer path, .barlayer path, .hm image, .stats .value, tbody tr"
DRAWN = "[...document.querySelectorAll('div.plot')].every(e => e.querySelector('.main-svg'))"
OVERFLOW = "document.documentElement.scrollWidth - window.innerWidth"
INSIDE = "e => { const t = e.querySelector('.table'); return t ? t.scrollWidth - t.clientWidth : 0 }"
CHOSEN = "input => input.closest('label').innerText"
NEW_DIGEST = "before => document.querySelector('#page').dataset.digest !== before"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS))
        yield chromium
        chromium.close()


def remembering(ask: Ask) -> Ask:
    """Return a way to ask that asks the same once: the stores of these tests do not change."""
    answers: dict[str, list[Row]] = {}

    def answer(sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        key = f"{sql} {sorted(parameters.items())}"
        if key not in answers:
            answers[key] = ask(sql, parameters)
        return answers[key]

    return answer


@contextmanager
def served(settings: ClickHouseSettings) -> Iterator[str]:
    port, stop = serve(create_page(remembering(ask_store(settings)), refresh_s=NEVER_S, now=lambda: END_AT))
    yield f"http://{LOOPBACK}:{port}/"
    stop()


def _fills(response: Response) -> bool:
    """Tell whether the page was asked to fill its panels."""
    asked = response.request.post_data or ""
    return "_dash-update-component" in response.url and "panels.children" in asked and response.status == 200


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """Open the page, wait until it is filled, and hold it to its silence."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(address) else complaints.append(sent.url))
    fillings: list[int] = []
    page.on("response", lambda response: fillings.append(1) if _fills(response) else None)
    page.goto(address)
    page.wait_for_selector("#page:not([data-state=loading])")
    page.wait_for_function(DRAWN)
    assert len(fillings) == 1, "the page must be filled once, not again for what it knew already"
    yield page
    page.close()
    assert [each for each in complaints if not each.startswith(("data:", "blob:"))] == [], ONE_BAD


@pytest.fixture(scope="module")
def page(browser: Browser, filled: Filled) -> Iterator[Page]:
    """The page of the filled store, opened once."""
    with served(filled.settings) as address, opened(browser, address) as found:
        yield found


@pytest.fixture(scope="module")
def empty_page(browser: Browser, unfilled: ClickHouseSettings) -> Iterator[Page]:
    with served(unfilled) as address, opened(browser, address) as found:
        yield found


def go_to(page: Page, name: str) -> None:
    """Follow the link to a board by keyboard, and wait until it is drawn."""
    page.focus(f"#to-{name}")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#page[data-board={name}]")
    page.wait_for_function(DRAWN)


def panels(page: Page) -> list[Any]:
    return page.query_selector_all("#panels article")


def is_phone(page: Page) -> bool:
    return page.viewport_size["width"] < 720


def assert_drawn(page: Page, name: str) -> None:
    """Hold every panel to marks or an explanation, the page to its width, and all of it to axe."""
    for panel in panels(page):
        title = panel.query_selector("h3").inner_text()
        if title in SILENT_PANELS | TOO_YOUNG:
            said = panel.query_selector(".empty").inner_text()
            assert ("cannot tell yet" if title in TOO_YOUNG else "rapport ") in said, (name, title)
            assert title in TOO_YOUNG or panel.query_selector(".empty code"), (name, title)
        else:
            assert panel.get_attribute("data-state") == "data", (name, panel.inner_text())
            assert panel.query_selector_all(MARKS), (name, panel.inner_text())
        shape = panel.get_attribute("class").split()
        if shape[-1] in ("people", "posts") or ("table" in shape and is_phone(page)):
            assert panel.evaluate(INSIDE) <= 0, f"{name}, {title}: a list must not scroll sideways"
    assert "`" not in page.inner_text("#page"), name
    assert page.evaluate(OVERFLOW) <= 0, f"{name}: the page must not scroll sideways"
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    severe = [each for each in found if each["impact"] != "minor"]
    assert [(each["id"], each["nodes"][0]["html"][:300]) for each in severe] == [], name


def dress(page: Page, theme: str, width: int) -> None:
    """Choose light or dark colours and a width, and wait until the figures are drawn anew."""
    page.set_viewport_size({"width": width, "height": 900})
    before = page.get_attribute("#page", "data-digest")
    if page.get_attribute("#page", "data-theme") != theme:
        page.eval_on_selector(f"#theme input[value={theme}]", "input => input.click()")
        page.wait_for_function(NEW_DIGEST, arg=before)
        page.wait_for_function(DRAWN)
    assert page.get_attribute("#page", "data-theme") == theme


@pytest.mark.parametrize("name", [board.name for board in DASHBOARDS])
def test_every_panel_has_marks_or_its_explanation(page: Page, name: str) -> None:
    go_to(page, name)
    board = next(board for board in DASHBOARDS if board.name == name)
    assert len(panels(page)) == len(board.panels)
    assert page.get_attribute("#page", "data-state") == "ready"
    looks = [("light", 1440), ("dark", 390)]
    dark = page.get_attribute("#page", "data-theme") == "dark"  # as the board before left it: begin with that
    for theme, width in looks[::-1] if dark else looks:
        dress(page, theme, width)
        assert_drawn(page, f"{name}, {theme}, {width}")


def test_an_account_and_a_window_are_chosen_by_keyboard_and_kept(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    go_to(page, "compare")
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
    page.wait_for_function(NEW_DIGEST, arg=before)
    before = page.get_attribute("#page", "data-digest")
    page.focus("#window input:checked")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(NEW_DIGEST, arg=before)
    assert page.eval_on_selector("#window input:checked", CHOSEN) == "28 days"
    assert [each.inner_text() for each in page.query_selector_all("#panel-1 td.account")] == ["fernhilldeals"]
    go_to(page, "content")
    assert [each.inner_text() for each in page.query_selector_all("#panel-1 .handle")] == ["fernhilldeals"]


def test_a_time_range_and_colours_are_chosen_by_keyboard(page: Page) -> None:
    go_to(page, "consistency")
    other = {"light": "dark", "dark": "light"}[page.get_attribute("#page", "data-theme")]
    before = page.get_attribute("#page", "data-digest")
    page.focus("#range input:checked")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(NEW_DIGEST, arg=before)
    assert page.eval_on_selector("#range input:checked", CHOSEN) == "7 days"
    page.focus(".more-controls summary")
    page.keyboard.press("Enter")
    page.focus(f"#theme input[value={other}]")
    page.keyboard.press("Space")
    page.wait_for_selector(f"#page[data-theme={other}]")


def test_an_empty_store_is_explained_in_every_panel(empty_page: Page) -> None:
    assert empty_page.get_attribute("#page", "data-state") == "empty"
    for panel, shown in zip(OVERVIEW.panels, panels(empty_page), strict=True):
        assert shown.get_attribute("data-state") == "empty"
        assert panel.empty.replace("`", "") in shown.inner_text()


def test_health_counts_panels_with_data(page: Page, empty_page: Page) -> None:
    address = "document.location.origin + '/healthz'"
    answers = [each.request.get(each.evaluate(address)).json() for each in (page, empty_page)]
    count = len(OVERVIEW.panels)
    assert answers == [{"panels": count, "with_data": count}, {"panels": count, "with_data": 0}]
