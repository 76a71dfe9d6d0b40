"""The activities in a Mastodon archive (`outbox.json`) as canonical events.

An archive speaks in addresses, not in the server's numbers: accounts are named `user@host`. A post of the
account's own server is named by the number in its address, one of another server by the address itself.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct, field

from pipelines.errors import InvalidEvent
from pipelines.events import AnyEvent, Mention, Network, Post
from pipelines.scoring.links import host
from pipelines.sources.entities import instant_within, missing
from pipelines.sources.fediverse.markup import plain
from pipelines.sources.ripeness import counts_of

NETWORK: Network = "mastodon"
_PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
_STATUS = re.compile(r"^(https?://[^/]+/(?:ap/)?users/([^/]+))/statuses/(\d+)")
_PROFILE = re.compile(r"^https?://([^/]+)/(?:users/|@)([^/@]+)/?$")

Texts = str | list[str] | None


class Tag(Struct, gc=False):
    type: str = ""
    name: str = ""
    href: str = ""


class Attachment(Struct, gc=False):
    type: str = ""


class Total(Struct, gc=False, rename="camel"):
    total_items: int | None = None


class Note(Struct, gc=False, rename="camel"):
    id: str = ""
    type: str = "Note"
    content: str | None = None
    content_map: dict[str, str | None] | None = None
    summary: str | None = None
    published: str | None = None
    in_reply_to: str | None = None
    quote: object = None
    conversation: str | None = None
    tag: list[Tag] | None = None
    attachment: list[Attachment] | None = None
    to: Texts = None
    cc: Texts = None
    likes: Total | str | None = None
    shares: Total | str | None = None


class Activity(Struct, gc=False):
    id: str = ""
    type: str = ""
    actor: str = ""
    published: str | None = None
    to: Texts = None
    cc: Texts = None
    object: msgspec.Raw = field(default_factory=msgspec.Raw)


activity_decoder = msgspec.json.Decoder(Activity)
_note_decoder = msgspec.json.Decoder(Note)
_address_decoder = msgspec.json.Decoder(str)


class Owner(Struct, frozen=True):
    """Whose archive it is: the address of the account, its name, its server, and when it was made."""

    address: str
    user: str
    host: str
    seen_at: int | None = None

    @property
    def account(self) -> str:
        """The id under which the account is kept."""
        return f"{self.user}@{self.host}"


def activity_events(content: bytes, owner: Owner, *, ingested_at: int) -> list[AnyEvent]:
    """Return what an activity says in public: a post with its counts where told, or a repost; else nothing.

    Raises InvalidEvent or msgspec.DecodeError naming the field.
    """
    activity = activity_decoder.decode(content)
    if activity.type == "Announce":
        return [_repost(activity, owner, ingested_at)]
    if activity.type != "Create":
        return []
    note = _note_decoder.decode(activity.object)
    if not _is_public(note.to, note.cc):
        return []
    post = _post(note, activity, owner, ingested_at)
    likes, shares = _total(note.likes), _total(note.shares)
    if likes is None and shares is None:
        return [post]
    return [post, counts_of(post, seen_at=owner.seen_at, likes=likes, reposts=shares)]


def _total(collection: Total | str | None) -> int | None:
    return collection.total_items if isinstance(collection, Total) else None


def _repost(activity: Activity, owner: Owner, ingested_at: int) -> Post:
    raw = bytes(activity.object)
    address = _note_decoder.decode(raw).id if raw[:1] == b"{" else _address_decoder.decode(raw)
    if not address:
        raise missing("$.object")
    at = _published(activity.published, "$.published", ingested_at)
    return Post(
        network=NETWORK,
        id=_post_id(activity.id, owner, "$.id"),
        occurred_at=at,
        ingested_at=ingested_at,
        author=owner.account,
        author_handle=owner.account,
        author_host=owner.host,
        repost_of=_post_id(address, owner, "$.object"),
        repost_of_account=_author_of(address, owner, {}),
    )


def _post(note: Note, activity: Activity, owner: Owner, ingested_at: int) -> Post:
    if note.content is None:
        raise missing("$.object.content")
    shown = plain(note.content)
    named = {tag.href: _account(tag.name, owner) for tag in note.tag or () if tag.type == "Mention"}
    quoted = note.quote if isinstance(note.quote, str) else None
    answered = note.in_reply_to
    return Post(
        network=NETWORK,
        id=_post_id(note.id, owner, "$.object.id"),
        occurred_at=_published(note.published or activity.published, "$.object.published", ingested_at),
        ingested_at=ingested_at,
        author=owner.account,
        author_handle=owner.account,
        author_host=owner.host,
        text=f"{note.summary}\n\n{shown.text}" if note.summary else shown.text,
        language=next(iter(note.content_map or {}), ""),
        reply_to_post=_post_id(answered, owner, "$.object.inReplyTo") if answered else None,
        reply_to_account=_author_of(answered, owner, named) if answered else None,
        quote_of=_post_id(quoted, owner, "$.object.quote") if quoted else None,
        quote_of_account=_author_of(quoted, owner, {}) if quoted else None,
        conversation=note.conversation,
        mentions=tuple(Mention(account, account) for account in dict.fromkeys(named.values()) if account),
        links=shown.links,
        hashtags=tuple(tag.name.removeprefix("#") for tag in note.tag or () if tag.type == "Hashtag"),
        has_media=note.type == "Question" or any(each.type != "Link" for each in note.attachment or ()),
    )


def _is_public(*addressed: Texts) -> bool:
    return any(
        not _PUBLIC.isdisjoint([each] if isinstance(each, str) else each) for each in addressed if each
    )


def _published(text: str | None, name: str, ingested_at: int) -> int:
    if text is None:
        raise missing(name)
    return instant_within(text, name, ingested_at=ingested_at)


def _post_id(address: str, owner: Owner, name: str) -> str:
    if not address:
        raise missing(name)
    match = _STATUS.match(address)
    return match[3] if match is not None and host(address) == owner.host else address


def _author_of(address: str, owner: Owner, named: dict[str, str]) -> str | None:
    """Return who wrote the post at an address, as far as the address or those mentioned with it tell."""
    match = _STATUS.match(address)
    if match is None:
        others = [account for account in named.values() if account.endswith(f"@{host(address)}")]
        return others[0] if len(others) == 1 else None
    if match[1] == owner.address:
        return owner.account
    if match[1] in named:
        return named[match[1]]
    return None if match[2].isdecimal() and "/ap/" in match[1] else f"{match[2]}@{host(address)}"


def _account(name: str, owner: Owner) -> str:
    """Return `user@host` of a name as it is mentioned: without a host it is of the owner's server."""
    user, _, server = name.removeprefix("@").partition("@")
    return f"{user}@{server.lower() or owner.host}" if user else ""


def owner_of(address: str, user: str = "", *, seen_at: int | None = None) -> Owner:
    """Return the owner by the address of the account, and its name where that is told beside.

    Raises InvalidEvent if the address names nobody.
    """
    server, match = host(address), _PROFILE.match(address)
    name = user or (match[2] if match else "")
    if server is None or not name:
        raise InvalidEvent("`$.id` is no address of an account")
    return Owner(address, name, server, seen_at)
