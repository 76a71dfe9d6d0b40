"""Where the broker and the store listen, and how to log in."""

import msgspec


class BrokerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The address of the broker; `kind` is "kafka" or "tansu", `bootstrap` is "127.0.0.1:PORT"."""

    kind: str
    bootstrap: str
    version: str

    def environ(self) -> dict[str, str]:
        """Return the RAPPORT_* variables that name this broker."""
        return {"RAPPORT_KAFKA_BOOTSTRAP": self.bootstrap, "RAPPORT_BROKER_KIND": self.kind}


class StoreAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The address of ClickHouse and the passwords of its three users; the passwords are not in its repr."""

    host: str
    native_port: int
    http_port: int
    database: str
    migrate_password: str
    writer_password: str
    reader_password: str

    def __repr__(self) -> str:
        return (
            f"StoreAddress(host={self.host!r}, native_port={self.native_port}, "
            f"http_port={self.http_port}, database={self.database!r})"
        )

    def environ(self) -> dict[str, str]:
        """Return the RAPPORT_* variables that name this store, passwords included."""
        return {
            "RAPPORT_CLICKHOUSE_HOST": self.host,
            "RAPPORT_CLICKHOUSE_PORT": str(self.native_port),
            "RAPPORT_CLICKHOUSE_HTTP_PORT": str(self.http_port),
            "RAPPORT_CLICKHOUSE_DATABASE": self.database,
            "RAPPORT_CLICKHOUSE_MIGRATE_PASSWORD": self.migrate_password,
            "RAPPORT_CLICKHOUSE_WRITER_PASSWORD": self.writer_password,
            "RAPPORT_CLICKHOUSE_READER_PASSWORD": self.reader_password,
        }


class RunningStack(msgspec.Struct, frozen=True, kw_only=True):
    """A living stack of another process; `broker` is None when it runs the store alone."""

    pid: int
    store: StoreAddress
    broker: BrokerAddress | None

    def environ(self) -> dict[str, str]:
        """Return the RAPPORT_* variables of the whole stack."""
        return {**self.store.environ(), **(self.broker.environ() if self.broker else {})}
