"""The claims about marketing on social networks that the metrics put to the test, by their numbers."""

from __future__ import annotations

from collections.abc import Mapping

CLAIMS: Mapping[str, str] = {
    "000-1": "thousands of friends on Twitter but he still doesn't get much traffic",
    "000-5": "how many meetings the new guy makes it to before dropping out",
    "000-7": "Tweet constantly with links to your content",
    "001-2": "numbers game … wrong measurement anyway",
    "001-9": "make it targeted",
    "002-2": "a million billion followers and zero, (or close to zero) interaction",
    "002-3": "only tweeted 150 times, all self promo links",
    "002-5": "networking and connecting way more than posting links",
    "002-6": "talking about yourself all the time",
    "002-7": "only via blog posts and posts from other networking sites",
    "002-8": "realize you are the real deal and not just a bot",
    "002-9": "talked about himself repetitively and never ever asked your name",
    "002-12": "reach out to you with questions or opportunities",
    "003-2": 'using something to "game" Twitter',
    "003-3": "not talking to other people all the time, but at least part of the time",
    "003-4": "greater number equating to greater success",
    "004-10": "automatically broadcast messages that no one will read",
}
