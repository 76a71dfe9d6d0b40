"""The command line as a whole: exit codes, and errors as one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GOOD_POST = (
    '{"kind":"post","network":"x","id":"1","occurred_at":1700000000000,"ingested_at":1700000000000,'
    '"author":"7","author_handle":"ann","text":"Roasting beans today"}'
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipelines", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_error_of_the_user_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = run("analyze", str(tmp_path / "missing.json"))
    assert done.returncode == 2
    assert done.stderr.splitlines() == [f"rapport: {tmp_path / 'missing.json'} does not exist"]


def test_brand_init_that_read_bad_lines_exits_1(tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text(f"{GOOD_POST}\n{{broken\n")
    done = run("brand", "init", str(tmp_path / "brand.yaml"), "--from", str(posts))
    assert done.returncode == 1, done.stderr


def test_unknown_command_is_named(tmp_path: Path) -> None:
    done = run("analyse")
    assert done.returncode == 2
    assert "analyse" in done.stderr


def test_help_names_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in ("analyze", "brand", "demo", "doctor", "ingest", "migrate", "sql", "status", "work"):
        assert f"  {name}" in done.stdout


@pytest.mark.parametrize("command", ["sql", "export", "alerts", "verify"])
def test_a_command_that_asks_the_store_loads_what_that_needs_alone(command: str) -> None:
    """Each of these libraries takes 0.2 to 1.4 s to load."""
    code = (
        f"import sys, pipelines.cli.{command}\n"
        "slow = {'kafka', 'faust', 'dash', 'plotly', 'apprise', 'httpx', 'scipy'}\n"
        "print(*sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
