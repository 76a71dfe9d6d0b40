"""The account that a person asks for by its handle, its id, or network and handle."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from msgspec import Struct

from dashboards.answers import Ask, Row
from dashboards.queries import sql_text
from pipelines.errors import UsageError


class Account(Struct, frozen=True, kw_only=True):
    """A tracked account: network and id, the handle now, and the display name, which may be empty."""

    network: str
    account_id: str
    handle: str
    name: str


def find_account(ask: Ask, asked: str) -> Account:
    """Return the account of a handle, an id or `network:handle`; @ and case do not matter.

    Raises UsageError that names what there is, if there is none or more than one.
    """
    rows = ask(sql_text("report/account"), {})
    if not rows:
        raise UsageError("no account is known yet: `rapport analyze FILE` or `rapport demo` brings some")
    found = [row for row in rows if _plain(asked) in _names(row)]
    if len(found) > 1:
        raise UsageError(f"{asked} is there more than once: say {_listed(found)}")
    if not found:
        close = get_close_matches(
            _plain(asked), [name for row in rows for name in _names(row)], n=1, cutoff=0.6
        )
        hint = f"did you mean {close[0]}" if close else f"there is {_listed(rows[:12])}"
        raise UsageError(f"there is no account {asked}: {hint}")
    row = found[0]
    return Account(
        network=row["network"], account_id=row["account_id"], handle=row["account"], name=row["name"]
    )


def _names(row: Row) -> tuple[str, ...]:
    handle, account_id = _plain(row["account"]), _plain(row["account_id"])
    return handle, account_id, f"{row['network']}:{handle}", f"{row['network']}:{account_id}"


def _listed(rows: Sequence[Row]) -> str:
    return ", ".join(f"{row['network']}:{row['account']}" for row in rows)


def _plain(name: str) -> str:
    return name.strip().replace("@", "", 1).casefold()
