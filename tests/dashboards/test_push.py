"""`rapport dashboards push` against a server that keeps Grafana's contract."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboards import DASHBOARDS
from dashboards.grafana import render
from dashboards.push.api import in_words
from dashboards.rules import RULES
from pipelines import __version__
from pipelines.cli.dashboards import command
from pipelines.errors import Retriable, UsageError
from tests.dashboards.grafana_server import FakeGrafana, fake_grafana

BOARD = render(DASHBOARDS[0])
UID = BOARD["uid"]
EVERYTHING = 1 + 2 * len(DASHBOARDS) + len(RULES)
"""The folder, each board and the mark on it, each rule."""


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with fake_grafana() as found:
        yield found


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("glsa_admin\n")
    return file


def push(grafana: FakeGrafana, token: Path, *more: str, role: str = "") -> Result:
    if role:
        token.write_text(f"glsa_{role}\n")
    return CliRunner().invoke(command, ["push", "--url", grafana.url, "--token-file", str(token), *more])


def said(result: Result) -> str:
    assert isinstance(result.exception, UsageError), result
    assert "glsa_" not in str(result.exception)
    return str(result.exception)


def test_a_first_push_makes_the_folder_the_boards_and_the_rules(grafana: FakeGrafana, token: Path) -> None:
    result = push(grafana, token)
    assert result.exit_code == 0, result
    assert grafana.folders["rapport"]["title"] == "Rapport"
    assert set(grafana.boards) == {render(board)["uid"] for board in DASHBOARDS}
    assert set(grafana.rules) == {rule.uid for rule in RULES}
    assert grafana.board(UID)["panels"] == BOARD["panels"]
    assert {each["dashboardUID"] for each in grafana.annotations} == set(grafana.boards)
    assert f"{EVERYTHING} changed, 0 as before, 0 kept" in result.output


def test_a_second_push_sends_nothing(grafana: FakeGrafana, token: Path) -> None:
    push(grafana, token)
    grafana.writes.clear()
    result = push(grafana, token)
    assert (result.exit_code, grafana.writes) == (0, [])
    assert f"0 changed, {EVERYTHING} as before, 0 kept" in result.output


def test_a_mark_tells_on_each_board_when_it_was_sent_and_is_made_up_for(
    grafana: FakeGrafana, token: Path
) -> None:
    grafana.annotations_fail = True
    assert isinstance(push(grafana, token).exception, Retriable)
    assert (list(grafana.boards), grafana.annotations) == ([UID], [])
    grafana.annotations_fail = False
    push(grafana, token)
    assert sorted(each["dashboardUID"] for each in grafana.annotations) == sorted(grafana.boards)
    assert [each["version"] for each in grafana.boards[UID]] == [1]
    [mark] = [each for each in grafana.annotations if each["dashboardUID"] == UID]
    assert mark["tags"][:2] == ["rapport", "push"]
    assert mark["text"] == f"Rapport {__version__}: this board was sent"


def test_rules_link_to_the_runbook_once_its_address_is_known(
    grafana: FakeGrafana, token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def links() -> set[str]:
        return {each["annotations"].get("runbook_url", "") for each in grafana.rules.values()}

    push(grafana, token)
    assert links() == {""}
    monkeypatch.setenv("RAPPORT_RUNBOOK_URL", "https://pages.example.org/runbook.html")
    assert f"{len(RULES)} changed" in push(grafana, token).output
    assert links() == {f"https://pages.example.org/runbook.html#{rule.section}" for rule in RULES}
    monkeypatch.delenv("RAPPORT_RUNBOOK_URL")
    push(grafana, token)
    assert links() == {""}


def test_an_editor_may_send_boards_and_is_told_what_was_not_checked(
    grafana: FakeGrafana, token: Path
) -> None:
    words = said(push(grafana, token, role="editor"))
    assert "may not touch the alert rules (403)" in words
    assert "role Admin, or push with --no-rules" in words
    assert grafana.writes == []
    result = push(grafana, token, "--no-rules", role="editor")
    assert result.exit_code == 0
    assert UID in grafana.boards
    assert "note: the token may not see data sources" in result.stderr


def test_a_dry_run_shows_every_line_that_would_change_and_sends_nothing(
    grafana: FakeGrafana, token: Path
) -> None:
    push(grafana, token)
    held = grafana.boards[UID][-1]
    held["data"] = {**held["data"], "title": "Older title"}
    held["message"] = "rapport 0.0.1 0123456789abcdef"
    grafana.writes.clear()
    result = push(grafana, token, "--dry-run")
    assert (result.exit_code, grafana.writes) == (0, [])
    assert '-  "title": "Older title",' in result.output
    assert f'+  "title": "{BOARD["title"]}",' in result.output
    assert f"+ create  annotation {UID}: the mark that tells when it was sent" in result.output
    assert "2 would change" in result.output


def test_a_board_that_a_newer_version_changed_is_updated_with_its_version(
    grafana: FakeGrafana, token: Path
) -> None:
    grafana.folders["rapport"] = {"uid": "rapport", "title": "Rapport"}
    older = {**BOARD, "title": "Older title"}
    grafana.save_by_hand(older, folder="rapport", message="rapport 0.0.1 0123456789abcdef")
    assert push(grafana, token).exit_code == 0
    assert [each["version"] for each in grafana.boards[UID]] == [1, 2]
    assert grafana.board(UID)["title"] == BOARD["title"]


def test_a_board_of_ours_that_somebody_changed_is_kept_unless_told_otherwise(
    grafana: FakeGrafana, token: Path
) -> None:
    push(grafana, token)
    grafana.save_by_hand({**grafana.board(UID), "title": "Mine now"}, folder="rapport", message="my words")
    kept = push(grafana, token)
    assert kept.exit_code == 1
    assert "somebody changed it since the last push" in kept.stderr
    assert grafana.board(UID)["title"] == "Mine now"
    assert push(grafana, token, "--overwrite").exit_code == 0
    assert grafana.board(UID)["title"] == BOARD["title"]


def test_boards_and_rules_of_the_user_are_not_touched(grafana: FakeGrafana, token: Path) -> None:
    grafana.folders["mine"] = {"uid": "mine", "title": "Mine"}
    mine = {"uid": "my-board", "title": "My board", "tags": ["rapport"], "version": 0}
    grafana.save_by_hand(mine, folder="mine")
    rule = {"uid": "my-rule", "title": "My rule", "folderUID": "rapport", "provenance": ""}
    grafana.rules["my-rule"] = rule
    push(grafana, token)
    assert len(grafana.boards["my-board"]) == 1
    assert grafana.rules["my-rule"] is rule


def test_a_strangers_board_with_our_uid_is_kept(grafana: FakeGrafana, token: Path) -> None:
    grafana.save_by_hand({"uid": UID, "title": "Not yours", "tags": []})
    result = push(grafana, token, "--overwrite")
    assert result.exit_code == 1
    assert "a board that is not ours has this uid" in result.stderr
    assert grafana.board(UID)["title"] == "Not yours"


def test_a_rule_that_left_our_list_is_deleted_though_the_answer_is_empty(
    grafana: FakeGrafana, token: Path
) -> None:
    push(grafana, token)
    grafana.rules["rapport-old"] = {**grafana.rules[RULES[0].uid], "uid": "rapport-old"}
    result = push(grafana, token)
    assert result.exit_code == 0
    assert "- delete  rule rapport-old" in result.output
    assert set(grafana.rules) == {rule.uid for rule in RULES}


def test_a_changed_rule_is_put_back(grafana: FakeGrafana, token: Path) -> None:
    push(grafana, token)
    grafana.rules[RULES[0].uid]["title"] = "Other"
    grafana.writes.clear()
    assert push(grafana, token).exit_code == 0
    assert grafana.writes == [f"PUT /api/v1/provisioning/alert-rules/{RULES[0].uid}"]
    assert grafana.rules[RULES[0].uid]["title"] == RULES[0].title


def test_what_this_grafana_provisions_from_files_is_left_to_it(grafana: FakeGrafana, token: Path) -> None:
    push(grafana, token)
    grafana.provisioned.add(UID)
    grafana.rules[RULES[0].uid] |= {"provenance": "file", "title": "Other"}
    result = push(grafana, token)
    assert result.exit_code == 1
    assert result.stderr.count("this Grafana provisions it from files") == 2


def test_a_folder_of_our_title_is_used_whatever_its_uid(grafana: FakeGrafana, token: Path) -> None:
    grafana.folders["abc"] = {"uid": "abc", "title": "Rapport"}
    push(grafana, token)
    assert set(grafana.folders) == {"abc"}
    assert grafana.boards[UID][-1]["folderUid"] == "abc"
    assert {rule["folderUID"] for rule in grafana.rules.values()} == {"abc"}


def test_boards_and_rules_read_the_one_data_source_that_is_there(grafana: FakeGrafana, token: Path) -> None:
    grafana.datasources[0]["uid"] = "P123"
    push(grafana, token)
    assert grafana.board(UID)["templating"]["list"][0]["current"]["value"] == "P123"
    assert {rule["data"][0]["datasourceUid"] for rule in grafana.rules.values()} == {"P123"}
    grafana.writes.clear()
    push(grafana, token)
    assert grafana.writes == []


def test_no_rules_leaves_alerting_alone(grafana: FakeGrafana, token: Path) -> None:
    push(grafana, token)
    grafana.writes.clear()
    assert push(grafana, token, "--no-rules").exit_code == 0
    assert grafana.writes == []


def test_a_token_that_is_not_accepted_is_explained(grafana: FakeGrafana, token: Path) -> None:
    words = said(push(grafana, token, role="expired"))
    assert "the token is not accepted (401)" in words
    assert "Service accounts" in words


def test_a_token_that_may_only_look_is_explained(grafana: FakeGrafana, token: Path) -> None:
    words = said(push(grafana, token, "--no-rules", role="viewer"))
    assert "the token may not touch the folder Rapport (403)" in words
    assert "role Editor" in words


def test_a_wrong_path_is_explained(grafana: FakeGrafana, token: Path) -> None:
    grafana.url += "/grafana"
    assert "no Grafana at that path (404)" in said(push(grafana, token))


def test_a_missing_plugin_is_explained_before_anything_is_sent(grafana: FakeGrafana, token: Path) -> None:
    grafana.plugins.clear()
    words = said(push(grafana, token))
    assert "has no plugin grafana-clickhouse-datasource" in words
    assert "grafana cli plugins install" in words
    assert grafana.writes == []


@pytest.mark.parametrize(
    ("uids", "words"), [((), "has no data source of ClickHouse"), (("a", "b"), "has 2 data sources")]
)
def test_a_missing_or_ambiguous_data_source_is_explained(
    grafana: FakeGrafana, token: Path, uids: tuple[str, ...], words: str
) -> None:
    kind = grafana.datasources[0]["type"]
    grafana.datasources = [{"uid": uid, "type": kind} for uid in uids]
    assert words in said(push(grafana, token))


def test_a_board_that_is_saved_by_another_in_between_is_explained(grafana: FakeGrafana, token: Path) -> None:
    push(grafana, token)
    grafana.boards[UID][-1]["data"]["title"] = "Older title"
    grafana.boards[UID][-1]["message"] = "rapport 0.0.1 0123456789abcdef"
    grafana.before_save = lambda: grafana.save_by_hand(grafana.board(UID), folder="rapport")
    words = said(push(grafana, token))
    assert f"somebody changed the board {UID} in this moment (412)" in words


def test_another_board_of_our_title_is_kept_and_explained(grafana: FakeGrafana, token: Path) -> None:
    grafana.folders["rapport"] = {"uid": "rapport", "title": "Rapport"}
    grafana.save_by_hand({"uid": "other", "title": BOARD["title"], "tags": []}, folder="rapport")
    words = said(push(grafana, token))
    assert "already has the title" in words
    assert "rename that one" in words


def test_a_grafana_that_is_away_is_told_apart_from_one_that_refuses(token: Path) -> None:
    result = CliRunner().invoke(command, ["push", "--url", "http://127.0.0.1:1", "--token-file", str(token)])
    assert isinstance(result.exception, Retriable)
    assert "no Grafana answers at http://127.0.0.1:1" in str(result.exception)


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Not a Grafana: a page in HTML, or a way to somewhere else."""

    status, headers_sent, body = 200, (), b"<html>Log in</html>"

    def do_GET(self) -> None:
        self.send_response(self.status)
        for name, value in self.headers_sent:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("status", "headers", "body", "words"),
    [
        (200, (), b"<html>Log in</html>", "is not Grafana's API"),
        (200, (), b"[]", "is not Grafana: it tells no health"),
        (502, (), b"7", "is not Grafana's API"),
        (302, (("Location", "https://other.example/api/health"),), b"", "leads elsewhere"),
    ],
)
def test_what_is_no_grafana_is_called_so(
    token: Path, status: int, headers: tuple[tuple[str, str], ...], body: bytes, words: str
) -> None:
    handler = type("Handler", (Elsewhere,), {"status": status, "headers_sent": headers, "body": body})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    result = CliRunner().invoke(
        command, ["push", "--url", f"http://127.0.0.1:{server.server_port}", "--token-file", str(token)]
    )
    server.shutdown()
    server.server_close()
    thread.join()
    assert words in said(result)


