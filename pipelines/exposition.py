"""The figures of a process over HTTP: `/metrics` for Prometheus, `/healthz` for whoever restarts it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from pipelines.settings import MetricsAddress
from pipelines.telemetry import COUNTERS, HELP, Distribution, Reading, Sample

logger = logging.getLogger(__name__)

MAX_PORTS = 64
"""Ports tried one after the other: several workers of a machine share one setting."""


class Exposition:
    """A small server in a thread of its own; it ends with the process.

    `readings` and `ailment` are called from that thread. `ailment` says why the process is not well, in
    words; None: it is.
    """

    def __init__(
        self, part: str, readings: Callable[[], Sequence[Reading]], ailment: Callable[[], str | None]
    ) -> None:
        self._ailment = ailment
        self._registry = CollectorRegistry()
        self._registry.register(_Collector(part, readings))
        ProcessCollector(registry=self._registry)
        self.address: str | None = None
        self._server: ThreadingHTTPServer | None = None

    def start(self, at: MetricsAddress) -> None:
        """Listen, at the first free port from the one that is asked for; without one, say so and go on."""
        if at.port is None:
            return
        self._server = _listening(at.host, at.port, self._answer)
        if self._server is None:
            logger.warning("no port is free from %s:%d on: no metrics, no health", at.host, at.port)
            return
        self.address = f"http://{at.host}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()
        logger.info("metrics and health at %s", self.address)

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _answer(self, path: str) -> tuple[int, str, bytes]:
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest(self._registry)
        if path == "/healthz":
            ailment = self._ailment()
            return 503 if ailment else 200, "text/plain; charset=utf-8", f"{ailment or 'ok'}\n".encode()
        return 404, "text/plain; charset=utf-8", b"there is /metrics and /healthz\n"


class _Collector:
    """Give the readings as Prometheus' families: one family a name, all its labels in it."""

    def __init__(self, part: str, readings: Callable[[], Sequence[Reading]]) -> None:
        self._prefix, self._readings = f"rapport_{part}_", readings

    def collect(self) -> Iterator[Metric]:
        """Give every family."""
        samples: dict[str, list[Sample]] = {}
        for each in self._readings():
            if isinstance(each, Distribution):
                family = HistogramMetricFamily(self._prefix + each.name, HELP[each.name])
                family.add_metric([], each.buckets(), each.sum)
                yield family
            else:
                samples.setdefault(each.name, []).append(each)
        for name, some in samples.items():
            yield self._family(name, some)

    def _family(self, name: str, samples: Iterable[Sample]) -> Metric:
        some = list(samples)
        kind = CounterMetricFamily if name in COUNTERS else GaugeMetricFamily
        family = kind(self._prefix + name, HELP[name], labels=[label for label, _ in some[0].labels])
        for each in some:
            family.add_metric([value for _, value in each.labels], each.value)
        return family


def _listening(
    host: str, port: int, answer: Callable[[str], tuple[int, str, bytes]]
) -> ThreadingHTTPServer | None:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            status, kind, body = answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that is overridden
            logger.debug(format, *args)

    for each in range(port, port + (MAX_PORTS if port else 1)):
        try:
            return _Server((host, each), Handler)
        except OSError:
            continue
    return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True  # a port that was just given up; two listeners it never lets in
