"""Sources: the outside world as canonical events; each knows its network and nothing else.

Each module of a source has `build(request: SourceRequest) -> Source`.
"""

from __future__ import annotations

import importlib

from pipelines.errors import UsageError
from pipelines.sources.base import Source, SourceRequest

SOURCES = {
    "bluesky-archive": "pipelines.sources.bluesky_archive",
    "file": "pipelines.sources.file",
    "jetstream": "pipelines.sources.jetstream",
    "mastodon": "pipelines.sources.mastodon",
    "mastodon-archive": "pipelines.sources.mastodon_archive",
    "simulator": "pipelines.sources.simulator",
    "tweets-csv": "pipelines.sources.tweets_csv",
    "x-archive": "pipelines.sources.x_archive",
    "x-stream": "pipelines.sources.x_stream",
}
"""Name of each source and its module."""


def build_source(name: str, request: SourceRequest) -> Source:
    """Return a source by its name. Raises UsageError if there is none of that name."""
    if name not in SOURCES:
        raise UsageError(f"there is no source {name}; there are: {', '.join(sorted(SOURCES))}")
    source: Source = importlib.import_module(SOURCES[name]).build(request)
    return source
