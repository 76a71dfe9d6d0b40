"""The whole system on one machine: an embedded stack, a worker, a simulated source and the page."""

from __future__ import annotations

import json
import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from msgspec import Struct, structs

from infra.embedded.ports import free_ports
from pipelines import clock
from pipelines.account_history import AccountHistory
from pipelines.brand import Account, Brand
from pipelines.brand_file import load_brand
from pipelines.brand_names import WrongName, normal_handle
from pipelines.brand_writer import write_brand
from pipelines.errors import Fatal, RapportError, UsageError
from pipelines.events import Network
from pipelines.ingestion import brands_of
from pipelines.preparation import prepare
from pipelines.settings import READER_USER, WRITER_USER
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sources.account_posts import Access
from pipelines.sources.simulator import simulated_brand
from pipelines.stack import Supervised, embedded, environment_of, settings_of

logger = logging.getLogger(__name__)

Stage = Callable[[str, int | None], None]
Progress = Callable[[int], None]

HISTORY_MS = 35 * 86_400_000
FIRST_PICTURE_S = 240.0
LOOK_EVERY_S = 0.5
CAUGHT_UP_MS = 15 * 60_000
"""So near to now the clock of every partition must be before the picture counts as the present."""

_WATERMARKS = """
SELECT JSONExtract(body, 'watermarks', 'Map(String, Int64)')
FROM checkpoints FINAL
WHERE kind = 'position'
"""
_ACCOUNTS = "SELECT uniqExact(account_id) FROM metrics_latest WHERE value IS NOT NULL AND window = %(window)s"


class Stopped(RapportError):
    """Somebody asked to stop before the first picture."""


class LiveSource(Struct, frozen=True):
    """A real network to show instead of the simulator: the source, its options, and the account to look at.

    `access`: how its past is read first; None: the network shows none without a key.
    """

    source: str
    account: Account
    access: Access | None
    options: tuple[str, ...] = ()


LIVE_SOURCES: dict[str, Network] = {"jetstream": "bluesky", "mastodon": "mastodon", "x-stream": "x"}
"""The live sources and their networks."""
_SERVERS: dict[Network, tuple[str, str]] = {
    "bluesky": ("appview", "bluesky_url"),
    "mastodon": ("instance", "mastodon_url"),
}
"""Where a network shows an account's past without a key: the source's option, and the field of Access."""


def live_source(source: str, handle: str, access: Access, options: tuple[str, ...] = ()) -> LiveSource:
    """Return a live source by its name, and the account by its handle. Raises UsageError.

    One server is asked for the past and the present: that of the source's option, else that of `access`.
    """
    network = LIVE_SOURCES[source]
    try:
        account = Account(network=network, handle=normal_handle(network, handle))
    except WrongName as error:
        raise UsageError(f"--account: {error}") from error
    if network not in _SERVERS:
        return LiveSource(source, account, None, options)
    option, field = _SERVERS[network]
    named = [each.partition("=")[2] for each in options if each.startswith(f"{option}=")]
    server = named[-1] if named else getattr(access, field)
    if server and not named:
        options = (*options, f"{option}={server}")
    return LiveSource(source, account, structs.replace(access, **{field: server}), options)


