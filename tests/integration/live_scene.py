"""Three networks, played, and the one process that carries them into a log of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from infra.embedded import EmbeddedStack
from pipelines import clock, offsets, topics
from pipelines.brand import Account, Brand
from pipelines.brand_writer import write_brand
from pipelines.events import AnyEvent, Gap, decode, split_batch
from pipelines.preparation import prepare
from pipelines.settings import Settings, load_settings
from tests.sources.servers.jetstream_server import POST, Happening, JetstreamServer, jetstream_server
from tests.sources.servers.mastodon_server import MastodonServer, mastodon_server
from tests.sources.servers.x_server import XServer, iso, x_server

ROOT = Path(__file__).parents[2]
CANARY = "canary-0d9c41-token"
OVEN, FAN = "did:plc:oven7oven7oven7oven7oven", "did:plc:fan7fan7fan7fan7fan7fan7"


class Scene:
    """The three networks, played; a log of their own; and the one process that carries them into it."""

    def __init__(
        self,
        settings: Settings,
        environ: dict[str, str],
        networks: tuple[JetstreamServer, XServer, MastodonServer],
    ) -> None:
        self.settings = settings
        self.jetstream, self.x, self.mastodon = networks
        self.environ = environ
        self.output = settings.data_dir / "ingest.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        x, mastodon = self.x.http.url, self.mastodon.http.url
        options = [
            f"jetstream.servers={self.jetstream.url()}",
            f"jetstream.appview={x}",
            "jetstream.idle_s=60000",
            f"x-stream.api={x}",
            f"mastodon.instance={mastodon}",
            *(f"{name}.pauses=0.05" for name in ("jetstream", "x-stream", "mastodon")),
        ]
        chosen = [part for option in options for part in ("-o", option)]
        command = [sys.executable, "-m", "pipelines", "-v", "ingest", "jetstream,x-stream,mastodon", *chosen]
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                command, env=self.environ, cwd=ROOT, stdout=output, stderr=output
            )

    def stop(self, number: int) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(40)

    def kill_if_it_runs(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def wait(self, condition: Callable[[], object], patience_s: float = 60.0) -> None:
        deadline = time.monotonic() + patience_s
        while not condition():
            assert self._process is None or self._process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def said(self) -> str:
        return self.everything_said()[-4_000:]

    def everything_said(self) -> str:
        return self.output.read_text(errors="replace")

    def log(self) -> list[AnyEvent]:
        return [decode(document) for message in self.messages() for document in split_batch(message)]

    def ids(self, *kinds: type) -> set[str]:
        return {each.id for each in self.log() if isinstance(each, kinds)}

    def messages(self) -> list[bytes]:
        ends = offsets.end_offsets(self.settings)
        consumer = KafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap, group_id=None, enable_auto_commit=False
        )
        found: list[bytes] = []
        try:
            for partition, end in ends.items():
                place = TopicPartition(self.settings.events_topic, partition)
                consumer.assign([place])
                consumer.seek(place, 0)
                read = 0
                while read < end:
                    records = consumer.poll(timeout_ms=500).get(place, [])
                    read += len(records)
                    found += [record.value for record in records]
        finally:
            consumer.close()
        return found

    def gaps(self) -> list[Gap]:
        return [each for each in self.log() if isinstance(each, Gap) and each.until > each.occurred_at]

    def rapport(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipelines", *arguments]
        return subprocess.run(
            command, env=self.environ, cwd=ROOT, capture_output=True, text=True, check=False
        )


@contextmanager
def playing(
    stack: EmbeddedStack, database: str, topic_prefix: str, folder: Path, **more: str
) -> Iterator[Scene]:
    brand = Brand(
        accounts=(
            Account(network="bluesky", id=OVEN),
            Account(network="x", handle="oven", id="11"),
            Account(network="mastodon", handle="oven@oven.example"),
        )
    )
    (folder / "rapport.yaml").write_text(write_brand(brand))
    environ = {
        **os.environ,
        **stack.environ(),
        "RAPPORT_CLICKHOUSE_DATABASE": database,
        "RAPPORT_TOPIC_PREFIX": topic_prefix,
        "RAPPORT_CONSUMER_GROUP": topic_prefix,
        "RAPPORT_PARTITIONS": "2",
        "RAPPORT_DATA_DIR": str(folder),
        "RAPPORT_BRAND_FILE": str(folder / "rapport.yaml"),
        "RAPPORT_X_BEARER_TOKEN": CANARY,
        "RAPPORT_MASTODON_TOKEN": CANARY,
        "RAPPORT_X_DAILY_BUDGET_USD": "50",
        "RAPPORT_X_MONTHLY_BUDGET_USD": "500",
        "RAPPORT_METRICS_PORT": "0",
        **more,
    }
    settings = load_settings(environ)
    prepare(settings)
    with jetstream_server() as jetstream, x_server() as x, mastodon_server() as mastodon:
        x.users["11"] = {"id": "11", "username": "oven", "public_metrics": {"followers_count": 120}}
        scene = Scene(settings, environ, (jetstream, x, mastodon))
        try:
            yield scene
        finally:
            scene.kill_if_it_runs()
            topics.delete_topics(settings)


def bluesky(seq: int, collection: str = POST, did: str = OVEN, **more: object) -> Happening:
    at = clock.now_ms()
    record = {"text": "bread", "createdAt": iso(at), **more}
    return Happening(seq, at, did, collection=collection, rkey=f"3m{seq}", record=record)


def withdrawn(seq: int, of: Happening) -> Happening:
    return Happening(seq, clock.now_ms(), of.did, operation="delete", collection=of.collection, rkey=of.rkey)
