"""The files from which Grafana is provisioned fit the boards, the users and docker compose."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from ruamel.yaml import YAML

from dashboards import DASHBOARDS
from dashboards.grafana import SOURCE_TYPE, file_name, render
from pipelines.settings import READER_USER
from tests.conftest import REPOSITORY

PROVISIONING = REPOSITORY / "infra" / "grafana" / "provisioning"


def read(path: str) -> Any:
    return YAML(typ="safe").load((PROVISIONING / path).read_text())


def compose() -> Any:
    return YAML(typ="safe").load((REPOSITORY / "docker-compose.yml").read_text())["services"]["grafana"]


def test_the_boards_choose_the_provisioned_data_source() -> None:
    (source,) = read("datasources/clickhouse.yaml")["datasources"]
    assert source["type"] == SOURCE_TYPE
    for board in DASHBOARDS:
        variable = render(board)["templating"]["list"][0]
        assert variable["current"] == {"text": source["name"], "value": source["uid"]}


def test_grafana_enters_as_the_reader_with_a_secret_from_a_file() -> None:
    (source,) = read("datasources/clickhouse.yaml")["datasources"]
    assert source["jsonData"]["username"] == READER_USER
    assert source["secureJsonData"]["password"] == "$__file{/run/secrets/clickhouse_reader_password}"
    assert "clickhouse_reader_password" in compose()["secrets"]


def test_grafana_gets_every_variable_that_its_files_name() -> None:
    (source,) = read("datasources/clickhouse.yaml")["datasources"]
    named = {value.removeprefix("$") for value in source["jsonData"].values() if str(value).startswith("$")}
    assert named == {"RAPPORT_CLICKHOUSE_HOST", "RAPPORT_CLICKHOUSE_PORT", "RAPPORT_CLICKHOUSE_DATABASE"}
    assert named <= compose()["environment"].keys()


def test_alerts_link_to_a_runbook_that_this_grafana_serves_unless_told_otherwise() -> None:
    """Grafana serves what lies in its folder `public`, at the path of that name."""
    (mount,) = (each for each in compose()["volumes"] if "runbook" in each)
    source, target, mode = mount.split(":")
    served = target.removeprefix("/usr/share/grafana")
    assert (REPOSITORY / source).is_file()
    assert (served.split("/")[1], mode) == ("public", "ro")
    address = compose()["environment"]["RAPPORT_RUNBOOK_URL"]
    assert address == f"${{RAPPORT_RUNBOOK_URL:-http://localhost:3000{served}}}"


def test_the_boards_are_mounted_where_the_provider_looks() -> None:
    (provider,) = read("dashboards/rapport.yaml")["providers"]
    assert f"./dashboards/rendered:{provider['options']['path']}:ro" in compose()["volumes"]
    assert {file.name for file in (REPOSITORY / "dashboards" / "rendered").glob("*.json")} == {
        file_name(board) for board in DASHBOARDS
    }


def test_the_data_source_asks_for_no_longer_than_the_reader_may() -> None:
    """Its driver, clickhouse-go, asks for five seconds more than its timeout; 60 s is its default."""
    (source,) = read("datasources/clickhouse.yaml")["datasources"]
    users = ElementTree.parse(REPOSITORY / "infra" / "clickhouse" / "users.d" / "rapport.xml")
    most = users.findtext(".//rapport_reader/constraints/max_execution_time/max")
    assert most is not None
    assert int(source["jsonData"]["queryTimeout"]) + 5 <= int(most)
    assert int(most) >= 60 + 5
