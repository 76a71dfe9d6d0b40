"""The brand file, from YAML to a Brand: every mistake with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from ruamel.yaml.nodes import Node

from pipelines.brand import Account, Alerting, Brand, Contact, Goals, Topic
from pipelines.brand_alerts import may_be_one_of, read_alerting
from pipelines.brand_names import WrongName, normal_domain, normal_handle, normal_id
from pipelines.brand_nodes import NodeReader, YamlMistake, compose, line_of, suggestion
from pipelines.brand_zone_names import nearest_zone, time_zones
from pipelines.errors import InvalidBrand
from pipelines.events import NETWORKS, Network

MAX_BYTES = 512 * 1024
"""The file travels as one event; thousands of contacts fit."""
MAX_CONTACTS_PER_WEEK = 100_000

_T = TypeVar("_T")
_OTHER_NAMES = {
    "twitter": "x",
    "x.com": "x",
    "bsky": "bluesky",
    "atproto": "bluesky",
    "fediverse": "mastodon",
}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def load_brand(path: Path) -> Brand:
    """Return the brand in a YAML file, normalised: NFC, domains in lower case, handles without @.

    Raises InvalidBrand with one sentence a mistake, all of them, in the order of the lines.
    """
    return parse_brand(_read(path), path=str(path))


def parse_brand(content: str, *, path: str) -> Brand:
    """Return the brand in a YAML text; `path` only names it in messages. Raises InvalidBrand."""
    try:
        root = compose(content)
    except YamlMistake as mistake:
        raise InvalidBrand(path, (str(mistake),)) from mistake
    if root is None or root.value in ("", "null", "~"):
        raise InvalidBrand(
            path, ("line 1: the file is empty; `rapport brand init` writes one to start from",)
        )
    file = _BrandReader()
    brand = file.brand(root)
    if file.mistakes:
        raise InvalidBrand(path, file.mistakes)
    return brand


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise InvalidBrand(str(path), ("there is no such file; `rapport brand init` writes one",)) from error
    except IsADirectoryError as error:
        raise InvalidBrand(str(path), ("this is a folder, not a file",)) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidBrand(str(path), (f"cannot be read: {reason}",)) from error
    if len(raw) > MAX_BYTES:
        raise InvalidBrand(str(path), (f"is larger than {MAX_BYTES // 1024} KiB; is this a brand file?",))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        sentence = f"line {line}: is not text in UTF-8; save the file in that encoding"
        raise InvalidBrand(str(path), (sentence,)) from error


class _BrandReader(NodeReader):
    """One method a field of the file."""

    def brand(self, root: Node) -> Brand:
        fields = self.mapping(root, named="the file", known=Brand.__struct_fields__) or {}
        accounts = self._each(fields.get("accounts"), self._account, key=_account_keys, named="accounts")
        return Brand(
            name=self.text(fields.get("name"), named="name") or "",
            time_zone=self._time_zone(fields.get("time_zone")),
            accounts=accounts,
            own_domains=self._each(fields.get("own_domains"), self._domain, key=_itself, named="own_domains"),
            own_feeds=self._each(fields.get("own_feeds"), self._feed, key=_itself, named="own_feeds"),
            offers=self._texts(fields.get("offers"), named="offers"),
            topics=self._each(fields.get("topics"), self._topic, key=_topic_keys, named="topics"),
            contacts=self._each(fields.get("contacts"), self._contact, key=_account_keys, named="contacts"),
            goals=self._goals(fields.get("goals")),
            alerts=self._alerts(fields.get("alerts"), tracked=accounts),
        )

    def _each(
        self,
        node: Node | None,
        read: Callable[[Node], _T | None],
        *,
        key: Callable[[_T], Iterable[tuple[str, ...]]],
        named: str,
    ) -> tuple[_T, ...]:
        values, first_line = [], dict[tuple[str, ...], int]()
        for item in self.items(node, named=named):
            value = read(item)
            if value is None:
                continue
            twice = next((name for name in key(value) if name in first_line), None)
            if twice is not None:
                shown = " ".join(twice)
                self.mistake(item, f"`{shown}` stands twice in `{named}` (first in line {first_line[twice]})")
            first_line.update((name, line_of(item)) for name in key(value) if name not in first_line)
            values.append(value)
        return tuple(values)

    def _texts(self, node: Node | None, *, named: str) -> tuple[str, ...]:
        def read(item: Node) -> str | None:
            text = self.text(item, named=named)
            if text == "":
                self.mistake(item, f"an entry of `{named}` is empty; write a text or take the line out")
            return text or None

        return self._each(node, read, key=_folded, named=named)

    def _time_zone(self, node: Node | None) -> str:
        zone = self.text(node, named="time_zone")
        if node is not None and zone and zone not in time_zones():
            self.mistake(node, f"`{zone}` is no time zone{nearest_zone(zone)}")
        return zone or "UTC"

    def _account(self, node: Node) -> Account | None:
        fields = self.mapping(node, named="an account", known=Account.__struct_fields__)
        if fields is None:
            return None
        network, handle, id_ = self._identity(node, fields)
        return None if network is None else Account(network=network, handle=handle, id=id_)

    def _contact(self, node: Node) -> Contact | None:
        fields = self.mapping(node, named="a contact", known=Contact.__struct_fields__)
        if fields is None:
            return None
        network, handle, id_ = self._identity(node, fields)
        tag = self.text(fields.get("tag"), named="tag")
        if tag == "":
            self.mistake(
                fields.get("tag", node), "this contact has no `tag`; write one, such as client or partner"
            )
        if network is None:
            return None
        return Contact(network=network, tag=tag or "", handle=handle, id=id_)

    def _identity(self, node: Node, fields: dict[str, Node]) -> tuple[Network | None, str, str]:
        network = self._network(node, fields.get("network"))
        handle = self.text(fields.get("handle"), named="handle")
        id_ = self.id_text(fields.get("id"), named="id")
        if handle == "" and id_ == "":
            self.mistake(node, "has neither `handle` nor `id`; write at least one of them")
        if network is None:
            return None, "", ""
        handle = self._named(fields.get("handle"), handle, lambda text: normal_handle(network, text))
        id_ = self._named(fields.get("id"), id_, lambda text: normal_id(network, text))
        return network, handle, id_

    def _named(self, node: Node | None, text: str | None, normal: Callable[[str], str]) -> str:
        if node is None or not text:
            return ""
        try:
            return normal(text)
        except WrongName as error:
            self.mistake(node, str(error))
            return ""

    def _network(self, node: Node, value: Node | None) -> Network | None:
        written = self.text(value, named="network")
        if written is None:
            return None
        for network in NETWORKS:
            if written.lower() == network:
                return network  # type: ignore[return-value]  # NETWORKS holds exactly the Literal's values
        if not written or value is None:
            self.mistake(node, "has no `network`; write x, bluesky or mastodon")
        elif written.lower() in _OTHER_NAMES:
            self.mistake(value, f"`{written}` is called `{_OTHER_NAMES[written.lower()]}` here")
        else:
            self.mistake(
                value, f"`{written}` is no network that is known here{suggestion(written, NETWORKS)}"
            )
        return None

    def _domain(self, node: Node) -> str | None:
        text = self.text(node, named="own_domains")
        if text == "":
            self.mistake(node, "an entry of `own_domains` is empty; write a domain or take the line out")
        return self._named(node, text, normal_domain) or None

    def _feed(self, node: Node) -> str | None:
        text = self.text(node, named="own_feeds")
        if text is None:
            return None
        if not _is_address(text):
            self.mistake(
                node, f"`{text[:60]}` is no address of a feed; write it whole, with https:// in front"
            )
            return None
        return text

    def _topic(self, node: Node) -> Topic | None:
        fields = self.mapping(node, named="a topic", known=Topic.__struct_fields__)
        if fields is None:
            return None
        name = self.text(fields.get("name"), named="name")
        if name == "":
            self.mistake(fields.get("name", node), "this topic has no `name`")
        description = self.text(fields.get("description"), named="description")
        lists = {field: self._texts(fields.get(field), named=field) for field in _TOPIC_LISTS}
        if description == "" and not any(lists[field] for field in _TOPIC_SAYS):
            shown = f"the topic `{name}`" if name else "this topic"
            self.mistake(node, f"{shown} says nothing: give it a `description`, `keywords` or `examples`")
        return Topic(name=name or "", description=description or "", **lists)

    def _goals(self, node: Node | None) -> Goals:
        if node is None or node.value == "":
            return Goals()
        fields = self.mapping(node, named="`goals`", known=Goals.__struct_fields__) or {}
        default = Goals().new_contacts_per_week
        contacts = self.number(
            fields.get("new_contacts_per_week"),
            named="new_contacts_per_week",
            default=default,
            low=1,
            high=MAX_CONTACTS_PER_WEEK,
        )
        return Goals(new_contacts_per_week=contacts)

    def _alerts(self, node: Node | None, *, tracked: Sequence[Account]) -> Alerting:
        if node is None or node.value == "":
            return Alerting()
        fields = self.mapping(node, named="`alerts`", known=Alerting.__struct_fields__) or {}

        def read(item: Node) -> Account | None:
            account = self._account(item)
            if account is not None and tracked and not may_be_one_of(account, tracked):
                self.mistake(item, "this account is not among the `accounts` of the file: nobody watches it")
            return account

        accounts = self._each(fields.get("accounts"), read, key=_account_keys, named="accounts")
        return read_alerting(self, fields, accounts)


_TOPIC_LISTS = ("keywords", "examples", "counter_examples")
_TOPIC_SAYS = ("keywords", "examples")


def _itself(text: str) -> tuple[tuple[str], ...]:
    return ((text,),)


def _folded(text: str) -> tuple[tuple[str], ...]:
    return ((text.casefold(),),)


def _topic_keys(topic: Topic) -> tuple[tuple[str], ...]:
    return ((topic.name.casefold(),),) if topic.name else ()


def _account_keys(account: Account | Contact) -> tuple[tuple[str, ...], ...]:
    names = (account.handle.casefold(), account.id)
    return tuple((account.network, name) for name in names if name)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False
