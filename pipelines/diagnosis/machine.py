"""What this machine has: Python, packages, the parts of the embedded stack, disk, the brand file."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from infra.embedded import SetupMissing, kafka_broker, locations
from pipelines.brand_file import load_brand
from pipelines.diagnosis.finding import Finding, ok, warn, wrong
from pipelines.errors import InvalidBrand, UsageError
from pipelines.settings import Settings

OLDEST_PYTHON = (3, 11)
_GB = 1_000_000_000
_LITTLE_DISK, _MUCH_TOO_LITTLE_DISK = 5 * _GB, 1 * _GB
_DEFAULT_BRAND = Path("rapport.yaml")
_SETUP = "run `make setup`"


def check_machine() -> Iterator[Finding]:
    """Look at Python, its packages, Node, and what the embedded stack is made of."""
    yield _python()
    yield from _packages()
    yield _node()
    yield _store()
    yield _broker()


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Look at the space that is left where the data are."""
    folder = settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    said = f"disk: {free / _GB:.1f} GB free at {folder}"
    way_out = "make room, or name another folder with --data-dir"
    if free < _MUCH_TOO_LITTLE_DISK:
        yield wrong(said, way_out)
    else:
        yield warn(said, way_out) if free < _LITTLE_DISK else ok(said)


def check_brand(settings: Settings) -> Iterator[Finding]:
    """Look at the brand file, and name its mistakes."""
    path = settings.brand_file or _DEFAULT_BRAND
    if settings.brand_file is None and not path.exists():
        yield warn(
            "brand file: none, so every author is tracked, and promotion and topics are not configured",
            "write one: `rapport brand init --from FILE`, then set RAPPORT_BRAND_FILE",
        )
        return
    try:
        brand = load_brand(path)
    except InvalidBrand as error:
        more = f" (and {len(error.mistakes) - 1} more)" if len(error.mistakes) > 1 else ""
        yield wrong(f"brand file {path}: {error.mistakes[0]}{more}", f"see `rapport brand check {path}`")
    except UsageError as error:
        yield wrong(f"brand file: {error}", "set RAPPORT_BRAND_FILE to a file that can be read")
    else:
        yield ok(f"brand file {path}: {len(brand.accounts)} accounts, {len(brand.topics)} topics")


def _python() -> Finding:
    said = f"Python {platform.python_version()}"
    if sys.version_info < OLDEST_PYTHON:
        return wrong(said, "install Python 3.11 or newer, remove .venv, then `make setup`")
    return ok(said)


def _packages() -> Iterator[Finding]:
    try:
        required = [Requirement(line) for line in metadata.requires("rapport") or []]
    except (metadata.PackageNotFoundError, InvalidRequirement) as error:
        yield wrong(f"packages: rapport is not installed as a package ({error})", _SETUP)
        return
    mine = [each for each in required if each.marker is None or each.marker.evaluate({"extra": ""})]
    bad = [finding for each in mine if (finding := _package(each))]
    yield from bad
    if not bad:
        yield ok(f"packages: all {len(mine)} as required")


def _package(required: Requirement) -> Finding | None:
    try:
        version = metadata.version(required.name)
    except metadata.PackageNotFoundError:
        return wrong(f"package {required.name} is not installed", _SETUP)
    if required.specifier.contains(version, prereleases=True):
        return None
    return wrong(f"package {required.name} {version}, but {required.specifier} is required", _SETUP)


def _node() -> Finding:
    found = [f"{name} {_version(path)}" for name in ("node", "npm") if (path := shutil.which(name))]
    if len(found) == 2:
        return ok(" and ".join(found))
    return ok("no Node here: `make setup` takes one from a wheel when it needs it")


def _version(command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a program that was found on the path
            [command, "--version"], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return "(it does not run)"
    return done.stdout.strip().removeprefix("v")


def _store() -> Finding:
    if locations.libchdb().is_file():
        return ok("embedded ClickHouse (libchdb) is installed")
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return warn(
            "no embedded ClickHouse on this machine: it needs Linux x86-64", "use `docker compose up`"
        )
    return warn("embedded ClickHouse (libchdb) is not installed", f"{_SETUP}, or use `docker compose up`")


def _broker() -> Finding:
    try:
        forced = locations.forced_broker()
    except SetupMissing as error:
        return wrong(f"embedded broker: {error}", "unset RAPPORT_BROKER, or set it to kafka or tansu")
    if kafka_broker.is_installed() and forced != "tansu":
        return ok(f"embedded broker: Apache Kafka {kafka_broker.version()} on {locations.java()}")
    if forced == "kafka":
        return wrong(
            "RAPPORT_BROKER asks for kafka, which is not installed", f"Java 17+, Maven, then {_SETUP}"
        )
    missing = [
        name for name, there in (("Java 17+", locations.java()), ("Maven", shutil.which("mvn"))) if not there
    ]
    why = f"no {' and no '.join(missing)}" if missing else "Kafka's jars are not installed"
    if forced == "tansu":
        why = "RAPPORT_BROKER asks for it"
    return warn(
        f"embedded broker: Tansu, which keeps the log in memory only ({why})",
        f"for Apache Kafka: Java 17+, Maven, then {_SETUP}",
    )
