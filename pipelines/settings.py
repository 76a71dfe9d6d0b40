"""Addresses and secrets, from the environment. The only reader of os.environ."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from msgspec import Struct

from pipelines.errors import UsageError

_CHANNEL = "RAPPORT_CHANNEL_"
WORKER_METRICS_PORT, INGEST_METRICS_PORT = 9470, 9460
SHORTEST_ERASURE_SECRET = 12
MIGRATE_USER, WRITER_USER, READER_USER = "rapport_migrate", "rapport_writer", "rapport_reader"


class ClickHouseSettings(Struct, frozen=True, kw_only=True):
    """Where ClickHouse is and how each of the three users enters. A password may be None: not needed here."""

    host: str
    port: int
    http_port: int
    database: str
    migrate_password: str | None = None
    writer_password: str | None = None
    reader_password: str | None = None

    def password_of(self, user: str) -> str:
        """Return the password of one of the three users. Raises UsageError that names the variable."""
        password = {
            MIGRATE_USER: self.migrate_password,
            WRITER_USER: self.writer_password,
            READER_USER: self.reader_password,
        }[user]
        if password is None:
            name = f"RAPPORT_CLICKHOUSE_{user.removeprefix('rapport_').upper()}_PASSWORD"
            raise UsageError(
                f"the password of the ClickHouse user {user} is not set: set {name} or {name}_FILE"
            )
        return password

    def __repr__(self) -> str:
        return f"ClickHouseSettings({self.host}:{self.port}/{self.database})"


class MetricsAddress(Struct, frozen=True):
    """Where a part shows its figures and its health. Port 0: any that is free; None: nowhere."""

    host: str = "127.0.0.1"
    port: int | None = None


class XSpending(Struct, frozen=True, kw_only=True):
    """What reading X costs and may cost, in millionths of a dollar. A budget that is None was not set.

    The prices are those that X published for pay-per-use on `as_of`: look them up before you rely on them.
    """

    day_micros: int | None = None
    month_micros: int | None = None
    post_micros: int = 5_000
    user_micros: int = 10_000
    as_of: str = "2026-11-22"


class ErasureSecret(Struct, frozen=True):
    """By what people who were erased are recognised."""

    text: str

    def __repr__(self) -> str:
        return "ErasureSecret()"


class AlertChannels(Struct, frozen=True):
    """Addresses of channels by their names, as apprise takes them. They are secrets."""

    addresses: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"AlertChannels({', '.join(self.addresses)})"


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that a part needs to know about its surroundings."""

    clickhouse: ClickHouseSettings
    kafka_bootstrap: str = "127.0.0.1:9092"
    broker_kind: str = "kafka"
    topic_prefix: str = ""
    consumer_group: str = "rapport"
    partitions: int = 8
    data_dir: Path = Path(".rapport")
    brand_file: Path | None = None
    insert_every_s: float = 1.0
    checkpoint_every_s: float = 60.0
    tick_every_s: float = 10.0
    """Seconds between two ticks of a live ingest, and between two signs of life of each part."""
    facts_ttl_days: int = 400
    erasure_secret: ErasureSecret | None = None
    bluesky_url: str = "https://public.api.bsky.app"
    mastodon_url: str = ""
    """Where Mastodon's API is asked; empty: at the instance that a handle names."""
    worker_metrics: MetricsAddress = MetricsAddress()
    ingest_metrics: MetricsAddress = MetricsAddress()
    spool_bytes: int = 512 << 20
    stalled_s: float = 120.0
    x_spending: XSpending = XSpending()
    alert_channels: AlertChannels = AlertChannels()
    dashboards_url: str = ""
    """Where Grafana is, for links in messages; empty: none are given."""
    runbook_url: str = ""
    """Where people read what to do about an alert of Grafana; empty: rules that are pushed have no link."""

    @property
    def events_topic(self) -> str:
        """Name of the topic that holds the log."""
        return f"{self.topic_prefix}events"

    @property
    def dead_letters_topic(self) -> str:
        """Name of the topic for documents that can never be counted."""
        return f"{self.topic_prefix}dead-letters"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process. Raises UsageError that names a variable with a wrong value."""
    env = os.environ if environ is None else environ
    brand = env.get("RAPPORT_BRAND_FILE")
    return Settings(
        clickhouse=_clickhouse(env),
        kafka_bootstrap=env.get("RAPPORT_KAFKA_BOOTSTRAP", "127.0.0.1:9092"),
        broker_kind=env.get("RAPPORT_BROKER_KIND", "kafka"),
        topic_prefix=env.get("RAPPORT_TOPIC_PREFIX", ""),
        consumer_group=env.get("RAPPORT_CONSUMER_GROUP", "rapport"),
        partitions=_number(env, "RAPPORT_PARTITIONS", 8),
        data_dir=Path(env.get("RAPPORT_DATA_DIR", ".rapport")),
        brand_file=Path(brand) if brand else None,
        insert_every_s=_seconds(env, "RAPPORT_INSERT_EVERY_S", 1.0),
        checkpoint_every_s=_seconds(env, "RAPPORT_CHECKPOINT_EVERY_S", 60.0),
        tick_every_s=_seconds(env, "RAPPORT_TICK_EVERY_S", 10.0),
        facts_ttl_days=_number(env, "RAPPORT_FACTS_TTL_DAYS", 400),
        erasure_secret=_erasure_secret(env),
        bluesky_url=_address(env, "RAPPORT_BLUESKY_URL", "https://public.api.bsky.app"),
        mastodon_url=_address(env, "RAPPORT_MASTODON_URL", ""),
        worker_metrics=_metrics(env, WORKER_METRICS_PORT),
        ingest_metrics=_metrics(env, INGEST_METRICS_PORT),
        spool_bytes=_number(env, "RAPPORT_SPOOL_MB", 512) << 20,
        stalled_s=_seconds(env, "RAPPORT_STALLED_S", 120.0),
        x_spending=_x_spending(env),
        alert_channels=_channels(env),
        dashboards_url=_address(env, "RAPPORT_DASHBOARDS_URL", ""),
        runbook_url=_address(env, "RAPPORT_RUNBOOK_URL", ""),
    )


def _erasure_secret(env: Mapping[str, str]) -> ErasureSecret | None:
    text = _secret(env, "RAPPORT_ERASURE_SECRET")
    if not text:
        return None
    if len(text) < SHORTEST_ERASURE_SECRET:
        raise UsageError(
            f"RAPPORT_ERASURE_SECRET has fewer than {SHORTEST_ERASURE_SECRET} characters: who was erased"
            " could be guessed"
        )
    return ErasureSecret(text)


def _x_spending(env: Mapping[str, str]) -> XSpending:
    known = XSpending()
    return XSpending(
        day_micros=_micros(env, "RAPPORT_X_DAILY_BUDGET_USD", None),
        month_micros=_micros(env, "RAPPORT_X_MONTHLY_BUDGET_USD", None),
        post_micros=_micros(env, "RAPPORT_X_POST_PRICE_USD", known.post_micros) or 0,
        user_micros=_micros(env, "RAPPORT_X_USER_PRICE_USD", known.user_micros) or 0,
        as_of=env.get("RAPPORT_X_PRICES_AS_OF") or known.as_of,
    )


def _micros(env: Mapping[str, str], name: str, default: int | None) -> int | None:
    text = env.get(name)
    if not text:
        return default
    try:
        micros = int(Decimal(text) * 1_000_000)
    except (InvalidOperation, ValueError, OverflowError):
        micros = -1
    if micros < 0:
        raise UsageError(f"{name} must be dollars, 0 or more, such as 2.50, not {text!r}")
    return micros


def _channels(env: Mapping[str, str]) -> AlertChannels:
    """Return RAPPORT_CHANNEL_NAME (or its _FILE) as the address of the channel `name`."""
    names = {
        name.removeprefix(_CHANNEL).removesuffix("_FILE").lower() for name in env if name.startswith(_CHANNEL)
    }
    found = {name: _secret(env, f"{_CHANNEL}{name.upper()}") for name in sorted(names) if name}
    return AlertChannels({name: address for name, address in found.items() if address})


def _metrics(env: Mapping[str, str], default_port: int) -> MetricsAddress:
    host = env.get("RAPPORT_METRICS_HOST", "127.0.0.1")
    text = env.get("RAPPORT_METRICS_PORT", str(default_port))
    if text == "off":
        return MetricsAddress(host, None)
    if not text.isdecimal() or int(text) > 65_535:
        raise UsageError(f"RAPPORT_METRICS_PORT must be a port, 0 for any that is free, or off, not {text!r}")
    return MetricsAddress(host, int(text))


def _clickhouse(env: Mapping[str, str]) -> ClickHouseSettings:
    return ClickHouseSettings(
        host=env.get("RAPPORT_CLICKHOUSE_HOST", "127.0.0.1"),
        port=_number(env, "RAPPORT_CLICKHOUSE_PORT", 9000),
        http_port=_number(env, "RAPPORT_CLICKHOUSE_HTTP_PORT", 8123),
        database=env.get("RAPPORT_CLICKHOUSE_DATABASE", "rapport"),
        migrate_password=_secret(env, "RAPPORT_CLICKHOUSE_MIGRATE_PASSWORD"),
        writer_password=_secret(env, "RAPPORT_CLICKHOUSE_WRITER_PASSWORD"),
        reader_password=_secret(env, "RAPPORT_CLICKHOUSE_READER_PASSWORD"),
    )


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isdecimal() or int(text) == 0:
        raise UsageError(f"{name} must be a whole number above 0, not {text!r}")
    return int(text)


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, str(default))
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86_400:
        raise UsageError(f"{name} must be seconds, above 0 and below a day, not {text!r}")
    return seconds


def _address(env: Mapping[str, str], name: str, default: str) -> str:
    address = env.get(name, default)
    if address and not address.startswith(("https://", "http://")):
        raise UsageError(f"{name} must be an address that begins with https://, not {address!r}")
    return address.rstrip("/")


def secret(name: str, environ: Mapping[str, str] | None = None) -> str:
    """Return a token out of the variable `name`, or out of the file that `name`_FILE names.

    Asked for when it is needed and kept nowhere else. Raises UsageError that names the variable.
    """
    found = _secret(os.environ if environ is None else environ, name)
    if not found:
        raise UsageError(f"{name} is not set: set it, or {name}_FILE with the path of a file that holds it")
    return found


def _secret(env: Mapping[str, str], name: str) -> str | None:
    path = env.get(f"{name}_FILE")
    if not path:
        return env.get(name)
    try:
        return Path(path).read_text().rstrip("\n")
    except OSError as error:
        raise UsageError(f"{name}_FILE names {path}, which cannot be read: {error.strerror}") from error
