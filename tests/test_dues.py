"""When accounts are due: each once, earliest first, at the instant that was noted last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.dues import Dues

A, B = ("x", "a"), ("x", "b")


def test_accounts_are_taken_earliest_first_and_once() -> None:
    dues = Dues()
    dues.set(A, 20)
    dues.set(B, 10)
    assert dues.take("x", 9) == []
    assert dues.up_to("x", 20) == [B, A]
    assert dues.take("x", 20) == [B, A]
    assert dues.take("x", 20) == []


def test_networks_have_clocks_of_their_own() -> None:
    dues = Dues()
    dues.set(("bluesky", "a"), 10)
    assert dues.take("x", 10) == []
    assert dues.take("bluesky", 10) == [("bluesky", "a")]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 9)), max_size=20))
def test_what_was_noted_last_holds(noted: list[tuple[str, int | None]]) -> None:
    dues, last = Dues(), dict[tuple[str, str], int | None]()
    for name, due in noted:
        dues.set(("x", name), due)
        last["x", name] = due
    due_by_5 = {key for key, due in last.items() if due is not None and due <= 5}
    assert set(dues.up_to("x", 5)) == due_by_5
    assert set(dues.take("x", 5)) == due_by_5
    assert set(dues.take("x", 9)) == {key for key, due in last.items() if due is not None and due > 5}
