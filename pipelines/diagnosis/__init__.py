"""What is wrong with a set-up: a machine, a broker, a store, a brand file, a Grafana. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.diagnosis.broker import check_broker
from pipelines.diagnosis.finding import Finding, Level
from pipelines.diagnosis.grafana import Grafana, check_grafana
from pipelines.diagnosis.machine import check_brand, check_disk, check_machine
from pipelines.diagnosis.store import check_store
from pipelines.settings import Settings

__all__ = ["Finding", "Grafana", "Level", "examine", "examine_machine"]


def examine_machine() -> Iterator[Finding]:
    """Look at what is installed."""
    yield from check_machine()


def examine(settings: Settings, *, broker: bool = True, grafana: Grafana | None = None) -> Iterator[Finding]:
    """Look at everything that the settings name, one finding after the other.

    Without `broker` it is known to be stopped. What is away is a finding, never an error.
    """
    yield from check_disk(settings)
    yield from check_brand(settings)
    yield from check_store(settings.clickhouse)
    yield from check_broker(settings, stopped=not broker)
    if grafana is not None:
        yield from check_grafana(grafana)
