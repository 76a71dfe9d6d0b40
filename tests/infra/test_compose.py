"""docker-compose.yml and what it mounts, as far as it can be checked without Docker."""

import hashlib
import re
import shlex
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from pipelines.brand_writer import write_brand
from pipelines.cli import rapport
from pipelines.errors import UsageError
from pipelines.settings import MIGRATE_USER, READER_USER, WRITER_USER, load_settings, secret
from pipelines.sources.simulator import simulated_brand
from tests.infra.compose_file import (
    ENV_EXAMPLE,
    OPTIONAL,
    REPOSITORY,
    REQUIRED,
    SHAPE,
    Missing,
    compose,
    compose_with,
    variables,
)

OURS = {"migrate", "ingest", "simulator", "worker", "recount"}
LONG_ENOUGH = "twelve-chars"
CLICKHOUSE = REPOSITORY / "infra" / "clickhouse"
GRAFANA = REPOSITORY / "infra" / "grafana"


def services(**env: str) -> dict[str, Any]:
    found: dict[str, Any] = compose(**env)["services"]
    return found


def mounts(service: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for volume in service.get("volumes", []):
        source, target, *_ = volume.split(":")
        yield source, target


def test_file_has_the_shape_of_the_compose_specification() -> None:
    Draft202012Validator(SHAPE).validate(compose(RAPPORT_SOURCE="file x", RAPPORT_BRAND_FILE="brand.yaml"))


def test_what_services_name_is_defined() -> None:
    found = compose()
    for service in found["services"].values():
        assert set(service.get("secrets", [])) <= set(found["secrets"])
        assert set(service["networks"]) <= set(found["networks"])
        assert set(service.get("depends_on", {})) <= set(found["services"])
        named = {source for source, _ in mounts(service) if not source.startswith(".")}
        assert named <= set(found["volumes"])


@pytest.mark.parametrize("name", REQUIRED)
def test_start_without_a_secret_fails_and_names_its_variable(name: str) -> None:
    env = dict.fromkeys(REQUIRED, "./secret")
    for missing in (env | {name: ""}, {key: value for key, value in env.items() if key != name}):
        with pytest.raises(Missing, match=f"{name}: set it to a file with the password of"):
            compose_with(missing)


def test_every_secret_comes_from_a_variable_and_is_required_or_empty() -> None:
    found = compose_with({name: f"./{secret}" for name, secret in REQUIRED.items()})["secrets"]
    empty = {secret: {"file": "./infra/grafana/notify/nobody.txt"} for secret in OPTIONAL.values()}
    assert found == {secret: {"file": f"./{secret}"} for secret in REQUIRED.values()} | empty
    assert (REPOSITORY / "infra" / "grafana" / "notify" / "nobody.txt").read_bytes() == b""
    told = compose(**{name: f"./{secret}" for name, secret in OPTIONAL.items()})["secrets"]
    assert {secret: told[secret]["file"] for secret in OPTIONAL.values()} == {
        secret: f"./{secret}" for secret in OPTIONAL.values()
    }


def test_env_example_lists_every_variable_without_a_value() -> None:
    lines = [line for line in ENV_EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    assert {line.removesuffix("=") for line in lines} == variables()
    assert all(line.endswith("=") and line.count("=") == 1 for line in lines)


def test_no_password_stands_in_an_environment_or_a_command() -> None:
    for service in services().values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name:
                assert name.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_only_grafana_and_the_http_port_of_clickhouse_are_published_and_on_loopback() -> None:
    ports = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert ports == {"grafana": ["127.0.0.1:3000:3000"], "clickhouse": ["127.0.0.1:8123:8123"]}


def test_ports_are_published_from_a_network_that_is_not_internal_and_all_others_have_no_way_out() -> None:
    found = compose()
    internal = {name for name, network in found["networks"].items() if network.get("internal")}
    assert internal == {"inside"}
    alone = {name for name, each in found["services"].items() if set(each["networks"]) == internal}
    assert alone == {"kafka", "migrate", "worker", "simulator", "recount"}


def test_images_of_others_are_pinned_to_a_full_version() -> None:
    for name, service in services().items():
        tag = service["image"].split("@")[0].partition(":")[2]
        assert re.match(r"\d+\.\d+\.\d+", tag), f"{name}: {service['image']}"


def test_mounted_files_are_in_the_tree() -> None:
    for service in services().values():
        for source, _ in mounts(service):
            if source.startswith("./") and not source.startswith("./.rapport/"):
                assert (REPOSITORY / source).exists(), source


def test_own_folders_are_mounted_read_only() -> None:
    for service in services().values():
        assert all(volume.endswith(":ro") for volume in service.get("volumes", []) if volume.startswith("."))


@pytest.mark.parametrize("name", sorted(services()))
def test_service_is_confined(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].partition(":")[0] not in ("", "0", "root")
    assert {"mem_limit", "cpus", "pids_limit", "stop_grace_period", "restart", "logging"} <= set(service)


def test_no_service_asks_for_more_cores_than_two_which_docker_would_refuse_on_a_small_machine() -> None:
    assert max(service["cpus"] for service in services().values()) == 2


def test_everything_that_stays_has_a_health_check_and_waits_for_migrate() -> None:
    for name, service in services().items():
        assert ("healthcheck" in service) == (name != "migrate")
        if name in OURS - {"migrate"} | {"grafana"}:
            assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_no_source_means_no_ingest_and_a_source_means_one() -> None:
    assert int(services()["ingest"]["scale"]) == 0
    assert int(services(RAPPORT_SOURCE="file x")["ingest"]["scale"]) == 1


def test_simulator_runs_in_the_demo_profile_only() -> None:
    assert {name for name, each in services().items() if "profiles" in each} == {"simulator"}
    assert services()["simulator"]["profiles"] == ["demo"]


def test_simulator_gets_the_brand_of_its_seed() -> None:
    simulator = services()["simulator"]
    assert simulator["command"][-2:] == ["--option", "seed=1"]
    (folder,) = (source for source, target in mounts(simulator) if target == "/brand")
    assert (REPOSITORY / folder / "rapport.yaml").read_text() == write_brand(simulated_brand(1))


def parse(words: list[str]) -> None:
    """Let click parse a command line of `rapport` without running it."""
    with click.Context(rapport) as context:
        command = rapport.get_command(context, words[0])
        assert command is not None, words[0]
        with command.make_context(words[0], words[1:], parent=context):
            pass


@pytest.mark.parametrize("name", sorted(OURS))
def test_commands_and_health_checks_are_commands_of_rapport(name: str) -> None:
    service = services(RAPPORT_SOURCE="simulator --option seed=2")[name]
    command = service["command"]
    parse(shlex.split(command) if isinstance(command, str) else command)
    if "healthcheck" in service:
        assert service["healthcheck"]["test"][:2] == ["CMD", "rapport"]
        parse(service["healthcheck"]["test"][2:])


TOKENS = ("RAPPORT_X_BEARER_TOKEN", "RAPPORT_MASTODON_TOKEN")
"""Asked for by a live source when it is made, and by nobody else."""


class _Recorded(dict[str, str]):
    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def environment(name: str, folder: Path, **env: str) -> _Recorded:
    """Return what the service's process finds, with secrets in a folder of the test."""
    for file in [*REQUIRED.values(), *OPTIONAL.values()]:
        (folder / file).write_text(f"{file}\n")
    given = services(**env)[name]["environment"]
    return _Recorded({key: value.replace("/run/secrets", str(folder)) for key, value in given.items()})


@pytest.mark.parametrize("name", sorted(OURS))
def test_settings_read_every_variable_of_a_service(name: str, tmp_path: Path) -> None:
    given = environment(name, tmp_path)
    settings = load_settings(given)
    for token in TOKENS:
        if f"{token}_FILE" in given:
            with pytest.raises(UsageError, match=f"{token} is not set"):
                secret(token, given)
    assert set(given) <= given.asked
    assert settings.kafka_bootstrap == "kafka:9092"
    assert (settings.clickhouse.host, settings.clickhouse.port) == ("clickhouse", 9000)
    assert settings.clickhouse.database == "rapport"
    assert settings.clickhouse.password_of(WRITER_USER) == "clickhouse_writer_password"


def test_only_migrate_knows_the_password_that_changes_the_schema(tmp_path: Path) -> None:
    for name in OURS:
        clickhouse = load_settings(environment(name, tmp_path)).clickhouse
        if name == "migrate":
            assert clickhouse.password_of(MIGRATE_USER) == "clickhouse_migrate_password"
        else:
            with pytest.raises(UsageError):
                clickhouse.password_of(MIGRATE_USER)


def test_brand_file_is_looked_for_in_the_input_folder(tmp_path: Path) -> None:
    assert load_settings(environment("ingest", tmp_path)).brand_file is None
    chosen = environment("ingest", tmp_path, RAPPORT_BRAND_FILE="brand.yaml")
    assert load_settings(chosen).brand_file == Path("/input/brand.yaml")


def test_users_of_clickhouse_are_those_of_the_settings_and_there_is_no_default() -> None:
    users = ET.parse(CLICKHOUSE / "users.d" / "rapport.xml").getroot().find("users")
    assert users is not None
    assert {user.tag for user in users} == {MIGRATE_USER, WRITER_USER, READER_USER}
    base = ET.parse(CLICKHOUSE / "server" / "users.xml").getroot().find("users")
    assert base is not None
    assert list(base) == []


def test_every_file_of_the_servers_configuration_is_mounted() -> None:
    mounted = [REPOSITORY / source for source, _ in mounts(services()["clickhouse"])]
    for file in [*(CLICKHOUSE / "config.d").iterdir(), *(CLICKHOUSE / "users.d").iterdir()]:
        assert file in mounted or file.parent in mounted, file


def run_entrypoint(secrets: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(CLICKHOUSE / "entrypoint.sh"), "env"],
        env={"PATH": "/usr/bin:/bin", "RAPPORT_SECRETS": str(secrets)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_entrypoint_gives_clickhouse_the_hashes_that_its_users_take(tmp_path: Path) -> None:
    wanted = {}
    for user in ("migrate", "writer", "reader"):
        (tmp_path / f"clickhouse_{user}_password").write_text(f"{LONG_ENOUGH} {user}$`\n")
        digest = hashlib.sha256(f"{LONG_ENOUGH} {user}$`".encode()).hexdigest()
        wanted[f"RAPPORT_CLICKHOUSE_{user.upper()}_PASSWORD_SHA256"] = digest
    users = (CLICKHOUSE / "users.d" / "rapport.xml").read_text()
    assert set(re.findall(r'from_env="(\w+)"', users)) == set(wanted)
    done = run_entrypoint(tmp_path)
    given = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert {name: given[name] for name in wanted} == wanted
    assert LONG_ENOUGH not in done.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "WRITER_PASSWORD_FILE cannot be read"), ("", "fewer than 12"), ("short\n", "fewer than 12")],
)
def test_entrypoint_refuses_a_secret_that_is_missing_empty_or_short(
    tmp_path: Path, content: str | None, said: str
) -> None:
    for user in ("migrate", "writer", "reader"):
        (tmp_path / f"clickhouse_{user}_password").write_text(LONG_ENOUGH)
    writer = tmp_path / "clickhouse_writer_password"
    writer.unlink() if content is None else writer.write_text(content)
    done = run_entrypoint(tmp_path)
    assert done.returncode == 2
    assert "RAPPORT_CLICKHOUSE_WRITER_PASSWORD_FILE" in done.stderr
    assert said in done.stderr
    assert done.stdout == ""


