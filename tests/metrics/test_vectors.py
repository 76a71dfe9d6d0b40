"""Vectors of measures in full and packed, against plain integers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.metrics.measures import INDEX, MEASURES, Counts
from pipelines.metrics.vectors import SIZE, ZERO, counts_of, pack, tells_something, unpack, vector_of

SQUARE = INDEX["matured_interactions_sq"]
LATE = INDEX["late_events"]


def values_of(index: int) -> st.SearchStrategy[int]:
    return st.integers(-(2**90), 2**90) if MEASURES[index].wide else st.integers(-(2**40), 2**40)


sparse: st.SearchStrategy[Counts] = st.lists(
    st.integers(0, len(MEASURES) - 1).flatmap(lambda index: st.tuples(st.just(index), values_of(index))),
    max_size=12,
).map(dict)


def plain_sum(one: Counts, other: Counts, sign: int) -> Counts:
    sums = {index: one.get(index, 0) + sign * other.get(index, 0) for index in {*one, *other}}
    return {index: value for index, value in sums.items() if value}


def test_a_place_fits_into_a_byte() -> None:
    assert SIZE <= 256


@given(sparse, sparse)
def test_sums_and_differences_are_those_of_plain_integers(one: Counts, other: Counts) -> None:
    assert counts_of(vector_of(one) + vector_of(other)) == plain_sum(one, other, 1)
    assert counts_of(vector_of(one) - vector_of(other)) == plain_sum(one, other, -1)


@given(sparse)
def test_a_packed_vector_comes_out_as_it_went_in(counts: Counts) -> None:
    vector = vector_of(counts)
    assert (unpack(pack(vector)) == vector).all()


def test_squares_beyond_64_bits_are_summed_exactly() -> None:
    square = (3 * 10**9) ** 2
    total = ZERO
    for _ in range(5):
        total = total + vector_of({SQUARE: square})
    assert counts_of(total) == {SQUARE: 5 * square}
    assert 5 * square > 2**63


def test_late_events_alone_tell_nothing() -> None:
    assert not tells_something(vector_of({LATE: 3}))
    assert tells_something(vector_of({LATE: 3, 0: 1}))
    assert not tells_something(ZERO)
