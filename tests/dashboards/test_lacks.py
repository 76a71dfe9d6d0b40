"""What an input never told is said on the page, and no 0 stands in its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboards.lacks import Lacking, shown, withholding
from dashboards.local import create_page
from pipelines.analysis.manifest import Manifest, write_manifest
from pipelines.cli.dashboards import _lacking
from pipelines.sources.x_archive import LACKS

MENTIONS = Lacking(
    "who mentions you", "Direct mentions per day", "listening", (("x", "direct_mentions_per_day"),)
)


def ask(_: str, __: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    told = {"value": 0.0, "low": 0.0, "high": 0.1, "words": "", "metric": "direct_mentions_per_day"}
    other = {"metric": "posts_per_day", "value": 2.0, "network": "x"}
    return [{**told, "network": "x"}, {**told, "network": "bluesky"}, other]


def test_a_silent_metric_has_no_value_and_says_why_on_its_network_alone() -> None:
    x, bluesky, other = withholding(ask, [MENTIONS])("", {})
    assert (x["value"], x["low"], x["high"], x["words"]) == (None, None, None, "the input does not tell it")
    assert (bluesky["value"], bluesky["words"]) == (0.0, "")
    assert other["value"] == 2.0


def test_without_lacks_nothing_is_said_and_nothing_withheld() -> None:
    assert shown([]) == []
    assert withholding(ask, []) is ask


def test_the_page_says_what_lacks_and_what_brings_it() -> None:
    page = create_page(ask, lacks=[MENTIONS])
    layout = json.dumps(page.layout, default=lambda part: part.to_plotly_json())
    assert "What this input cannot tell" in layout
    assert "who mentions you" in layout
    assert "What this input cannot tell" not in json.dumps(
        create_page(ask).layout, default=lambda part: part.to_plotly_json()
    )


def test_the_lacks_of_an_analysis_are_kept_in_its_folder(tmp_path: Path) -> None:
    write_manifest(tmp_path, Manifest(digest="a", inputs=("twitter.zip",), complete=True, lacks=LACKS))
    first, *_ = _lacking(tmp_path)
    assert first.silent == (("x", "direct_mentions_per_day"),)
    assert first.needed_by == (
        "Replies per post (conversation rate), Quotes per post, Direct mentions per day"
    )
    assert _lacking(None) == []
