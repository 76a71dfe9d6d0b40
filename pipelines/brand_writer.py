"""From a Brand to its YAML file, with comments that say what each field is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from textwrap import wrap

from msgspec import Struct

from pipelines.brand import Account, Brand, Contact, Topic
from pipelines.brand_alerts import written_alerting
from pipelines.brand_nodes import PLACEHOLDER

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*(?:[ /][A-Za-z0-9_.-]+)*")
_NOT_TEXT = re.compile(r"null|true|false|yes|no|on|off|y|n", re.IGNORECASE)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_WIDTH = 102

_HEAD = """\
The brand file: who you are, what you offer and what you want to be known for.
Check it with `rapport brand check`. Lines that begin with # are comments.
A field that you leave out is simply not known: the metrics that need it say `not_configured`."""

_COMMENTS = {
    "name": "What the brand is called. Only shown, never counted.",
    "time_zone": (
        "Where your day begins and ends. Cuts days and weeks: `daily_metrics`, `weekly_metrics`, posting "
        "hours."
    ),
    "accounts": (
        "Your own accounts; every metric is about them. network: x, bluesky or mastodon. `id` decides "
        "where you know it (a handle can change hands); else `handle` does. Mastodon handles are "
        "user@host."
    ),
    "own_domains": (
        "Domains of your own, as registered: example.com, not www.example.com or "
        "https://example.com/shop. A post that links there is promotional: `promotion_share`."
    ),
    "own_feeds": (
        "Addresses of your own feeds (blog, news, podcast). Posts that only pass their entries on are "
        "cross-posts: `cross_posts`."
    ),
    "offers": (
        "What you sell, by name. A post that names one (as whole words) is promotional: `promotion_share`."
    ),
    "topics": (
        "What you want to be known for. `on_topic_share` is the share of your posts about any of them. "
        "Each has a name and at least one of: description, keywords, examples (posts that are on topic). "
        "counter_examples are posts that look alike and are not."
    ),
    "contacts": (
        "People you have tagged: client, prospect, partner, press, or any word of yours. The relationship "
        "ledger groups by these tags: `relationships`."
    ),
    "goals": (
        "What you want to reach. new_contacts_per_week: how many people you want to talk with for the "
        "first time."
    ),
    "alerts": (
        "What is worth an alert. false_alarm_days: at most one false alarm of a kind and account in so "
        "many days. smallest_effect_percent: a smaller change is none. Also: quiet_hours, such as "
        '"22:00-07:00"; accounts, if not of all; channels, by name: the address of `team` is in the '
        "environment, as RAPPORT_CHANNEL_TEAM."
    ),
}
_EXAMPLES = {
    "name": 'name: "Your brand"',
    "accounts": f"accounts:\n  - network: x\n    handle: {PLACEHOLDER}",
    "own_domains": "own_domains:\n  - example.com",
    "own_feeds": "own_feeds:\n  - https://example.com/feed.xml",
    "offers": 'offers:\n  - "Name of what you sell"',
    "topics": "topics:\n  - name: bread baking\n    description: How to bake good bread at home\n"
    "    keywords:\n      - sourdough\n      - rye flour",
    "contacts": "contacts:\n  - network: x\n    handle: somebody\n    tag: client",
}


class Note(Struct, frozen=True, kw_only=True):
    """A comment on one value: `at` is a field's name, or `field.index` for an entry of a list."""

    at: str
    text: str


def write_brand(
    brand: Brand, *, comments: bool = True, notes: Iterable[Note] = (), placeholders: bool = False
) -> str:
    """Return the brand as YAML; `load_brand` reads the same brand out of it.

    With comments, each field is explained and what is missing stands there as an example, commented out.
    With placeholders, a missing account is a line to fill in, which `rapport brand check` then names.
    """
    noted = {note.at: " ".join(note.text.split()) for note in notes}
    blocks = []
    for field, block in _blocks(brand, noted):
        lines = block or (_missing(field, placeholders=placeholders) if comments else "")
        about = _comment(_COMMENTS[field]) + "\n" if comments else ""
        if lines:
            blocks.append(about + _noted(noted, field) + lines)
    head = [_comment(_HEAD)] if comments else []
    return ("\n\n" if comments else "\n").join(head + blocks) + "\n"


def _blocks(brand: Brand, noted: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield "name", f"name: {scalar(brand.name)}" if brand.name else ""
    yield "time_zone", f"time_zone: {scalar(brand.time_zone)}"
    yield "accounts", _list("accounts", map(_account, brand.accounts), noted)
    yield "own_domains", _list("own_domains", map(scalar, brand.own_domains), noted)
    yield "own_feeds", _list("own_feeds", map(scalar, brand.own_feeds), noted)
    yield "offers", _list("offers", map(scalar, brand.offers), noted)
    yield "topics", _list("topics", map(_topic, brand.topics), noted)
    yield "contacts", _list("contacts", map(_contact, brand.contacts), noted)
    yield "goals", f"goals:\n  new_contacts_per_week: {brand.goals.new_contacts_per_week}"
    alerted = _list("accounts", map(_account, brand.alerts.accounts), {})
    yield "alerts", written_alerting(brand.alerts, alerted)


def _list(field: str, items: Iterable[str], noted: dict[str, str]) -> str:
    lines = []
    for index, item in enumerate(items):
        note = _noted(noted, f"{field}.{index}", indent="  ")
        lines.append(note + "  - " + item.replace("\n", "\n    "))
    return "\n".join([f"{field}:", *lines]) if lines else ""


def _account(account: Account | Contact) -> str:
    return _mapping({"network": account.network, "handle": account.handle, "id": account.id})


def _contact(contact: Contact) -> str:
    return _account(contact) + f"\ntag: {scalar(contact.tag)}"


def _topic(topic: Topic) -> str:
    lines = [_mapping({"name": topic.name, "description": topic.description})]
    for field in ("keywords", "examples", "counter_examples"):
        values: tuple[str, ...] = getattr(topic, field)
        if values:
            lines += [f"{field}:", *(f"  - {scalar(value)}" for value in values)]
    return "\n".join(lines)


def _mapping(values: dict[str, str]) -> str:
    return "\n".join(f"{key}: {scalar(value)}" for key, value in values.items() if value)


def scalar(text: str) -> str:
    """Return a text as YAML on one line: bare where no reader can take it for anything else, else quoted.

    >>> scalar("2026"), scalar("bread baking"), scalar("no")
    ('"2026"', 'bread baking', '"no"')
    """
    if _PLAIN.fullmatch(text) and not _NOT_TEXT.fullmatch(text) and PLACEHOLDER not in text:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _missing(field: str, *, placeholders: bool) -> str:
    example = _EXAMPLES[field]
    if field == "accounts" and placeholders:
        return example
    return "\n".join(f"# {line}" for line in example.replace(PLACEHOLDER, "your_handle").split("\n"))


def _noted(noted: dict[str, str], at: str, indent: str = "") -> str:
    return _comment(noted[at], indent) + "\n" if noted.get(at) else ""


def _comment(text: str, indent: str = "") -> str:
    printable = "\n".join("".join(c if c.isprintable() else " " for c in line) for line in text.split("\n"))
    lines = [
        piece
        for line in printable.split("\n")
        for piece in wrap(line, _WIDTH - len(indent), break_on_hyphens=False)
    ]
    return "\n".join(f"{indent}# {line}" for line in lines)
