"""The rules of the filtered stream: made from the brand file, tagged as ours, kept in step with it.

https://docs.x.com/x-api/posts/filtered-stream: a rule has 1,024 characters at most; changes take effect
within about 20 s, without a new connection.
"""

from __future__ import annotations

import logging

import msgspec
from msgspec import Struct

from pipelines.brand import Brand
from pipelines.sources.live.http import Api
from pipelines.sources.x_stream.answers import decoded

logger = logging.getLogger(__name__)

PATH = "/2/tweets/search/stream/rules"
PREFIX = "rapport:"
QUOTE = f"{PREFIX}quote:"


class Rule(Struct, frozen=True, order=True):
    """A rule by its text and our tag."""

    value: str
    tag: str


class _Known(Struct):
    id: str
    value: str
    tag: str = ""


class _Rules(Struct):
    data: list[_Known] = []


class _Problem(Struct):
    title: str = ""
    value: str = ""


class _Changed(Struct):
    errors: list[_Problem] = []


def rules_of(brand: Brand | None, *, narrow: bool = False) -> frozenset[Rule]:
    """Return the rules that find what concerns the brand on X; `narrow`: its own posts alone.

    One rule an account, and one for posts that quote it, which the text of a post does not tell otherwise.
    """
    rules = set()
    for account in brand.accounts if brand else ():
        if account.network != "x":
            continue
        name = account.handle or account.id
        own = f"from:{account.id or account.handle}"
        if narrow:
            rules.add(Rule(own, f"{PREFIX}own:{name}"))
            continue
        about = [own, f"to:{account.id or account.handle}", f"retweets_of:{account.id or account.handle}"]
        if account.handle:
            about.append(f"@{account.handle}")
            rules.add(Rule(f'is:quote url:"x.com/{account.handle}/status"', f"{QUOTE}{account.handle}"))
        rules.add(Rule(" OR ".join(about), f"{PREFIX}all:{name}"))
    return frozenset(rules)


def keep_in_step(api: Api, wanted: frozenset[Rule]) -> None:
    """Make our rules at X those that are wanted; rules of others stay. Raises Retriable."""
    known = decoded(api.get(PATH), _Rules).data
    ours = {Rule(each.value, each.tag): each.id for each in known if each.tag.startswith(PREFIX)}
    stale = [id_ for rule, id_ in ours.items() if rule not in wanted]
    new = sorted(wanted - set(ours))
    if stale:
        decoded(api.post(PATH, {"delete": {"ids": stale}}), _Changed)
    if new:
        told = decoded(api.post(PATH, {"add": [msgspec.to_builtins(each) for each in new]}), _Changed)
        for problem in told.errors:
            logger.error("X refuses a rule: %s (%s)", problem.title, problem.value[:100])
