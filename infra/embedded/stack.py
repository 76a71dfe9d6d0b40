"""The embedded stack: starts a broker and a store, keeps them alive, stops them."""

import atexit
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.embedded import clickhouse_store, kafka_broker, locations, tansu_broker
from infra.embedded.addresses import BrokerAddress, RunningStack, StoreAddress
from infra.embedded.datadir import DataDir
from infra.embedded.errors import EmbeddedError, StartFailed
from infra.embedded.ports import LOOPBACK, free_ports
from infra.embedded.supervisor import Child

_ATTEMPTS = 3


class EmbeddedStack:
    """A broker and a ClickHouse server on 127.0.0.1, their data in `data_dir`.

    `broker` is "kafka" or "tansu"; None takes RAPPORT_BROKER, else Kafka where it is installed, else Tansu.
    With `with_broker=False` only the store runs. The reader may select from the views of `databases`.
    Both processes end with this one, however it ends.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        broker: str | None = None,
        on_progress: Callable[[str], None] | None = None,
        with_broker: bool = True,
        databases: Sequence[str] = (clickhouse_store.DATABASE,),
    ) -> None:
        self._data_dir = DataDir(data_dir)
        self._asked = broker
        self._say = on_progress or (lambda _: None)
        self._with_broker = with_broker
        self._databases = tuple(databases)
        self._children: dict[str, Child] = {}
        self._broker: BrokerAddress | None = None
        self._store: StoreAddress | None = None

    @property
    def broker(self) -> BrokerAddress:
        """The broker's address; raises EmbeddedError when it does not run."""
        if self._broker is None:
            raise EmbeddedError("the broker does not run")
        return self._broker

    @property
    def store(self) -> StoreAddress:
        """The store's address; raises EmbeddedError when it does not run."""
        if self._store is None:
            raise EmbeddedError("the store does not run")
        return self._store

    @property
    def restarts(self) -> dict[str, int]:
        """How often each child, by its part ("broker", "store"), ended by itself and was started again."""
        return {part: child.restarts for part, child in self._children.items()}

    @property
    def pids(self) -> dict[str, int | None]:
        """The process of each part; None while it is being started again."""
        return {part: child.pid for part, child in self._children.items()}

    def environ(self) -> dict[str, str]:
        """Return the RAPPORT_* variables with which others find the stack, passwords included."""
        return {**self.store.environ(), **(self._broker.environ() if self._broker else {})}

    def start(self) -> None:
        """Start both children side by side and wait until they answer.

        Raises DataDirInUse, SetupMissing or StartFailed; nothing is left running then.
        """
        self._data_dir.acquire()
        atexit.register(self.stop)
        try:
            self._start_children()
        except BaseException:
            self.stop()
            raise
        self._data_dir.publish(RunningStack(pid=os.getpid(), store=self.store, broker=self._broker))

    def stop(self) -> None:
        """Stop the children and give the data directory back; harmless when nothing runs."""
        for child in self._children.values():
            child.request_stop()
        for child in self._children.values():
            child.stop()
        self._broker = self._store = None
        self._data_dir.release()
        atexit.unregister(self.stop)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_children(self) -> None:
        kind = self._choose_broker() if self._with_broker else None
        for attempt in range(1, _ATTEMPTS + 1):
            self._launch(kind)
            try:
                for child in self._children.values():
                    child.wait_ready()
                return
            except StartFailed as error:
                if attempt == _ATTEMPTS or "in use" not in str(error):
                    raise
                self._say("a port was taken meanwhile: trying others")
                for child in self._children.values():
                    child.stop()

    def _choose_broker(self) -> str:
        kind = self._asked or locations.forced_broker()
        if kind is None:
            kind = "kafka" if kafka_broker.is_installed() else "tansu"
        if kind == "tansu":
            self._say(f"broker: Tansu {tansu_broker.version} (in memory: its log is gone when it stops)")
        else:
            self._say(f"broker: Apache Kafka {kafka_broker.version()}")
        return kind

    def _launch(self, kind: str | None) -> None:
        """Choose ports and start the children; the store first, as the broker may have to be formatted."""
        native_port, http_port, broker_port, controller_port = free_ports(4)
        passwords = self._data_dir.passwords()
        self._say("store: ClickHouse")
        self._children["store"] = Child(
            clickhouse_store.spec(
                self._data_dir,
                native_port=native_port,
                http_port=http_port,
                passwords=passwords,
                databases=self._databases,
            )
        )
        self._children["store"].start()
        self._store = StoreAddress(
            host=LOOPBACK,
            native_port=native_port,
            http_port=http_port,
            database=clickhouse_store.DATABASE,
            migrate_password=passwords.migrate,
            writer_password=passwords.writer,
            reader_password=passwords.reader,
        )
        if kind is not None:
            self._launch_broker(kind, broker_port, controller_port)

    def _launch_broker(self, kind: str, port: int, controller_port: int) -> None:
        if kind == "kafka":
            spec = kafka_broker.spec(self._data_dir, port=port, controller_port=controller_port)
            version = kafka_broker.version() or ""
        else:
            spec = tansu_broker.spec(self._data_dir, port=port)
            version = tansu_broker.version
        self._children["broker"] = Child(spec)
        self._children["broker"].start()
        self._broker = BrokerAddress(kind=kind, bootstrap=f"{LOOPBACK}:{port}", version=version)


def find_running(data_dir: Path) -> RunningStack | None:
    """Return the living stack that holds the directory, None when there is none."""
    return DataDir(data_dir).running()