class Demonstration:
    """Everything that `rapport demo` runs; used as a context, it leaves no process behind.

    With a `live` source its account's past is read first, where the network shows it, and goes on live.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        seed: int,
        port: int,
        stop: threading.Event,
        live: LiveSource | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self._seed, self._stop = seed, stop
        self._live = live
        self._account = live.account if live is not None else None
        self._picture_expected = live is None
        self._port = port or free_ports(1)[0]
        self._open = ExitStack()
        self._parts: list[Supervised] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for part in reversed(self._parts):
            part.stop()
        self._open.close()

    @property
    def page_address(self) -> str:
        """Return the address of the page."""
        return f"http://127.0.0.1:{self._port}/"

    def start(self, stage: Stage, progress: Progress) -> None:
        """Start everything and wait for the first picture. Raises Stopped, or Fatal if none comes."""
        history = self._history(stage, progress)
        brand = self._write_brand()
        stack = self._open.enter_context(embedded(self.data_dir, on_progress=lambda what: stage(what, None)))
        self.settings = settings_of(stack.environ(), self.data_dir)
        stage("tables and topics", None)
        prepare(self.settings)
        if self._live is not None and history is None:
            self._picture_expected = self._accounts_with_numbers("all") > 0
        environment = environment_of(
            stack.environ(),
            self.data_dir,
            RAPPORT_BRAND_FILE=str(brand),
            RAPPORT_CHECKPOINT_EVERY_S="5",
        )
        stage("worker, ingest and page", None)
        self._add("page", ["pipelines", "dashboards", "serve", "--port", str(self._port)], environment)
        self._add("worker", ["pipelines", "work"], environment)
        self._add("recount", ["pipelines", "backfill", "--every", "600"], environment)
        if history is not None:
            stage("its posts through the chain", None)
            history.carry(self.settings, brands_of(brand), self._stop)
            if self._stop.is_set():
                raise Stopped("stopped")
        self._add("ingest", ["pipelines", "ingest", *self._ingest_arguments()], environment)
        if self._live is None:
            stage("35 days of history through the chain", HISTORY_MS)
        else:
            stage("the present, as it happens", None)
        self._wait_for_picture(stage, progress)

    def keep_running(self, until: float | None) -> None:
        """Look after the parts until asked to stop, or until that instant of the monotonic clock."""
        while not self._stop.wait(LOOK_EVERY_S):
            self._look_after()
            if until is not None and clock.monotonic_s() >= until:
                return

    def _ingest_arguments(self) -> list[str]:
        chosen = [f"seed={self._seed}"] if self._live is None else self._live.options
        name = "simulator" if self._live is None else self._live.source
        return [name, *(part for option in chosen for part in ("-o", option))]

    def numbers_arrived(self) -> bool:
        """Tell whether every account has numbers that the reader sees; one without a past needs time."""
        if not self._picture_expected:
            return True
        if self._live is not None:
            return self._accounts_with_numbers("all") > 0
        return self._accounts_with_numbers("28d") >= len(simulated_brand(self._seed).accounts)

    def _accounts_with_numbers(self, window: str) -> int:
        with ClickHouse(self.settings.clickhouse, READER_USER) as client:
            return int(client.rows(_ACCOUNTS, {"window": window})[0][0])

    def _history(self, stage: Stage, progress: Progress) -> AccountHistory | None:
        """Read the account's past, before anything is started; None: it is in the log, or there is none."""
        live = self._live
        if live is None or live.access is None:
            return None
        history = AccountHistory(live.account, live.access, self.data_dir / "history")
        if history.is_carried:
            return None
        stage(f"reading @{live.account.handle}", history.most_posts)
        found = history.read(progress)
        self._picture_expected = found.posts > 0
        ids = [id_ for network, id_ in found.authors if network == live.account.network]
        if len(ids) == 1:
            self._account = structs.replace(live.account, id=ids[0])
        return history

    def _write_brand(self) -> Path:
        path, live = self.data_dir / "rapport.yaml", self._account
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(write_brand(Brand(accounts=(live,)) if live else simulated_brand(self._seed)))
        named = {(each.network, each.handle) for each in load_brand(path).accounts}
        if live is not None and (live.network, live.handle) not in named:
            raise UsageError(f"{path} does not name @{live.handle}: choose another --data-dir")
        return path

    def _add(self, name: str, arguments: list[str], environment: dict[str, str]) -> None:
        log = self.data_dir / "logs" / f"{name}.log"
        self._parts.append(Supervised(name, arguments, environment, log))

    def _look_after(self) -> None:
        for part in self._parts:
            part.look_after()

    def _wait_for_picture(self, stage: Stage, progress: Progress) -> None:
        deadline = clock.monotonic_s() + FIRST_PICTURE_S
        drawing = False
        with ClickHouse(self.settings.clickhouse, WRITER_USER) as client:
            while not (drawing and self._page_has_data()):
                if self._stop.wait(LOOK_EVERY_S):
                    raise Stopped("stopped")
                if clock.monotonic_s() > deadline:
                    raise Fatal(f"no picture within {FIRST_PICTURE_S:.0f} s: see {self.data_dir}/logs")
                self._look_after()
                behind = self._behind_ms(client)
                progress(max(0, HISTORY_MS - behind))
                if behind <= CAUGHT_UP_MS and not self._picture_expected:
                    return
                if behind <= CAUGHT_UP_MS and not drawing:
                    drawing = True
                    stage("first picture", None)

    def _behind_ms(self, client: ClickHouse) -> int:
        clocks: list[dict[str, int]] = [marks for (marks,) in client.rows(_WATERMARKS)]
        if not clocks or not all(clocks):
            return HISTORY_MS
        return clock.now_ms() - min(min(marks.values()) for marks in clocks)

    def _page_has_data(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.page_address}healthz", timeout=20) as answer:  # noqa: S310
                health = json.load(answer)
        except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError):
            return False
        return int(health.get("with_data", 0)) > 0
