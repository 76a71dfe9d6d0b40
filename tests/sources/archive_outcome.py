"""Archives as the networks give them, made up for tests, and what their sources find in them."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.sources.bounded import BoundedSource, Part
from tests.sources.file_outcome import NOW, Outcome

Files = Mapping[str, bytes]


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
