"""Where the parts of the stack are installed, and which broker is asked for; reads the environment."""

import os
import shutil
import subprocess
from pathlib import Path

from infra.embedded.errors import SetupMissing

EMBEDDED = Path(__file__).resolve().parent
CLICKHOUSE = EMBEDDED.parent / "clickhouse"
REPOSITORY = EMBEDDED.parent.parent
BROKERS = ("kafka", "tansu")
_OLDEST_JAVA = 17


def setup_dir() -> Path:
    """Return RAPPORT_SETUP_DIR, else `.setup` of the clone, else a folder in the user's cache."""
    chosen = os.environ.get("RAPPORT_SETUP_DIR")
    if chosen:
        return Path(chosen).absolute()
    if (REPOSITORY / "pyproject.toml").is_file():
        return REPOSITORY / ".setup"
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "rapport" / "setup"


def libchdb() -> Path:
    """Return the path at which libchdb is installed."""
    return setup_dir() / "store" / "node_modules" / "@chdb" / "lib-linux-x64-gnu" / "libchdb.so"


def kafka_jars() -> Path:
    """Return the folder into which Kafka's jars are installed."""
    return setup_dir() / "broker" / "libs"


def forced_broker() -> str | None:
    """Return RAPPORT_BROKER, None when unset; raise SetupMissing when it names no broker."""
    kind = os.environ.get("RAPPORT_BROKER") or None
    if kind is not None and kind not in BROKERS:
        raise SetupMissing(f"RAPPORT_BROKER is {kind!r}; it can be kafka or tansu, or unset")
    return kind


def java() -> str | None:
    """Return the path of a Java of version 17 or newer, else None."""
    home = os.environ.get("JAVA_HOME")
    command = shutil.which("java", path=f"{home}/bin") if home else None
    command = command or shutil.which("java")
    if command is None or (_java_version(command) or 0) < _OLDEST_JAVA:
        return None
    return command


def _ask_version(command: str) -> str:
    done = subprocess.run([command, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stderr


def _java_version(command: str) -> int | None:
    """Return the feature version (17 of "17.0.15"), None when it cannot be told."""
    release = Path(command).resolve().parent.parent / "release"
    try:
        text = release.read_text()
    except OSError:
        text = _ask_version(command)
    for line in text.splitlines():
        if line.startswith("JAVA_VERSION=") or " version " in line:
            number = line.split('"')[1].split(".")[0]
            return int(number) if number.isdigit() else None
    return None
