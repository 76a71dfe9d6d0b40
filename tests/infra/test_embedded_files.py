"""What the embedded stack writes and reads on disk, without starting it."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from infra.embedded import SetupMissing, StartFailed, grants, locations
from infra.embedded.datadir import DataDir
from infra.embedded.ports import free_ports
from infra.embedded.supervisor import Child, ChildSpec


def test_committed_grants_are_those_of_the_views_in_the_sql_files() -> None:
    expected = grants.reader_views(["rapport"])
    assert grants.COMMITTED.read_text() == expected, "run `python -m infra.embedded.write_grants`"


def test_views_are_found_in_sql_and_materialized_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "a.sql").write_text(
        "-- why\nCREATE OR REPLACE VIEW metrics\nAS SELECT 1;\n"
        "CREATE MATERIALIZED VIEW inner_mv TO t AS SELECT 1;\n"
        "create view if not exists rapport.`gaps` AS SELECT 2;"
    )
    monkeypatch.setattr(locations, "CLICKHOUSE", tmp_path)
    assert grants.views() == ["gaps", "metrics"]
    assert "<query>GRANT SELECT ON rapport_x.gaps</query>" in grants.reader_views(["rapport_x"])


def test_ports_are_different_and_below_those_given_to_clients() -> None:
    lowest_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = free_ports(4)
    assert len(set(ports)) == 4
    assert all(1024 < port < max(lowest_of_clients, 16_000) for port in ports)


def test_passwords_differ_are_kept_and_are_in_a_private_file(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "new")
    data_dir.acquire()
    first = data_dir.passwords()
    assert len({first.migrate, first.writer, first.reader}) == 3
    assert stat.S_IMODE((tmp_path / "new" / "secrets.json").stat().st_mode) == 0o600
    assert data_dir.passwords() == first
    assert first.reader not in repr(first)
    data_dir.release()


def test_lock_file_left_behind_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "stack.lock").write_text(str(os.getpid()))
    data_dir = DataDir(tmp_path)
    data_dir.acquire()
    assert (tmp_path / "stack.lock").read_text() == str(os.getpid())
    data_dir.release()


def test_unknown_broker_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_BROKER", "rabbit")
    with pytest.raises(SetupMissing, match="RAPPORT_BROKER is 'rabbit'"):
        locations.forced_broker()


def test_child_that_ends_before_it_is_ready_is_a_failed_start_with_its_log(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.acquire()
    child = Child(
        ChildSpec(
            name="loser",
            command=("/bin/sh", "-c", "echo why it failed; exit 3"),
            environ={},
            log=tmp_path / "loser.log",
            ready=lambda: False,
            start_s=10,
            stop_s=1,
            lock_fd=data_dir.lock_fd,
        )
    )
    child.start()
    with pytest.raises(StartFailed, match=r"(?s)loser ended with code 3.*why it failed"):
        child.wait_ready()
    child.stop()
    data_dir.release()


def test_lock_of_npm_names_no_registry() -> None:
    lock = json.loads((locations.EMBEDDED / "package-lock.json").read_text())
    assert all("resolved" not in package for package in lock["packages"].values())
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_setup_directory_can_be_chosen(tmp_path: Path) -> None:
    code = "from infra.embedded import locations; print(locations.libchdb())"
    environ = {**os.environ, "RAPPORT_SETUP_DIR": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith(f"{tmp_path}/store/")
