"""An answer as table, CSV and JSON, and what a server's exception says to a person."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from pipelines.cli.formats import TABLE_ROWS, WRITERS
from pipelines.cli.sql import command
from pipelines.errors import Retriable, UsageError
from pipelines.sinks.query import Answer, Column, in_plain_words

UTC = ZoneInfo("UTC")
NOON = dt.datetime(2026, 1, 5, 12, 0, 0, tzinfo=dt.UTC)


def answer(*rows: tuple[Any, ...], names: str = "a b c", zone: ZoneInfo = UTC) -> Answer:
    return Answer(tuple(Column(name, "") for name in names.split()), iter(rows), zone)


def written(format_: str, given: Answer) -> str:
    out = io.StringIO()
    WRITERS[format_](given, out)
    return out.getvalue()


def test_json_is_one_array_of_objects_even_without_rows() -> None:
    assert json.loads(written("json", answer())) == []
    found = written("json", answer((1, "x", None), (2, "y", True)))
    assert json.loads(found) == [{"a": 1, "b": "x", "c": None}, {"a": 2, "b": "y", "c": True}]


def test_json_keeps_every_digit_of_long_integers_and_decimals_and_has_no_nan() -> None:
    found = written("json", answer((2**127 - 1, Decimal("12345678901234567890.10"), float("nan"))))
    assert '"a":170141183460469231731687303715884105727' in found
    assert '"b":12345678901234567890.10' in found
    assert json.loads(found)[0]["c"] is None
    assert json.loads(written("json", answer((float("inf"), float("-inf"), 0.5))))[0] == {
        "a": None,
        "b": None,
        "c": 0.5,
    }


def test_instants_are_utc_with_z_whatever_zone_they_were_told_in() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    there = NOON.astimezone(tokyo)
    found = json.loads(written("json", answer((NOON, there, there.replace(tzinfo=None)), zone=tokyo)))
    assert found == [dict.fromkeys("abc", "2026-01-05T12:00:00Z")]
    milli = NOON.replace(microsecond=7_000)
    micro = NOON.replace(microsecond=7)
    [row] = json.loads(written("json", answer((milli, micro, NOON.date()))))
    assert row == {"a": "2026-01-05T12:00:00.007Z", "b": "2026-01-05T12:00:00.000007Z", "c": "2026-01-05"}


def test_arrays_maps_ids_and_bytes_are_json_too() -> None:
    id_ = uuid.UUID("61f0c404-5cb3-11e7-907b-a6006ad3dba0")
    [row] = json.loads(written("json", answer(([1, (2, "x")], {"k": NOON, 3: None}, id_))))
    assert row == {"a": [1, [2, "x"]], "b": {"k": "2026-01-05T12:00:00Z", "3": None}, "c": str(id_)}
    assert json.loads(written("json", answer((b"\xffx", "", "")))) == [{"a": "�x", "b": "", "c": ""}]


def test_json_refuses_two_columns_of_one_name_before_it_writes() -> None:
    out = io.StringIO()
    with pytest.raises(UsageError, match="two columns are called n: name them apart with AS"):
        WRITERS["json"](answer((1, 2), names="n n"), out)
    assert out.getvalue() == ""


def test_csv_disarms_texts_that_a_spreadsheet_would_run_but_not_numbers() -> None:
    texts = ("=1+1", "@handle", "+cmd", "-cmd", "\tx", "\rx", "-5", "+3.5e2", "plain")
    found = written("csv", answer(*((text,) for text in texts), names="=head"))
    assert found == "'=head\n'=1+1\n'@handle\n'+cmd\n'-cmd\n'\tx\n\"'\rx\"\n-5\n+3.5e2\nplain\n"
    assert written("csv", answer((-1, -0.5, Decimal("-2.5")))) == "a,b,c\n-1,-0.5,-2.5\n"


def test_csv_leaves_null_and_nan_empty_and_quotes_what_needs_it() -> None:
    found = written("csv", answer((None, float("nan"), 'say "x",\nplease'), (True, NOON, ["a", 1])))
    assert found == 'a,b,c\n,,"say ""x"",\nplease"\ntrue,2026-01-05T12:00:00Z,"[""a"",1]"\n'


def test_table_aligns_numbers_shortens_them_and_shows_null_as_a_dash() -> None:
    found = written("table", answer(("x", 0.123456, None), ("longer", 12345.678, NOON)))
    assert [line.rstrip() for line in found.splitlines()] == [
        "a            b  c",
        "x       0.1235  –",
        "longer   12346  2026-01-05 12:00:00Z",
    ]


def test_table_cuts_long_texts_and_takes_the_steering_out_of_them() -> None:
    found = written("table", answer(("w" * 100, "a\nb\x1b[31m\u202ered", "[bold]x[/bold]")))
    line = found.splitlines()[1]
    assert line.startswith("w" * 59 + "… ")
    assert "a b [31mred" in line
    assert "[bold]x[/bold]" in line


def test_table_stops_after_its_limit_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    def rows() -> Iterator[tuple[int]]:
        number = 0
        while True:
            yield (number,)
            number += 1

    found = written("table", Answer((Column("n", "UInt8"),), rows(), UTC))
    assert len(found.splitlines()) == 1 + TABLE_ROWS
    assert "the first 1,000 rows" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_table_that_is_wider_than_the_terminal_becomes_a_list_for_each_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    names = " ".join(f"column_{letter}" for letter in "abcdefgh")
    WRITERS["table"](answer(tuple(range(8)), names=names), out)
    plain = re.sub(r"\x1b\[\d*m", "", out.getvalue())
    lines = [line.strip() for line in plain.splitlines()]
    assert lines[0] == "row 1"
    assert lines[1].split() == ["column_a", "0"]
    assert lines[8].split() == ["column_h", "7"]


def test_an_empty_query_is_refused_with_an_example() -> None:
    for arguments, stdin in ((["  "], ""), (["-"], "\n")):
        error = CliRunner().invoke(command, arguments, input=stdin).exception
        assert isinstance(error, UsageError)
        assert "SHOW TABLES" in str(error)


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        (
            62,
            "DB::Exception: Syntax error: failed at position 16 (accounts) (line 2, col 4): accounts. "
            "Expected one of: token, Comma, FROM. Stack trace:\n\n0. Exception",
            "the query cannot be read from line 2, column 4 on: accounts",
        ),
        (
            47,
            "DB::Exception: Unknown expression identifier `handl` in scope SELECT handl FROM accounts. "
            "Maybe you meant: ['handle']. Stack trace:\n\n0. x",
            "there is no column handl; maybe you meant handle",
        ),
        (
            497,
            "DB::Exception: rapport_reader: Not enough privileges. To execute this query, it's necessary to"
            " have the grant SELECT(id, text) ON rapport.posts. Stack trace:",
            "not allowed: rapport_reader reads views and nothing else, not SELECT on rapport.posts;"
            " SHOW TABLES names them",
        ),
        (
            396,
            "DB::Exception: Limit for result exceeded, max rows: 1.00 million.",
            "the query is too large: its result is larger than rapport_reader may fetch. Ask for less: one"
            " account, fewer days, a LIMIT",
        ),
        (46, "DB::Exception: Function with name `f` does not exist. In scope SELECT f(1). Stack", None),
    ],
)
def test_a_mistake_in_a_query_is_said_in_plain_words(code: int, message: str, words: str | None) -> None:
    error = in_plain_words(code, message)
    assert isinstance(error, UsageError)
    assert str(error) == (words or "Function with name `f` does not exist")


def test_an_overloaded_server_is_no_mistake_of_the_query() -> None:
    assert isinstance(in_plain_words(202, "DB::Exception: Too many simultaneous queries."), Retriable)
