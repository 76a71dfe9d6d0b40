"""Figures and health over HTTP, as Prometheus and a health check ask for them."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipelines.exposition import Exposition
from pipelines.settings import MetricsAddress
from pipelines.telemetry import Distribution, Sample


class _Told:
    ailment: str | None = None


@pytest.fixture
def told() -> _Told:
    return _Told()


@pytest.fixture
def served(told: _Told) -> Iterator[Exposition]:
    rows = Distribution("batch_rows", (10, 100))
    rows.observe(50)
    readings = [
        Sample("lag_records", 5, (("partition", "0"),)),
        Sample("lag_records", 7, (("partition", "1"),)),
        Sample("dead_letters", 2, (("reason", 'text "quoted"\n'),)),
        rows,
    ]
    exposition = Exposition("worker", lambda: readings, lambda: told.ailment)
    exposition.start(MetricsAddress(port=0))
    yield exposition
    exposition.stop()


def get(exposition: Exposition, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{exposition.address}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_prometheus_reads_every_figure_with_its_labels(served: Exposition) -> None:
    _, text = get(served, "/metrics")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["rapport_worker_lag_records", "0"] == 5
    assert samples["rapport_worker_lag_records", "1"] == 7
    assert samples["rapport_worker_dead_letters_total", 'text "quoted"\n'] == 2
    assert samples["rapport_worker_batch_rows_bucket", "10"] == 0
    assert samples["rapport_worker_batch_rows_bucket", "100"] == 1
    assert samples[("rapport_worker_batch_rows_sum",)] == 50
    assert samples[("process_resident_memory_bytes",)] > 1_000_000


def test_health_is_503_with_the_reason_while_there_is_no_progress(served: Exposition, told: _Told) -> None:
    assert get(served, "/healthz") == (200, "ok\n")
    told.ailment = "partition 3 has stood for 61 s though 5 records wait"
    assert get(served, "/healthz") == (503, "partition 3 has stood for 61 s though 5 records wait\n")
    assert get(served, "/other")[0] == 404


def test_it_listens_on_loopback_alone_and_a_taken_port_gives_the_next(served: Exposition) -> None:
    assert served.address is not None
    assert served.address.startswith("http://127.0.0.1:")
    port = int(served.address.rpartition(":")[2])
    second = Exposition("ingest", list, lambda: None)
    second.start(MetricsAddress(port=port))
    assert second.address is not None
    assert port < int(second.address.rpartition(":")[2]) < port + 64
    second.stop()


def test_without_a_port_nothing_listens() -> None:
    exposition = Exposition("ingest", list, lambda: None)
    exposition.start(MetricsAddress(port=None))
    assert exposition.address is None
    exposition.stop()
