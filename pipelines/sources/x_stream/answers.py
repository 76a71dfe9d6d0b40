"""Answers of the X API: what they hold, or how they refuse."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from pipelines.errors import Retriable, UsageError
from pipelines.sources.live.http import Answer

T = TypeVar("T")
TOKEN = "RAPPORT_X_BEARER_TOKEN"  # noqa: S105 - the name of a variable


class Refusal(Retriable):
    """X answered with a status that is no success."""

    def __init__(self, status: int, reset_at_s: int | None = None) -> None:
        self.status, self.reset_at_s = status, reset_at_s
        super().__init__(f"X answers {status}")


def check(status: int, headers: dict[str, str]) -> None:
    """Raise Refusal for a status that may pass, UsageError for one that only the user can mend."""
    if 200 <= status < 300:
        return
    if status in (401, 403):
        raise UsageError(
            f"X answers {status}: it refuses the token, or what your plan does not hold;"
            f" check {TOKEN} in the developer console"
        )
    reset = headers.get("x-rate-limit-reset", "")
    raise Refusal(status, int(reset) if reset.isdecimal() else None)


def decoded(answer: Answer, kind: type[T]) -> T:
    """Return what an answer holds. Raises Refusal, UsageError, or Retriable if it is something else."""
    check(answer.status, dict(answer.headers))
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Retriable(f"X answers something else than expected: {error}") from error