def test_grafana_finds_what_its_provisioning_names() -> None:
    grafana = services()["grafana"]
    files = sorted(GRAFANA.rglob("*.yaml"))
    assert {"datasources", "dashboards"} <= {file.parent.name for file in files}
    text = "\n".join(file.read_text() for file in files)
    for name in re.findall(r"\$\{([A-Z][A-Z0-9_]*)\}|\$__env\{(\w+)\}", text):
        assert "".join(name) in grafana["environment"], name
    for path in re.findall(r"\$__file\{([^}]+)\}", text):
        assert path.removeprefix("/run/secrets/") in grafana["secrets"], path


def test_dashboards_are_mounted_where_their_provider_looks() -> None:
    targets = {target for _, target in mounts(services()["grafana"])}
    assert {f"/etc/grafana/provisioning/{each}" for each in ("datasources", "dashboards")} <= targets
    for file in (GRAFANA / "provisioning" / "dashboards").glob("*.yaml"):
        for provider in YAML(typ="safe", pure=True).load(file)["providers"]:
            assert provider["options"]["path"] in targets


@pytest.mark.parametrize("how", ["", "webhook", "slack", "email"])
def test_grafana_is_told_who_hears_of_alerts_by_one_file_of_that_name(how: str) -> None:
    mounted = dict(mounts(services(RAPPORT_ALERTS_BY=how)["grafana"]))
    [file] = [source for source, target in mounted.items() if target.endswith("/alerting/notify.yaml")]
    assert file == f"./infra/grafana/notify/{how or 'nobody'}.yaml"
    assert (REPOSITORY / file).is_file()


def test_mail_is_off_until_a_server_is_named() -> None:
    assert services()["grafana"]["environment"]["GF_SMTP_ENABLED"] == ""
    named = services(RAPPORT_SMTP_HOST="mail.example.org:587")["grafana"]["environment"]
    assert (named["GF_SMTP_ENABLED"], named["GF_SMTP_HOST"]) == ("true", "mail.example.org:587")
