"""Archives as the networks give them, made up for tests, and what their sources find in them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import libipld

from pipelines.sources.account_posts import Access
from pipelines.sources.bounded import BoundedSource, Part
from pipelines.sources.public_api import Patience
from tests.sources.file_outcome import NOW, Outcome

Files = Mapping[str, bytes]
NO_NETWORK = Access(Patience(lambda: 0.0, lambda _: None, lambda: NOW), "http://127.0.0.1:9")
"""What reads accounts, where none is to be read."""


def read_part(part: Part, tmp_path: Path) -> Outcome:
    """Read one part as every bounded source does, at the instant NOW."""
    source = BoundedSource([part], work_dir=tmp_path / "work", now=lambda: NOW)
    inventory = source.prepare()
    outcome = Outcome(inventory, list(source.read(None)))
    assert (inventory.events, inventory.bad) == (len(outcome.events), len(outcome.bad))
    return outcome


def script(name: str, content: Any, *, part: int = 0) -> bytes:
    """A file of X's archive: JSON behind an assignment."""
    return f"window.YTD.{name}.part{part} = ".encode() + json.dumps(content, indent=2).encode()


def zipped(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def unpacked(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def tarred(path: Path, files: Files) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def archived(number: int, text: str = "", *, hour: int = 3, **changes: Any) -> dict[str, Any]:
    """An element of `tweets.js`: numbers stand as texts. Monday 24 September 2012."""
    return {
        "tweet": {
            "id": str(number),
            "id_str": str(number),
            "created_at": f"Mon Sep 24 {hour:02d}:35:21 +0000 2012",
            "full_text": text or f"post {number}",
            "favorite_count": "2",
            "retweet_count": "1",
            "favorited": False,
            "retweeted": False,
            "truncated": False,
            "lang": "en",
            "source": '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
            "display_text_range": ["0", "10"],
            "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
            **changes,
        }
    }


def mention(account: str, handle: str) -> dict[str, Any]:
    return {
        "name": handle.title(),
        "screen_name": handle,
        "indices": ["0", "4"],
        "id_str": account,
        "id": account,
    }


def url(expanded: str) -> dict[str, Any]:
    return {"url": "https://t.co/abc", "expanded_url": expanded, "display_url": "…", "indices": ["5", "9"]}


ACCOUNT = {
    "email": "ada@example.com",
    "createdVia": "web",
    "username": "ada_example",
    "accountId": "77",
    "createdAt": "2009-05-01T10:00:00.000Z",
    "accountDisplayName": "Ada",
}
MADE = "2014-01-01T00:00:00.000Z"
MADE_AT = 1_388_534_400_000


def x_archive(*tweets: dict[str, Any], made: str = MADE, **more: bytes) -> dict[str, bytes]:
    """The files of an archive of X, with the keys of `more` as files below `data/`."""
    follower = [{"follower": {"accountId": str(n), "userLink": "https://x.com/"}} for n in range(3)]
    following = [{"following": {"accountId": str(n), "userLink": "https://x.com/"}} for n in range(5)]
    manifest = {"userInfo": {"accountId": "77"}, "archiveInfo": {"generationDate": made, "sizeBytes": "9"}}
    return {
        "Your archive.html": b"<!doctype html>",
        "data/account.js": script("account", [{"account": ACCOUNT}]),
        "data/profile.js": script(
            "profile", [{"profile": {"description": {"bio": "I bake", "website": "https://t.co/x"}}}]
        ),
        "data/manifest.js": b"window.__THAR_CONFIG = " + json.dumps(manifest).encode(),
        "data/tweets.js": script("tweets", list(tweets)),
        "data/follower.js": script("follower", follower),
        "data/following.js": script("following", following),
        "data/direct-messages.js": script("direct_messages", [{"dmConversation": {"text": "secret"}}]),
        **{f"data/{name}": content for name, content in more.items()},
    }


DID = "did:plc:ann"


def key_of(at: int) -> str:
    """Return the key of a record that was made at this instant, in milliseconds."""
    number = at * 1_000 << 10
    return "".join(
        "234567abcdefghijklmnopqrstuvwxyz"[number >> 5 * place & 31] for place in reversed(range(13))
    )


class Repository:
    """A repository of Bluesky in the making: records by path, packed as its CAR file."""

    def __init__(self, did: str = DID, *, revision: str = "3m4a2222222a2") -> None:
        self._did, self._revision = did, revision
        self._records: dict[str, bytes] = {}
        self._blocks: dict[bytes, bytes] = {}

    def put(self, path: str, record: dict[str, Any]) -> str:
        """Add a record; return its address."""
        self._records[path] = self._block({"$type": path.partition("/")[0], **record})
        return f"at://{self._did}/{path}"

    def packed(self, *, without: str = "", fanout: int = 4) -> bytes:
        """Return the CAR file; the record `without` is left out of it."""
        root = self._tree(sorted(self._records.items()), fanout)
        commit = {"did": self._did, "version": 3, "data": root, "rev": self._revision, "prev": None}
        head = self._block({**commit, "sig": b"x"})
        kept = {cid: block for cid, block in self._blocks.items() if cid != self._records.get(without)}
        header = b"\xa2eroots\x81\xd8\x2a\x58\x25\x00" + head + b"gversion\x01"
        sections = [cid + block for cid, block in kept.items()]
        return b"".join(_varint(len(each)) + each for each in (header, *sections))

    def _tree(self, records: list[tuple[str, bytes]], fanout: int) -> bytes:
        """A search tree of two levels: each `fanout`-th record above, those between below."""
        groups = [records[at : at + fanout] for at in range(0, len(records), fanout)]
        above = [
            {**self._entry(group[0]), "t": self._node(group[1:]) if group[1:] else None} for group in groups
        ]
        return self._block({"l": None, "e": self._compressed(above, [group[0][0] for group in groups])})

    def _node(self, records: list[tuple[str, bytes]]) -> bytes:
        entries = [{**self._entry(record), "t": None} for record in records]
        return self._block({"l": None, "e": self._compressed(entries, [path for path, _ in records])})

    @staticmethod
    def _entry(record: tuple[str, bytes]) -> dict[str, Any]:
        path, cid = record
        return {"p": 0, "k": path.encode(), "v": cid}

    @staticmethod
    def _compressed(entries: list[dict[str, Any]], paths: list[str]) -> list[dict[str, Any]]:
        before = ""
        for entry, path in zip(entries, paths, strict=True):
            shared = next((at for at in range(len(path)) if path[: at + 1] != before[: at + 1]), len(path))
            entry["p"], entry["k"] = shared, path[shared:].encode()
            before = path
        return entries

    def _block(self, content: dict[str, Any]) -> bytes:
        data = libipld.encode_dag_cbor(content)
        cid = b"\x01\x71\x12\x20" + hashlib.sha256(data).digest()
        self._blocks[cid] = data
        return cid


def _varint(number: int) -> bytes:
    encoded = b""
    while number > 127:
        encoded += bytes([number & 127 | 128])
        number >>= 7
    return encoded + bytes([number])


ACTOR = {
    "id": "https://social.example/users/ann",
    "type": "Person",
    "preferredUsername": "ann",
    "name": "Ann",
    "summary": "<p>I <b>bake</b></p>",
    "url": "https://social.example/@ann",
    "published": "2019-05-01T00:00:00Z",
    "attachment": [
        {"type": "PropertyValue", "name": "Pronouns", "value": "she"},
        {
            "type": "PropertyValue",
            "name": "Shop",
            "value": '<a href="https://bread.example">bread.example</a>',
        },
    ],
}
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def note(number: int, content: str = "<p>Hello</p>", **changes: Any) -> dict[str, Any]:
    """An activity of `outbox.json`: a public post of ann's."""
    address = f"https://social.example/users/ann/statuses/{number}"
    shown = {
        "id": address,
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": "2023-03-01T12:00:00Z",
        "to": [PUBLIC],
        "cc": ["https://social.example/users/ann/followers"],
        "content": content,
        "contentMap": {"en": content},
        "attachment": [],
        "tag": [],
        "replies": {"id": f"{address}/replies", "type": "Collection"},
        **changes,
    }
    return {
        "id": f"{address}/activity",
        "type": "Create",
        "actor": ACTOR["id"],
        "published": shown["published"],
        "to": shown["to"],
        "cc": shown["cc"],
        "object": shown,
    }


def mastodon_archive(*activities: dict[str, Any]) -> dict[str, bytes]:
    """The files of an archive of Mastodon."""
    outbox = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "outbox.json",
        "type": "OrderedCollection",
        "totalItems": len(activities),
        "orderedItems": list(activities),
    }
    return {
        "media_attachments/files/1.png": b"\x89PNG" + b"\0" * 2000,
        "outbox.json": json.dumps(outbox).encode(),
        "likes.json": b'{"orderedItems": []}',
        "bookmarks.json": b'{"orderedItems": []}',
        "actor.json": json.dumps(ACTOR).encode(),
    }
