"""What rapport_reader may see: one grant for each view found in the SQL files.

Users that ClickHouse reads from XML cannot be granted anything by SQL, and the embedded server knows no
others; so the grants are written into users.d. The embedded stack does it at each start; for compose run
`python -m infra.embedded.write_grants` after a view was added.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from infra.embedded import locations

_VIEW = re.compile(
    r"^\s*CREATE\s+(?:OR\s+REPLACE\s+)?VIEW\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:\w+\.)?[`\"]?(\w+)",
    re.IGNORECASE | re.MULTILINE,
)
COMMITTED = locations.CLICKHOUSE / "users.d" / "reader_views.xml"


def views() -> list[str]:
    """Return the names of all views for people, sorted."""
    folders: list[Path] = [locations.CLICKHOUSE / "views", locations.CLICKHOUSE / "migrations"]
    texts = [file.read_text() for folder in folders for file in folder.glob("*.sql")]
    return sorted({name for text in texts for name in _VIEW.findall(text)})


def reader_views(databases: Sequence[str]) -> str:
    """Return the XML that lets rapport_reader select from the databases' views and nothing else."""
    queries = [f"GRANT SELECT ON {database}.{view}" for database in databases for view in views()]
    lines = [f"                <query>{query}</query>" for query in queries]
    return "\n".join([*_HEAD, *lines, *_TAIL])


_HEAD = (
    "<!-- Made by `python -m infra.embedded.write_grants` from the views' SQL; do not edit. -->",
    "<clickhouse>",
    "    <users>",
    "        <rapport_reader>",
    "            <grants>",
    "                <query>GRANT SELECT ON rapport.rapport_no_such_view</query>",
)
_TAIL = (
    "            </grants>",
    "        </rapport_reader>",
    "    </users>",
    "</clickhouse>",
    "",
)
