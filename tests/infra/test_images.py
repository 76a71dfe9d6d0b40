"""infra/Dockerfile, the lock file that it installs, and Kafka's configuration for docker compose."""

import os
import re
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest

from infra.locked import part_of
from pipelines import __version__
from tests.infra.compose_file import REPOSITORY, compose

DOCKERFILE = (REPOSITORY / "infra" / "Dockerfile").read_text()
LOCK = (REPOSITORY / "requirements.lock").read_text()
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
KAFKA = REPOSITORY / "infra" / "kafka"
SMALL_LOCK = """\
# made by a tool
app==1 \\
    --hash=sha256:aa
    # via rapport (pyproject.toml)
base==2 ; python_version < '3.12' \\
    --hash=sha256:bb
    # via
    #   app
    #   tester
base==3 ; python_version >= '3.12' \\
    --hash=sha256:cc
    # via
    #   app
    #   tester
only-tests==4 \\
    --hash=sha256:dd
    # via tester
tester==5 \\
    --hash=sha256:ee
    # via rapport (pyproject.toml)
"""


def packages(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))


def test_part_of_a_lock_holds_what_the_roots_need_in_every_version_and_no_more() -> None:
    part = part_of(SMALL_LOCK, ["App"])
    assert re.findall(r"^\S+", part, re.MULTILINE) == ["app==1", "base==2", "base==3"]
    assert re.findall(r"sha256:(\w+)", part) == ["aa", "bb", "cc"]


def test_root_that_is_not_locked_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="not in the lock file: gone"):
        part_of(SMALL_LOCK, ["app", "gone"])


def test_image_holds_what_runs_and_nothing_that_tests_or_builds() -> None:
    names = [re.split(r"[<>=\[]", each)[0].replace(".", "-") for each in PROJECT["dependencies"]]
    run = packages(part_of(LOCK, names))
    assert set(names) <= run
    assert not run & {"hatchling", "hypothesis", "mypy", "playwright", "pytest", "ruff", "scipy"}


def test_images_are_built_from_full_versions() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 3
    assert all(re.search(r":\d+\.\d+\.\d+", base) for base in bases)
    assert bases[0] == bases[1]


def test_images_are_named_by_the_versions_inside() -> None:
    services = compose()["services"]
    grafana = re.search(r"^FROM grafana/grafana:([\d.]+)@", DOCKERFILE, re.MULTILINE)
    plugin = re.search(r"plugins install grafana-clickhouse-datasource ([\d.]+)$", DOCKERFILE, re.MULTILINE)
    assert grafana and plugin
    assert services["grafana"]["image"] == f"rapport-grafana:{grafana[1]}-{plugin[1]}"
    assert services["worker"]["image"] == f"rapport:{__version__}"


def test_targets_of_compose_are_stages_and_run_without_root() -> None:
    stages = re.split(r"^FROM \S+ AS ", DOCKERFILE, flags=re.MULTILINE)[1:]
    last_user = {stage.split()[0]: re.findall(r"^USER (\S+)", stage, re.MULTILINE)[-1:] for stage in stages}
    assert last_user == {"build": [], "rapport": ["10001:10001"], "grafana": ["grafana"]}
    for service in compose()["services"].values():
        if "build" in service:
            assert service["build"]["dockerfile"] == "infra/Dockerfile"
            assert service["build"]["target"] in {"rapport", "grafana"}
    assert compose()["services"]["worker"]["user"] == "10001:10001"


def test_every_installation_checks_hashes_or_asks_no_index() -> None:
    installs = re.findall(r" -m pip (?:--python \S+ )?(?:install|wheel) .*", DOCKERFILE)
    assert len(installs) == 4
    assert all("--require-hashes" in each or "--no-index" in each for each in installs)
    assert all("--no-deps" in each for each in installs)


def test_builder_gets_all_that_is_copied() -> None:
    let_in = set(re.findall(r"^!(\S+)$", (REPOSITORY / ".dockerignore").read_text(), re.MULTILINE))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert {word.split("/")[0] for line in copied for word in line.split()} == let_in


def properties(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_kafka_in_compose_is_set_as_the_embedded_one_but_for_addresses() -> None:
    embedded = properties(REPOSITORY / "infra" / "embedded" / "server.properties")
    ours = properties(KAFKA / "server.properties")
    own_matters = {"broker.session.timeout.ms", "broker.heartbeat.interval.ms"}
    assert {key: ours[key] for key in set(embedded) - own_matters} == {
        key: value for key, value in embedded.items() if key not in own_matters
    }
    assert ours["advertised.listeners"] == "PLAINTEXT://kafka:9092"
    assert f"{ours['log.dirs']}" == compose()["services"]["kafka"]["volumes"][0].split(":")[1]


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(stat.S_IRWXU)


def test_storage_is_formatted_once_with_an_id_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "data").mkdir()
    calls, formatted = tmp_path / "calls", tmp_path / "data" / "meta.properties"
    script(
        tmp_path / "bin" / "kafka-storage.sh",
        f'[ "$1" = random-uuid ] && echo ID && exit; echo "$@" >> {calls}; touch {formatted}',
    )
    script(tmp_path / "bin" / "kafka-server-start.sh", f'echo start "$@" >> {calls}')
    (tmp_path / "server.properties").write_text(f"node.id=1\nlog.dirs={tmp_path}/data\n")
    (tmp_path / "start.sh").write_text((KAFKA / "start.sh").read_text())
    for _ in range(2):
        environ = {"PATH": os.environ["PATH"], "KAFKA_HOME": str(tmp_path)}
        subprocess.run(["/bin/sh", str(tmp_path / "start.sh")], env=environ, check=True)
    file = tmp_path / "server.properties"
    assert calls.read_text().splitlines() == [
        f"format --cluster-id ID --config {file}",
        f"start {file}",
        f"start {file}",
    ]
