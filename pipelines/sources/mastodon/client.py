"""Mastodon.py, kept within what the instance allows, and without a word of the token in what it says."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from mastodon import Mastodon
from mastodon.errors import (
    MastodonError,
    MastodonNotFoundError,
    MastodonRatelimitError,
    MastodonUnauthorizedError,
)

from pipelines.errors import Retriable, UsageError

logger = logging.getLogger(__name__)

T = TypeVar("T")
TOKEN = "RAPPORT_MASTODON_TOKEN"  # noqa: S105 - the name of a variable
SPARE = 20
"""So many calls are left for others when the window of the instance's limit comes to its end."""


class Limited(Retriable):
    """The instance wants us to wait `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"the instance's limit is reached; it begins anew in {seconds:.0f} s")


class Client:
    """One connection to an instance; not for two threads at once.

    The limit is the instance's own, told with each answer (300 in 5 minutes unless it says otherwise).
    """

    def __init__(self, address: str, token: str, *, now: Callable[[], int]) -> None:
        self._now = now
        self.api: Any = Mastodon(
            api_base_url=address,
            access_token=token,
            ratelimit_method="throw",
            version_check_mode="none",
            request_timeout=20,
            user_agent="rapport",
        )

    def ask(self, call: Callable[[], T]) -> T:
        """Make a call. Raises Limited, Retriable, Gone, or UsageError if the token is refused."""
        self._spare()
        try:
            return call()
        except MastodonUnauthorizedError:
            raise UsageError(
                f"the instance refuses the token: check {TOKEN}; it needs the scopes read and push,"
                " or read alone where streams need no more"
            ) from None
        except MastodonNotFoundError:
            raise Gone from None
        except MastodonRatelimitError:
            raise Limited(self._until_reset()) from None
        except (MastodonError, ValueError, OSError) as error:
            raise Retriable(f"the instance does not answer as it should: {type(error).__name__}") from None

    def close(self) -> None:
        """Let go of the connection."""
        self.api.session.close()

    def _spare(self) -> None:
        limit, left = self.api.ratelimit_limit, self.api.ratelimit_remaining
        if left < min(SPARE, limit // 10) and self._until_reset() > 0:
            raise Limited(self._until_reset())

    def _until_reset(self) -> float:
        return max(0.0, float(self.api.ratelimit_reset) - self._now() / 1_000)


class Gone(Exception):
    """What was asked for is not there any more."""
