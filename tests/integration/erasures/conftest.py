"""A chain of its own, and where its store keeps its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded import EmbeddedStack
from tests.integration.ghost import SECRET
from tests.integration.worker_run import Chain, chain


@pytest.fixture
def log(stack: EmbeddedStack, database: str, topic_prefix: str, tmp_path: Path) -> Iterator[Chain]:
    with chain(stack, database, topic_prefix, tmp_path) as made:
        made.environ["RAPPORT_ERASURE_SECRET"] = SECRET
        yield made


@pytest.fixture
def store(stack: EmbeddedStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.getbasetemp() / "stack0" / "clickhouse"
    assert folder.is_dir()
    return folder
