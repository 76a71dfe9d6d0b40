"""The error tree.

RapportError
├── InvalidEvent      a document that is bad for ever: it becomes a dead letter
├── Retriable         the outside is away for now: back off and try again, bounded
├── UsageError        the user can mend it: the message says what, where and how (exit code 2)
│   ├── InvalidBrand  the brand file has mistakes, each with its line
│   └── NoDatabase    the store is there, a database that is needed is not
└── Fatal             going on would break a promise: the process ends, the supervisor decides
"""

from __future__ import annotations


class RapportError(Exception):
    """Base of every error that Rapport raises itself."""


class InvalidEvent(RapportError):
    """A document that can never be counted; the message is the dead letter's reason."""


class Retriable(RapportError):
    """A dependency is unreachable or overloaded; the same call may succeed later."""


class UsageError(RapportError):
    """Something that the user can mend; the message says what is wrong, where, and what to do."""


class InvalidBrand(UsageError):
    """A brand file with mistakes; `mistakes` holds one sentence each, with its line."""

    def __init__(self, path: str, mistakes: tuple[str, ...]) -> None:
        self.path = path
        self.mistakes = mistakes
        super().__init__("\n".join(f"{path}: {mistake}" for mistake in mistakes))


class NoDatabase(UsageError):
    """The store is there, a database that is needed is not."""

    def __init__(self, database: str) -> None:
        self.database = database
        super().__init__(f"ClickHouse has no database {database}: run `rapport migrate`")


class Fatal(RapportError):
    """An invariant does not hold; the process must end before it stores something wrong."""