@pytest.mark.parametrize("content", ["", "two\nlines", "b\u00e4d", "glsa with blanks"])
def test_a_file_without_a_token_is_refused_and_its_content_not_told(
    grafana: FakeGrafana, token: Path, content: str
) -> None:
    token.write_text(content)
    words = said(push(grafana, token))
    assert "the token file holds no token" in words
    assert not content or content not in words


@pytest.mark.parametrize("url", ["grafana:3000", "ftp://x", "http://", "http://user:secret@grafana:3000"])
def test_an_address_that_is_none_is_refused_without_its_password(token: Path, url: str) -> None:
    result = CliRunner().invoke(command, ["push", "--url", url, "--token-file", str(token)])
    assert "is no address of a Grafana" in said(result)
    assert "secret" not in said(result)


@pytest.mark.parametrize(
    ("status", "response", "kind", "words"),
    [
        (412, {"status": "plugin-dashboard", "message": "x"}, UsageError, "belongs to a plugin (412)"),
        (412, "", UsageError, "not as it was expected (412)"),
        (409, {"message": "exists"}, UsageError, "in the way of one that is there already (409): exists"),
        (
            400,
            {"message": "Cannot save provisioned dashboard"},
            UsageError,
            "comes from files of this Grafana",
        ),
        (500, {"message": "cannot change provenance"}, UsageError, "comes from files of this Grafana"),
        (503, "down", Retriable, "failed with 503"),
        (422, {"message": "bad uid"}, UsageError, "was refused (422): bad uid"),
    ],
)
def test_a_status_is_said_in_words(status: int, response: object, kind: type[Exception], words: str) -> None:
    error = in_words(status, response, "the board x", "http://g")
    assert isinstance(error, kind)
    assert words in str(error)
