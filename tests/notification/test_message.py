"""What a person is told."""

from dashboards import DASHBOARDS
from dashboards.grafana import render
from dashboards.rules import RULES
from pipelines.notification.decision import Standing
from pipelines.notification.message import PANELS, TellingPost, compose

DROP = Standing(
    network="x",
    account_id="7",
    account="ada",
    alert="engagement",
    state="drop",
    since=1_772_625_600_000,
    firing=True,
    measure="24h",
    expected=40.0,
    observed=18.0,
    ratio=0.45,
    low=0.3,
    high=0.67,
    p_value=0.001,
    posts=8,
    telling=("1",),
)


def test_a_drop_says_who_what_how_much_since_when_and_from_how_many_posts() -> None:
    posts = [
        TellingPost(permalink="https://x.com/ada/status/1", text="Our\nnew loaf", interactions=3),
        TellingPost(permalink="https://x.com/ada/status/2", text="x" * 200, interactions=None),
    ]
    message = compose(DROP, posts, time_zone="Europe/Berlin", dashboards_url="https://g.example/")
    assert message.title == "ada (x): interactions dropped by 55%"
    assert message.body == (
        "18 interactions a post instead of 40: 55% less (95% interval 33% to 70%), from 8 posts.\n"
        "Found Wed 04 Mar 2026, 13:00 (Europe/Berlin).\n"
        "\n"
        "Posts that tell most:\n"
        "- Our new loaf (3 interactions) https://x.com/ada/status/1\n"
        f"- {'x' * 99}… https://x.com/ada/status/2\n"
        "\n"
        "See it: https://g.example/d/rapport-alerts?var-network=x&var-account=7&viewPanel=21"
    )


def test_a_silence_says_its_reason() -> None:
    silence = Standing(
        network="x",
        account_id="7",
        account="ada",
        alert="activity",
        state="inactive_7d",
        since=DROP.since,
        firing=True,
        reason="no own post for 7 days",
    )
    message = compose(silence, [], time_zone="UTC", dashboards_url="")
    assert message.title == "ada (x): no own post for 7 days"
    assert message.body == "No own post for 7 days.\nFound Wed 04 Mar 2026, 12:00 (UTC)."


def test_a_message_leads_to_the_board_of_the_rule_and_there_to_what_shows_the_account() -> None:
    incidents = [rule for rule in RULES if rule.query == "incidents_now"]
    assert {alert: board for alert, (board, _) in PANELS.items()} == {
        rule.values["alerts"].strip("'"): rule.board for rule in incidents
    }
    assert {alert: title_of(*place) for alert, place in PANELS.items()} == {
        "engagement": "Is it what could be expected?",
        "mentions": "Direct mentions over time",
        "followers": "Followers and what they do",
        "activity": "Since the last post",
    }


def title_of(board: str, panel: int) -> str:
    """The title of a panel of Grafana."""
    (rendered,) = (render(each) for each in DASHBOARDS if each.uid == board)
    (title,) = (each["title"] for each in rendered["panels"] if each["id"] == panel)
    return str(title)
