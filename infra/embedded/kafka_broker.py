"""Apache Kafka as a child process: one node, KRaft, its data kept in the data directory."""

import base64
import subprocess
import uuid
from pathlib import Path

from infra.embedded import locations
from infra.embedded.datadir import DataDir
from infra.embedded.errors import SetupMissing, StartFailed
from infra.embedded.health import broker_answers
from infra.embedded.ports import LOOPBACK
from infra.embedded.supervisor import ChildSpec

_HEAP = ("-Xmx512m", "-Xms128m")
_JVM = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
)


def is_installed() -> bool:
    """Tell whether Java and Kafka's jars are there."""
    return locations.java() is not None and version() is not None


def version() -> str | None:
    """Return the version of the installed Kafka, None when it is not installed."""
    for jar in sorted(locations.kafka_jars().glob("kafka_2.13-*.jar")):
        return jar.stem.removeprefix("kafka_2.13-")
    return None


def spec(data_dir: DataDir, *, port: int, controller_port: int, archive_to: Path | None = None) -> ChildSpec:
    """Write the configuration, format the storage if it is new, and return how to start the broker.

    With `archive_to` the broker writes there, when it stops, which classes it loaded.
    Raises SetupMissing when Java or the jars are missing, StartFailed when the storage cannot be formatted.
    """
    java = locations.java()
    if java is None or version() is None:
        raise SetupMissing("Apache Kafka is not installed: run `make setup` (it needs Java 17+ and Maven)")
    properties = data_dir.kafka / "server.properties"
    properties.write_text(_properties(data_dir.kafka / "data", port=port, controller_port=controller_port))
    classpath = f"{locations.kafka_jars()}/*"
    if not (data_dir.kafka / "data" / "meta.properties").exists():
        _format(java, classpath, properties)
    archive = (f"-XX:ArchiveClassesAtExit={archive_to}", "-Xlog:cds=off") if archive_to else _archive()
    return ChildSpec(
        name="kafka",
        command=(
            java,
            *_HEAP,
            *_JVM,
            *archive,
            *_logging(),
            "-cp",
            classpath,
            "kafka.Kafka",
            str(properties),
        ),
        environ=_environ(),
        log=data_dir.logs / "kafka.log",
        ready=lambda: broker_answers(port),
        start_s=60,
        stop_s=30 if archive_to else 10,
        lock_fd=data_dir.lock_fd,
    )


def class_archive() -> Path:
    """Return the path of the archive of loaded classes, which halves the time to start."""
    return locations.setup_dir() / "broker" / "classes.jsa"


def _archive() -> tuple[str, ...]:
    return (f"-XX:SharedArchiveFile={class_archive()}",) if class_archive().exists() else ()


def _logging() -> tuple[str, ...]:
    return (f"-Dlog4j2.configurationFile={locations.EMBEDDED / 'log4j2.xml'}",)


def _environ() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def _properties(data: Path, *, port: int, controller_port: int) -> str:
    template = (locations.EMBEDDED / "server.properties").read_text()
    return template + "".join(
        f"{name}={value}\n"
        for name, value in {
            "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
            "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
            "log.dirs": data,
        }.items()
    )


def _format(java: str, classpath: str, properties: Path) -> None:
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    command = [java, "-Xmx128m", *_JVM, *_archive(), *_logging(), "-cp", classpath]
    # an id may begin with a dash, so it is not an argument of its own
    command += ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", str(properties)]
    done = subprocess.run(command, env=_environ(), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise StartFailed(f"Kafka's storage cannot be formatted:\n{done.stdout[-800:]}{done.stderr[-800:]}")
