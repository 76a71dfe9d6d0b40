"""Who was erased, and what is left of an event that names them: a stub that counts the same and says nothing.

Known are only HMACs (RFC 2104, SHA-256) of accounts, of what they said and did, and of their handles, with
a secret of the settings: nobody else can tell who they were. An event is looked at before it is folded, so
neither a replay nor a source that tells it again brings anybody back. One person's stubs bear one pseudonym,
so that people are still counted as people.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from pipelines.erased_text import JSON_NAMES, PAGES, TALK, forms_of, handle_key, without
from pipelines.errors import Fatal
from pipelines.events import (
    NETWORKS,
    AnyEvent,
    BrandVersion,
    Delete,
    Edit,
    Erase,
    Mention,
    Post,
    Profile,
)
from pipelines.ids import author_in
from pipelines.scoring.post import relation_of
from pipelines.scoring.text import asks

ERASED = "erased"
"""What stands in a text where somebody was named."""
UNKEYED = (
    "somebody was erased, and without the secret nobody can tell who: set RAPPORT_ERASURE_SECRET or"
    " RAPPORT_ERASURE_SECRET_FILE as it was then"
)
OTHERWISE_KEYED = (
    "people were erased with another secret: set RAPPORT_ERASURE_SECRET or RAPPORT_ERASURE_SECRET_FILE as it"
    " was then, else they come back"
)
ACCOUNTS = ("author", "actor", "reply_to_account", "quote_of_account", "repost_of_account")
THINGS = {
    "post": None,
    "reply_to_post": "reply_to_account",
    "quote_of": "quote_of_account",
    "repost_of": "repost_of_account",
    "conversation": None,
}
"""Fields that name an account; fields that name a post, and the field that says whose it is."""


class Eraser:
    """Makes stubs of what erased people said and did. `known`: digests from earlier erasures."""

    def __init__(self, secret: str, known: Iterable[str] = ()) -> None:
        self._secret = secret.encode()
        self._known: set[str] = set()
        self._digest = lru_cache(maxsize=65_536)(self._computed)
        self.know(known)

    # ---- who is known ----------------------------------------------------------------------------

    def know(self, digests: Iterable[str]) -> None:
        """Take over digests that are known already. Raises Fatal if they were made with another secret."""
        digests = set(digests)
        if digests and self._of_secret not in digests:
            raise Fatal(OTHERWISE_KEYED)
        self._known |= digests

    def learn(self, erase: Erase) -> list[str]:
        """Forget an account and what it said and did from now on; return the digests of it all."""
        digests = [self._of_secret, self.digest_of_account(erase.network, erase.id)]
        digests += [self.digest_of_thing(erase.network, each) for each in erase.things]
        digests += [self._digest_of_handle(erase.network, each) for each in erase.handles]
        self._known.update(digests)
        return digests

    @property
    def _of_secret(self) -> str:
        """By this a secret is told from another one."""
        return self._digest("secret")

    def digest_of_account(self, network: str, account: str) -> str:
        """Return the HMAC of an account, in hex."""
        return self._digest(f"account {network} {account}")

    def digest_of_thing(self, network: str, id_: str) -> str:
        """Return the HMAC of a post or an act, in hex."""
        return self._digest(f"thing {network} {id_}")

    def _digest_of_handle(self, network: str, handle: str) -> str:
        return self._digest(f"handle {network} {handle_key(handle)}")

    def stub_of_account(self, network: str, account: str) -> str:
        """Return the pseudonym of somebody who was erased."""
        return f"{ERASED}-{self.digest_of_account(network, account)[:24]}"

    def stub_of_thing(self, network: str, id_: str) -> str:
        """Return the id of what stands for a post or an act of somebody who was erased."""
        return f"{ERASED}-{self.digest_of_thing(network, id_)[:24]}"

    def is_erased(self, network: str, account: str | None) -> bool:
        """Tell whether an account was erased."""
        return bool(account) and self.digest_of_account(network, account or "") in self._known

    def _names_account(self, network: str, name: str) -> bool:
        """Tell whether a name is the id or a handle of an account that was erased."""
        return self.is_erased(network, name) or self._digest_of_handle(network, name) in self._known

    def _is_erased_thing(self, network: str, id_: str) -> bool:
        return self.digest_of_thing(network, id_) in self._known or self._tells_erased(network, id_)

    def _tells_erased(self, network: str, id_: str) -> bool:
        """Tell whether an id says itself that somebody erased made it."""
        return self.is_erased(network, author_in(network, id_))

    def _computed(self, named: str) -> str:
        return hmac.digest(self._secret, named.encode("utf-8", "surrogatepass"), "sha256").hex()

    # ---- what is left ----------------------------------------------------------------------------

    def stub_of(self, event: AnyEvent) -> tuple[AnyEvent | None, tuple[str, ...]]:
        """Return what may be folded of an event, and digests of things that nobody had known to be erased.

        None: nothing may, since its subject was erased.
        """
        if not self._known or isinstance(event, Erase):
            return event, ()
        if isinstance(event, BrandVersion):
            return self._nameless_brand(event), ()
        if self.is_erased(event.network, event.subject):
            return None, ()
        changed = self._names(event)
        fresh = self._newly_known(event) if {"author", "actor"} & changed.keys() else ()
        if self._is_of_erased(event, changed):
            changed["id"] = self._stub_of_id(event)
            changed |= _silence(event)
        else:
            changed |= self._nameless_texts(event)
        return (msgspec.structs.replace(event, **changed) if changed else event), fresh

    def _is_of_erased(self, event: AnyEvent, changed: dict[str, Any]) -> bool:
        """Tell whether somebody erased said or did it, or whether it is said of such a thing."""
        if "author" in changed or "actor" in changed:
            return True
        if isinstance(event, Profile):
            return self.is_erased(event.network, event.id)
        if isinstance(event, Delete) and event.of == "account":
            return self.is_erased(event.network, event.id)
        return isinstance(event, Edit | Delete) and self._is_erased_thing(event.network, event.id)

    def _stub_of_id(self, event: AnyEvent) -> str:
        if self.is_erased(event.network, event.id):
            return self.stub_of_account(event.network, event.id)
        return self.stub_of_thing(event.network, event.id)

    def _newly_known(self, event: AnyEvent) -> tuple[str, ...]:
        if self._is_erased_thing(event.network, event.id) or self.is_erased(event.network, event.id):
            return ()
        digest = self.digest_of_thing(event.network, event.id)
        self._known.add(digest)
        return (digest,)

    def _names(self, event: AnyEvent) -> dict[str, Any]:
        """Return the fields that name somebody or something erased, with what stands for it."""
        network = event.network
        changed: dict[str, Any] = {}
        for name in ACCOUNTS:
            if self.is_erased(network, account := getattr(event, name, None)):
                changed[name] = self.stub_of_account(network, account or "")
        for name, whose in THINGS.items():
            thing: str = getattr(event, name, None) or ""
            if thing and (whose in changed or self._is_erased_thing(network, thing)):
                changed[name] = self.stub_of_thing(network, thing)
        if isinstance(event, Post) and any(self.is_erased(network, one.account) for one in event.mentions):
            changed["mentions"] = tuple(self._nameless(network, one) for one in event.mentions)
        return changed

    def _nameless(self, network: str, mention: Mention) -> Mention:
        if self.is_erased(network, mention.account):
            return Mention(self.stub_of_account(network, mention.account), ERASED)
        return mention

    # ---- texts of others -------------------------------------------------------------------------

    def _nameless_texts(self, event: AnyEvent) -> dict[str, Any]:
        """Return the texts and links of an event that name somebody erased, without the names."""
        if not isinstance(event, Post | Edit | Profile):
            return {}
        mentioned = self._forms_mentioned(event) if isinstance(event, Post) else frozenset()
        changed: dict[str, Any] = {}
        for name in ("text", "bio", "url"):
            if (text := getattr(event, name, "")) and (
                left := self.nameless(event.network, text, mentioned)
            ) != text:
                changed[name] = left
        links: tuple[str, ...] = getattr(event, "links", ())
        left_links = tuple(self.nameless(event.network, link, mentioned) for link in links)
        return changed if left_links == links else {**changed, "links": left_links}

    def _forms_mentioned(self, post: Post) -> frozenset[str]:
        """Return the handles, also short ones, of the people erased whom a post mentions."""
        return frozenset(
            form
            for one in post.mentions
            if one.handle and self.is_erased(post.network, one.account)
            for form in forms_of(one.handle)
        )

    def nameless(self, network: str, text: str, mentioned: frozenset[str] = frozenset()) -> str:
        """Return a text without mentions of people erased and addresses of their pages.

        `mentioned`: handles that mean somebody erased here. A name that stands as a plain word is nobody's.
        """

        def is_named(name: str) -> bool:
            key = handle_key(name)
            return key != ERASED and (
                key in mentioned or self._digest_of_handle(network, name) in self._known
            )

        def is_page(name: str) -> bool:
            return is_named(name) or self.is_erased(network, name)

        if "/" in text:
            text = without(PAGES, text, is_page, ERASED)
        return without(TALK, text, is_named, ERASED) if "@" in text else text

    def _nameless_brand(self, event: BrandVersion) -> BrandVersion:
        def field(found: re.Match[str]) -> str:
            known = any(self._names_account(network, found[2]) for network in NETWORKS)
            return f'"{found[1]}":"{ERASED}"' if known else found[0]

        content = JSON_NAMES.sub(field, event.content)
        return event if content == event.content else msgspec.structs.replace(event, content=content)

    def names_erased(self, document: str) -> bool:
        """Tell whether any word of a document that cannot be read names somebody or something erased."""
        return bool(self._known) and any(
            self._names_account(network, word) or self._is_erased_thing(network, word)
            for word in set(_WORDS.findall(document))
            for network in NETWORKS
        )


_WORDS = re.compile(r"[\w:/@.-]*\w")


def _silence(event: AnyEvent) -> dict[str, Any]:
    """Return the fields that hold what was said, empty; whether a post asked and mentioned stays."""
    if isinstance(event, Edit):
        return {"text": "", "links": ()}
    if isinstance(event, Profile):
        left = {"handle": "", "name": "", "bio": "", "url": "", "created_at": None}
        return {**left, "followers": None, "following": None, "posts": None, "listed": None}
    if not isinstance(event, Post):
        return {}
    mentioned = relation_of(event) == "mention"
    return {
        "text": "?" if asks(event.text) else "",
        "mentions": (Mention(event.subject, ""),) if mentioned else (),
        "author_handle": "",
        "author_host": "",
        "language": "",
        "links": (),
        "hashtags": (),
        "followers_at_post": None,
    }
