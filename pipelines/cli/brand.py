"""`rapport brand`: write a first brand file out of data, and check one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from pipelines import clock
from pipelines.brand import Account, Brand, Contact, Topic, brand_hash
from pipelines.brand_file import load_brand
from pipelines.brand_proposal import Proposal, propose
from pipelines.brand_writer import write_brand
from pipelines.cli.public_access import access
from pipelines.errors import UsageError
from pipelines.events import Network, Post, Profile
from pipelines.scoring.post import rules_of
from pipelines.settings import load_settings
from pipelines.sources.base import BadInput
from pipelines.sources.bounded import BoundedSource
from pipelines.sources.recognition import is_handle, parts_of

DEFAULT_FILE = Path("rapport.yaml")
_LABEL_WIDTH = 12
_NEEDED = (
    ("accounts", "every author of the input is tracked"),
    ("topics", "on_topic_share says not_configured"),
    ("contacts", "relationships carry no tags"),
)


@click.group()
def brand() -> None:
    """The brand file: who you are and what you want to be known for."""


@brand.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
def check(file: Path | None) -> None:
    """Say how FILE is understood, or name each mistake with its line.

    FILE is $RAPPORT_BRAND_FILE where it is not given, else rapport.yaml. Exit code 2: the file has mistakes.
    """
    path = _brand_path(file)
    understood = load_brand(path)
    click.echo(f"{path} is good.\n")
    for line in describe(understood):
        click.echo(line)


@brand.command()
@click.argument("named", nargs=-1, metavar="[@HANDLE]... [FILE]")
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="POSTS_FILE",
    help="Read posts here (an archive, files of posts, an @handle) and propose accounts, domains, topics and"
    " time zone. May be given several times.",
)
@click.option(
    "--accounts",
    default=5,
    show_default=True,
    type=click.IntRange(1, 100),
    help="Propose at most so many accounts.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.pass_context
def init(
    context: click.Context, named: tuple[str, ...], sources: tuple[str, ...], accounts: int, force: bool
) -> None:
    """Write a commented brand file to FILE (default as in `check`; - prints it).

    With @HANDLE (Bluesky or Mastodon) or --from, accounts, own domains, topics and time zone are proposed out
    of the posts and the profile. Without, it is empty but for examples, and `rapport brand check` names what
    to fill in. Exit code 1: written, but some of the posts could not be read.
    """
    sources = (*(each for each in named if is_handle(each)), *sources)
    files = [Path(each) for each in named if not is_handle(each)]
    if len(files) > 1:
        raise UsageError(f"one brand file is written, not {len(files)}; posts are read with --from")
    path = _brand_path(files[0] if files else None)
    printed = path == Path("-")
    if path.exists() and not force and not printed:
        raise UsageError(f"{path} is already there; give another name, or --force to replace it")
    if not sources:
        _write(path, write_brand(Brand(), placeholders=True))
        click.echo(f"Wrote {path}. Fill it in, then: rapport brand check {path}", err=True)
        return
    proposal, bad = _propose(sources, accounts)
    _write(path, write_brand(proposal.brand, notes=proposal.notes))
    click.echo(_summary(path, proposal), err=True)
    if bad:
        click.echo(_bad_lines(bad), err=True)
        context.exit(1)


command = brand


def describe(brand: Brand) -> Iterator[str]:
    """Give the lines that tell how a brand is understood, and what its gaps mean."""
    yield from _labelled("name", [brand.name])
    yield from _labelled("time zone", [brand.time_zone])
    yield from _labelled("accounts", map(_account, brand.accounts))
    yield from _labelled("own domains", brand.own_domains)
    yield from _labelled("own feeds", brand.own_feeds)
    yield from _labelled("offers", brand.offers)
    yield from _labelled("topics", map(_topic, brand.topics))
    yield from _labelled("contacts", (f"{_account(contact)}: {contact.tag}" for contact in brand.contacts))
    yield from _labelled("goals", [f"{brand.goals.new_contacts_per_week} new contacts a week"])
    told_of = [f"told of {_account(account)}" for account in brand.alerts.accounts]
    yield from _labelled("alerts", told_of or ["told of every account"])
    yield from _labelled("version", [brand_hash(brand)])
    if not brand.knows_promotion:
        yield "No own_domains and no offers: promotion_share says not_configured."
    if not rules_of(brand).knows_channels:
        yield "No own_feeds and no own handles in two places: cross_post_share says not_configured."
    for field, meaning in _NEEDED:
        if not getattr(brand, field):
            yield f"No {field}: {meaning}."


def _labelled(label: str, values: Iterator[str] | list[str] | tuple[str, ...] | map[str]) -> Iterator[str]:
    for index, value in enumerate(value for value in values if value):
        yield f"{label if index == 0 else '':<{_LABEL_WIDTH}} {value}"


def _account(account: Account | Contact) -> str:
    names = [f"@{account.handle}" if account.handle else "", f"(id {account.id})" if account.id else ""]
    return " ".join([account.network, *filter(None, names)])


def _topic(topic: Topic) -> str:
    parts = [
        "description" if topic.description else "",
        _count(len(topic.keywords), "keyword"),
        _count(len(topic.examples), "example"),
        _count(len(topic.counter_examples), "counter-example"),
    ]
    return f"{topic.name} ({', '.join(filter(None, parts))})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}" if number else ""


def _brand_path(file: Path | None) -> Path:
    return file or load_settings().brand_file or DEFAULT_FILE


class _Posts:
    """The posts of a source, as often as they are asked for; what else is in it is kept once."""

    def __init__(self, source: BoundedSource) -> None:
        self._source = source
        self.bad: dict[str, BadInput] = {}
        self.profiles: dict[tuple[Network, str], Profile] = {}

    def __iter__(self) -> Iterator[Post]:
        for reading in self._source.read(None):
            if isinstance(reading, BadInput):
                self.bad[reading.where] = reading
            elif isinstance(reading.event, Post):
                yield reading.event
            elif isinstance(reading.event, Profile):
                self.profiles[reading.event.network, reading.event.id] = reading.event


def _propose(sources: tuple[str, ...], accounts: int) -> tuple[Proposal, list[BadInput]]:
    with tempfile.TemporaryDirectory(prefix="rapport-") as work_dir:
        # At capture: the counts are not used here, so files without any are as good.
        parts = parts_of(sources, access())
        source = BoundedSource(parts, counts="at-capture", work_dir=Path(work_dir), now=clock.now_ms)
        source.prepare()
        posts = _Posts(source)
        for _ in posts:  # profiles are known once everything was read
            pass
        profiles = posts.profiles.values()
        proposal = propose(posts, limit_accounts=accounts, among=source.authors, profiles=profiles)
    if not proposal.accounts:
        reason = f"\n{_bad_lines(list(posts.bad.values()))}" if posts.bad else ""
        raise UsageError(f"no posts with an author in {', '.join(sources)}{reason}")
    return proposal, list(posts.bad.values())


def _summary(path: Path, proposal: Proposal) -> str:
    found = [
        _count(len(proposal.accounts), "account") or "no account",
        _count(len(proposal.domains), "own domain") or "no own domain",
        _count(len(proposal.topics), "topic") or "no topic",
        f"time zone {proposal.zone.name}",
    ]
    return (
        f"Wrote {path} out of {_count(proposal.posts, 'post')}: {', '.join(found)}.\n"
        f"All of it is a proposal: read it, correct it, then: rapport brand check {path}"
    )


def _bad_lines(bad: list[BadInput]) -> str:
    shown = "\n".join(f"  {one.where}: {one.reason}" for one in bad[:5])
    return f"{_count(len(bad), 'piece')} of the input could not be read, the first:\n{shown}"


def _write(path: Path, content: str) -> None:
    if path == Path("-"):
        click.echo(content, nl=False)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
