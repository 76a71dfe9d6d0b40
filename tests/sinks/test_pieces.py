"""A large block is cut, and nothing of it is lost."""

from __future__ import annotations

from pipelines.sinks.state_store import pieces_of


def test_block_is_cut_into_pieces_in_order_and_nothing_is_lost() -> None:
    columns = {"a": list(range(5)), "b": list("vwxyz")}
    assert list(pieces_of(columns, 2)) == [
        {"a": [0, 1], "b": ["v", "w"]},
        {"a": [2, 3], "b": ["x", "y"]},
        {"a": [4], "b": ["z"]},
    ]


def test_block_that_is_small_enough_stays_as_it_is() -> None:
    columns = {"a": [1, 2]}
    assert list(pieces_of(columns, 2)) == [columns]
