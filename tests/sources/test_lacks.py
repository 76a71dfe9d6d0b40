"""What a source says that it lacks names metrics that there are, and what brings each."""

from __future__ import annotations

import pytest

from pipelines.metrics.catalogue import BY_NAME
from pipelines.sources import bluesky_account, bluesky_archive, mastodon_account, mastodon_archive, x_archive
from pipelines.sources.base import Lack

EVERY = (
    *(*x_archive.LACKS, *bluesky_archive.LACKS, *mastodon_archive.LACKS, *mastodon_archive.LACKS_OF_COUNTED),
    *(*bluesky_account.LACKS, *mastodon_account.LACKS),
)


@pytest.mark.parametrize("lack", EVERY, ids=lambda lack: f"{lack.network}: {lack.what[:20]}")
def test_every_metric_that_lacks_is_one_of_the_catalogue(lack: Lack) -> None:
    assert set(lack.metrics) | set(lack.silent) <= set(BY_NAME)
    assert lack.what
    assert lack.brings
