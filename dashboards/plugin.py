"""What Grafana and its ClickHouse plugin make of a query: to run boards without them.

As the plugin 4.20 does it: the browser puts variables in (a quote becomes \\' and nothing else is escaped),
then the backend its macros.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

ALL: Final = "$__all"
_CONDITIONAL = re.compile(r"\$__conditionalAll\((.*?\)), \$(\w+)\)", re.DOTALL)
_QUOTED = re.compile(r"\$\{(\w+):singlequote\}")


def expand(
    sql: str,
    chosen: Mapping[str, Sequence[str]],
    options: Mapping[str, Sequence[str]],
    *,
    from_at: int,
    to_at: int,
) -> str:
    """Return the SQL that ClickHouse gets: the values `chosen`, [ALL] being every one of `options`."""

    def conditional(match: re.Match[str]) -> str:
        return "1=1" if ALL in chosen[match[2]] else match[1]

    def quoted(match: re.Match[str]) -> str:
        values = options[match[1]] if ALL in chosen[match[1]] else chosen[match[1]]
        return ",".join(_quote(value) for value in values)

    text = _QUOTED.sub(quoted, _CONDITIONAL.sub(conditional, sql))
    for macro, at in (("$__fromTime_ms", from_at), ("$__toTime_ms", to_at)):
        text = text.replace(macro, f"fromUnixTimestamp64Milli({at})")
    return text


def _quote(value: str) -> str:
    escaped = value.replace("'", "\\'")
    return f"'{escaped}'"
