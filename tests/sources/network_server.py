"""A small server that plays Bluesky's public AppView and a Mastodon instance, and their bad days."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.sources.archive_outcome import DID, key_of
from tests.sources.made_up_account import MadeUp

HANDLE = "ann.example"
OTHER = "did:plc:bob"
MASTODON_ID, OTHER_ID = "109000000000000001", "109000000000000002"


class NetworkServer:
    """The server's content and behaviour. `faults` maps a part of a path to what happens there, in turn.

    A fault is "429", "429:90" (with Retry-After), "500", "401", "404", "stall", "cut" (the connection ends in
    the middle), "broken" (not JSON), "huge"; "ok" is an answer as it should be. The last one stays.
    """

    def __init__(self, posts: Sequence[MadeUp]) -> None:
        self.posts = sorted(posts, key=lambda post: -post.at)
        self.faults: dict[str, list[str]] = {}
        self.asked: defaultdict[str, int] = defaultdict(int)
        self.stall_s = 0.5
        self.strange: list[Any] = []
        """Elements put in front of the first page of posts."""
        self._lock = threading.Lock()

    def fault_at(self, path: str) -> str:
        with self._lock:
            self.asked[path.rsplit(".", 1)[-1] if path.startswith("/xrpc") else path] += 1
            for part, faults in self.faults.items():
                if part in path and faults:
                    return faults.pop(0) if len(faults) > 1 else faults[0]
        return "ok"

    def answer(self, path: str, asked: dict[str, str]) -> Any:
        """Return the JSON of an answer; None: there is none."""
        if path.startswith("/xrpc/"):
            return self._bluesky(path.rsplit(".", 1)[-1], asked)
        return self._mastodon(path.strip("/").split("/"), asked)

    def _bluesky(self, method: str, asked: dict[str, str]) -> Any:
        if method == "getProfile":
            return bluesky_profile(len(self.posts)) if asked["actor"] == HANDLE else None
        if method == "getProfiles":
            return {"profiles": [bluesky_profile(len(self.posts))]}
        if method == "getAuthorFeed":
            begin, limit = int(asked.get("cursor", 0)), int(asked["limit"])
            page = [bluesky_item(post) for post in self.posts[begin : begin + limit]]
            more = {"cursor": str(begin + limit)} if begin + limit < len(self.posts) else {}
            return {"feed": [*(self.strange if begin == 0 else []), *page], **more}
        by_uri = {bluesky_uri(post): post for post in self.posts}
        return bluesky_thread(by_uri[asked["uri"]]) if method == "getPostThread" else None

    def _mastodon(self, parts: list[str], asked: dict[str, str]) -> Any:
        if parts[-1] == "lookup":
            return mastodon_account(len(self.posts)) if asked["acct"] == "ann" else None
        if parts[-1] == "statuses":
            older = [
                p for p in self.posts if "max_id" not in asked or int(mastodon_id(p)) < int(asked["max_id"])
            ]
            page = [mastodon_status(post) for post in older[: int(asked["limit"])]]
            return [*(self.strange if "max_id" not in asked else []), *page]
        by_id = {mastodon_id(post): post for post in self.posts}
        return mastodon_context(by_id[parts[-2]]) if parts[-1] == "context" else None


def bluesky_uri(post: MadeUp) -> str:
    return f"at://{DID}/app.bsky.feed.post/{key_of(post.at)}"


def bluesky_profile(posts: int) -> dict[str, Any]:
    return {
        "did": DID,
        "handle": HANDLE,
        "displayName": "Ann",
        "description": "Coffee at https://fernhill.example.com",
        "followersCount": 250,
        "followsCount": 120,
        "postsCount": posts,
        "createdAt": "2023-05-01T10:00:00.000Z",
        "indexedAt": "2024-01-01T00:00:00.000Z",
        "labels": [],
    }


def bluesky_item(post: MadeUp) -> dict[str, Any]:
    record: dict[str, Any] = {
        "$type": "app.bsky.feed.post",
        "text": post.text,
        "createdAt": post.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "langs": ["en"],
    }
    if post.answers:
        parent = {"uri": f"at://did:plc:p{post.answers}/app.bsky.feed.post/3k", "cid": "x"}
        record["reply"] = {"parent": parent, "root": parent}
    if post.link:
        record["embed"] = {"$type": "app.bsky.embed.external", "external": {"uri": post.link, "title": "t"}}
    return {"post": _bluesky_view(bluesky_uri(post), DID, HANDLE, record, post)}


def _bluesky_view(
    uri: str, did: str, handle: str, record: dict[str, Any], post: MadeUp | None = None
) -> dict[str, Any]:
    return {
        "uri": uri,
        "cid": "bafyreib",
        "author": {"did": did, "handle": handle, "displayName": handle.title()},
        "record": record,
        "replyCount": post.replies if post else 0,
        "repostCount": post.reposts if post else 0,
        "likeCount": post.likes if post else 0,
        "quoteCount": 0,
        "indexedAt": record["createdAt"],
    }


def bluesky_thread(post: MadeUp) -> dict[str, Any]:
    parent = {"uri": bluesky_uri(post), "cid": "x"}
    replies: list[dict[str, Any]] = []
    for number in range(post.replies):
        record = {
            "$type": "app.bsky.feed.post",
            "text": "How do you do that?",
            "createdAt": post.time.isoformat().replace("+00:00", "Z"),
            "reply": {"parent": parent, "root": parent},
        }
        uri = f"at://{OTHER}/app.bsky.feed.post/{key_of(post.at + 60_000 + number)}"
        view = _bluesky_view(uri, OTHER, "bob.example", record)
        replies.append({"$type": "app.bsky.feed.defs#threadViewPost", "post": view})
    replies.append({"$type": "app.bsky.feed.defs#blockedPost", "uri": "at://x", "blocked": True})
    own = bluesky_item(post)["post"]
    return {"thread": {"$type": "app.bsky.feed.defs#threadViewPost", "post": own, "replies": replies}}


def mastodon_id(post: MadeUp) -> str:
    return str((post.at << 16) + post.number % 65_536)


def mastodon_account(posts: int) -> dict[str, Any]:
    return {
        "id": MASTODON_ID,
        "username": "ann",
        "acct": "ann",
        "display_name": "Ann",
        "locked": False,
        "bot": False,
        "created_at": "2023-05-01T00:00:00.000Z",
        "note": "<p>Coffee</p>",
        "url": "https://social.example/@ann",
        "followers_count": 250,
        "following_count": 120,
        "statuses_count": posts,
        "fields": [
            {
                "name": "Shop",
                "value": '<a href="https://fernhill.example.com">fernhill.example.com</a>',
                "verified_at": "2024-01-01T00:00:00.000+00:00",
            }
        ],
    }


def mastodon_status(post: MadeUp) -> dict[str, Any]:
    link = f' <a href="{post.link}" rel="nofollow">{post.link}</a>' if post.link else ""
    return {
        "id": mastodon_id(post),
        "created_at": post.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "in_reply_to_id": str(10**17 + post.answers) if post.answers else None,
        "in_reply_to_account_id": str(10**17 + post.answers) if post.answers else None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": "en",
        "uri": f"https://social.example/users/ann/statuses/{mastodon_id(post)}",
        "url": f"https://social.example/@ann/{mastodon_id(post)}",
        "replies_count": post.replies,
        "reblogs_count": post.reposts,
        "favourites_count": post.likes,
        "edited_at": None,
        "content": f"<p>{post.text}{link}</p>",
        "reblog": None,
        "account": mastodon_account(0),
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "emojis": [],
        "card": None,
        "poll": None,
    }


def mastodon_context(post: MadeUp) -> dict[str, Any]:
    below = [
        {
            **mastodon_status(post),
            "id": str(int(mastodon_id(post)) + 70_000 + number),
            "in_reply_to_id": mastodon_id(post),
            "in_reply_to_account_id": MASTODON_ID,
            "content": "<p>How do you do that?</p>",
            "account": {
                **mastodon_account(0),
                "id": OTHER_ID,
                "username": "bob",
                "acct": "bob@other.example",
            },
        }
        for number in range(post.replies)
    ]
    return {"ancestors": [], "descendants": below}


@contextmanager
def serving(content: NetworkServer) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1; give the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one piece: two would wait for each other's acknowledgement

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            fault = content.fault_at(address.path)
            if fault == "stall":
                time.sleep(content.stall_s)
            if fault in ("ok", "stall"):
                asked = {name: each[0] for name, each in parse_qs(address.query).items()}
                found = content.answer(address.path, asked)
                self._say(404 if found is None else 200, json.dumps(found).encode())
            elif fault == "broken":
                self._say(200, b'{"feed": [{"post": ')
            elif fault == "huge":
                self._say(200, b" " * (9 << 20))
            elif fault == "cut":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"feed": [')
                self.close_connection = True
            else:
                status, _, after = fault.partition(":")
                self._say(int(status), b'{"error": "no"}', {"Retry-After": after} if after else {})

        def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
