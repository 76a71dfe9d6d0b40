"""What the doctor says of a machine, a brand file and a Grafana."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipelines.diagnosis import Grafana
from pipelines.diagnosis.addresses import exposure, listens
from pipelines.diagnosis.grafana import PLUGIN, check_grafana
from pipelines.diagnosis.machine import check_brand, check_disk, check_machine
from pipelines.settings import Settings, load_settings

TOKEN = "glsa_token"


def settings(**environ: str) -> Settings:
    return load_settings(environ)


class FewPaths(BaseHTTPRequestHandler):
    """Answers as Grafana 13 does at the few addresses that are asked; not a Grafana."""

    answers: dict[str, tuple[int, object]]

    def do_GET(self) -> None:
        open_to_all = self.path == "/api/health"
        if not open_to_all and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, {"message": "Unauthorized"})
        else:
            self._answer(*self.answers.get(self.path, (404, {"message": "Not found"})))

    def _answer(self, status: int, body: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def grafana_url() -> Iterator[str]:
    FewPaths.answers = {
        "/api/health": (200, {"version": "13.0.1", "database": "ok"}),
        f"/api/plugins/{PLUGIN}/settings": (200, {"info": {"version": "4.20.0"}}),
        "/api/datasources/uid/clickhouse/health": (
            200,
            {"status": "OK", "message": "Data source is working"},
        ),
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), FewPaths)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def said(grafana: Grafana) -> list[tuple[str, str]]:
    return [(each.level, each.what) for each in check_grafana(grafana)]


def test_grafana_with_plugin_and_data_source_is_well(grafana_url: str) -> None:
    assert said(Grafana(grafana_url, TOKEN)) == [
        ("ok", f"Grafana 13.0.1 answers at {grafana_url}"),
        ("ok", f"Grafana's plugin {PLUGIN} 4.20.0"),
        ("ok", "Grafana's data source clickhouse: Data source is working"),
    ]


def test_grafana_without_the_plugin_is_wrong_and_without_a_token_not_looked_into(grafana_url: str) -> None:
    del FewPaths.answers[f"/api/plugins/{PLUGIN}/settings"]
    assert ("wrong", f"Grafana has no plugin {PLUGIN}") in said(Grafana(grafana_url, TOKEN))
    assert said(Grafana(grafana_url))[1:] == [
        ("warn", "Grafana's plugin and data source are not checked"),
    ]


def test_grafana_that_is_away_or_no_address_is_wrong() -> None:
    assert said(Grafana("http://127.0.0.1:1")) == [
        ("wrong", "Grafana: http://127.0.0.1:1 does not answer (ConnectionError)")
    ]
    [(level, what)] = said(Grafana("127.0.0.1:3000"))
    assert (level, what) == ("wrong", "Grafana: 127.0.0.1:3000 is no address")
    assert TOKEN not in repr(Grafana("http://g", TOKEN))


def test_the_machine_that_runs_the_tests_has_what_is_required() -> None:
    found = list(check_machine())
    assert [each.what for each in found if each.level == "wrong"] == []
    assert any(each.what.startswith("packages: all ") for each in found)
    assert any(each.what.startswith("Python 3.") for each in found)


def test_a_broker_that_nobody_knows_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_BROKER", "rabbit")
    [wrong] = [each for each in check_machine() if each.level == "wrong"]
    assert "'rabbit'" in wrong.what
    assert wrong.way_out == "unset RAPPORT_BROKER, or set it to kafka or tansu"


def test_disk_is_looked_at_where_the_data_will_be(tmp_path: Path) -> None:
    [found] = check_disk(settings(RAPPORT_DATA_DIR=str(tmp_path / "not" / "there")))
    assert found.what.endswith(f"GB free at {tmp_path}")


def test_a_brand_file_is_named_with_its_first_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [none] = check_brand(settings())
    assert (none.level, none.what.split(",")[0]) == ("warn", "brand file: none")
    [missing] = check_brand(settings(RAPPORT_BRAND_FILE="gone.yaml"))
    assert missing.level == "wrong"
    Path("rapport.yaml").write_text("name: a\nacounts: []\n")
    [typo] = check_brand(settings())
    assert typo.level == "wrong"
    assert "line 2" in typo.what
    assert typo.way_out == "see `rapport brand check rapport.yaml`"
    Path("rapport.yaml").write_text("name: a\n")
    [good] = check_brand(settings())
    assert (good.level, good.what) == ("ok", "brand file rapport.yaml: 0 accounts, 0 topics")


def test_an_address_open_to_others_is_told_from_one_for_this_machine_alone() -> None:
    for host, level in (("127.0.0.1", "ok"), ("0.0.0.0", "warn")):
        server = ThreadingHTTPServer((host, 0), BaseHTTPRequestHandler)
        found = exposure("it", "127.0.0.1", server.server_port)
        assert listens("127.0.0.1", server.server_port)
        server.server_close()
        assert found.level == level
        assert ("for this machine alone" in found.what) == (level == "ok")
    assert not listens("127.0.0.1", 1)
    assert exposure("it", "::ffff:127.0.0.1", 1).what.endswith("for this machine alone")
    assert exposure("it", "store.example", 9000).what == "it listens at store.example:9000"
