"""The command `rapport` in a process of its own, against the embedded stack of the tests."""

import os
import subprocess
import sys

from infra.embedded import EmbeddedStack
from pipelines.settings import Settings, load_settings
from tests.conftest import REPOSITORY

PARTITIONS = 2
_OF_THE_MACHINE = ("RAPPORT_SETUP_DIR", "RAPPORT_BROKER")


def environment(stack: EmbeddedStack, database: str, topic_prefix: str, **more: str) -> dict[str, str]:
    """Return the RAPPORT_* variables of one test."""
    return {
        **stack.environ(),
        "RAPPORT_CLICKHOUSE_DATABASE": database,
        "RAPPORT_TOPIC_PREFIX": topic_prefix,
        "RAPPORT_CONSUMER_GROUP": f"{topic_prefix}rapport",
        "RAPPORT_PARTITIONS": str(PARTITIONS),
        **more,
    }


def settings_of(environ: dict[str, str]) -> Settings:
    return load_settings(environ)


def rapport(
    environ: dict[str, str], *arguments: str, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; of this process's RAPPORT_* it sees where the parts are installed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _OF_THE_MACHINE or not name.startswith(("RAPPORT_", "GRAFANA_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *arguments],
        env={**kept, **environ},
        cwd=REPOSITORY,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
