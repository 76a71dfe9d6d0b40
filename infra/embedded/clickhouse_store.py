"""ClickHouse as a child process: the real server inside libchdb, its data kept in the data directory."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from infra.embedded import grants, locations
from infra.embedded.datadir import DataDir, Passwords
from infra.embedded.errors import SetupMissing
from infra.embedded.health import store_answers
from infra.embedded.ports import LOOPBACK
from infra.embedded.supervisor import ChildSpec

DATABASE = "rapport"
_SCRIPT = Path(__file__).with_name("store_process.py")
_SLEEP_FOR_EVER = (
    "SELECT sum(sleepEachRow(1)) FROM system.numbers "
    "SETTINGS max_block_size = 1, max_threads = 1, function_sleep_max_microseconds_per_block = 0"
)


def spec(
    data_dir: DataDir, *, native_port: int, http_port: int, passwords: Passwords, databases: Sequence[str]
) -> ChildSpec:
    """Write the configuration and return how to start the store; raise SetupMissing without libchdb."""
    library = locations.libchdb()
    if not library.is_file():
        raise SetupMissing("ClickHouse (libchdb) is not installed: run `make setup`")
    config = _write_configuration(data_dir.clickhouse / "etc", native_port, http_port, databases)
    queries = [
        f"CREATE DATABASE IF NOT EXISTS {DATABASE}",
        "SYSTEM START LISTEN TCP",
        "SYSTEM START LISTEN HTTP",
    ]
    return ChildSpec(
        name="clickhouse",
        command=(
            str(_SCRIPT),
            str(library),
            str(config),
            str(data_dir.clickhouse / "data"),
            "; ".join([*queries, _SLEEP_FOR_EVER]),
        ),
        environ={"PATH": "/usr/bin:/bin", "TZ": "UTC", **_password_hashes(passwords)},
        log=data_dir.logs / "clickhouse.log",
        ready=lambda: store_answers(native_port=native_port, http_port=http_port),
        start_s=60,
        stop_s=3,
        lock_fd=data_dir.lock_fd,
        own_launcher=True,
    )


def _write_configuration(folder: Path, native_port: int, http_port: int, databases: Sequence[str]) -> Path:
    """Lay out the configuration as a server has it: config.xml, users.xml and what is merged into them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in ("config.d", "users.d"):
        shutil.copytree(locations.CLICKHOUSE / part, folder / part)
    (folder / "users.d" / "reader_views.xml").write_text(grants.reader_views(databases))
    shutil.copyfile(locations.EMBEDDED / "users.xml", folder / "users.xml")
    config = folder / "config.xml"
    config.write_text(
        "<clickhouse>\n"
        f"    <listen_host>{LOOPBACK}</listen_host>\n"
        f"    <tcp_port>{native_port}</tcp_port>\n"
        f"    <http_port>{http_port}</http_port>\n"
        f"    <users_config>{folder / 'users.xml'}</users_config>\n"
        "</clickhouse>\n"
    )
    return config


def _password_hashes(passwords: Passwords) -> dict[str, str]:
    """Return the variables from which users.d takes the passwords."""
    by_user = {"MIGRATE": passwords.migrate, "WRITER": passwords.writer, "READER": passwords.reader}
    return {
        f"RAPPORT_CLICKHOUSE_{user}_PASSWORD_SHA256": hashlib.sha256(password.encode()).hexdigest()
        for user, password in by_user.items()
    }
