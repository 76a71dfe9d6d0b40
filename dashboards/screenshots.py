"""Pictures of the boards for the documentation: `python -m dashboards.screenshots [FOLDER]`, simulator data.

Needs the system's Chromium and the package playwright (a development dependency).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from dashboards import DASHBOARDS
from dashboards.answers import ask_store
from dashboards.local import LOOPBACK, create_page, serve
from dashboards.sample import fill
from infra.embedded import EmbeddedStack
from pipelines import clock
from pipelines.settings import WRITER_USER, ClickHouseSettings, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.migrate import migrate
from pipelines.sinks.state_store import ClickHouseStore

CHROMIUM: Final = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "images"
_WIDTH, _HEIGHT = 1440, 1230
_DRAWN_MS = 2_000


def main(folder: Path = FOLDER) -> None:
    """Write a picture of the upper part of each board."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="rapport-pictures-") as data_dir,
        EmbeddedStack(Path(data_dir), with_broker=False) as stack,
    ):
        settings = load_settings(stack.environ()).clickhouse
        fill_store(settings, end_at=clock.now_ms())
        port, stop = serve(create_page(ask_store(settings)))
        with browsed(f"http://{LOOPBACK}:{port}/", width=_WIDTH, height=_HEIGHT) as page:
            for board in DASHBOARDS:
                page.click(f"#to-{board.name}")
                page.wait_for_selector(f"#page[data-board={board.name}]")
                page.wait_for_timeout(_DRAWN_MS)
                page.screenshot(path=folder / f"{board.name}.png")
        stop()


def fill_store(settings: ClickHouseSettings, *, end_at: int, days: float = 35) -> None:
    """Migrate an empty store and fill it with the simulated business."""
    migrate(settings)
    with ClickHouse(settings, WRITER_USER) as writer:
        fill(ClickHouseStore(writer), end_at=end_at, days=days)


@contextmanager
def browsed(
    address: str, *, width: int, height: int, dark: bool = False, timeout_s: float = 180
) -> Iterator[Page]:
    """Open a page in Chromium and wait until its panels are filled."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS))
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        page.goto(address)
        page.wait_for_selector("#page[data-state=ready], #page[data-state=empty]", timeout=timeout_s * 1_000)
        yield page
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m dashboards.screenshots", description=main.__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="where to (docs/images)")
    main(parser.parse_args().folder)
