"""The states of alerts as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pipelines.metrics.view_sql import quoted

_STATES: Final[Mapping[str, str]] = {
    "learning": "cannot tell yet",
    "ok": "as usual",
    "drop": "▼ drop",
    "breakout": "▲ breakout",
    "surge": "▲ more mentions",
    "jump": "follower jump",
    "inactive_7d": "silent for 7 days",
    "inactive_21d": "silent for 21 days",
    "no_posts": "no posts",
    "no_data": "no data",
}


def state_sql() -> str:
    """Return the SQL expression that says the column `state` in words."""
    states, words = (", ".join(map(quoted, each)) for each in (_STATES, _STATES.values()))
    return f"transform(state, [{states}], [{words}], replaceAll(state, '_', ' '))"
