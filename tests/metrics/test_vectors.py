"""Vectors of measures in full and packed, against plain integers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.metrics.measures import INDEX, MEASURES, Counts
from pipelines.metrics.vectors import SIZE, ZERO, counts_of, in_full, pack, tells_something, vector_of

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


@given(st.lists(st.tuples(sparse, st.booleans()), max_size=9))
def test_packed_vectors_come_out_as_they_went_in_among_those_that_are_not_packed(
    given_: list[tuple[Counts, bool]],
) -> None:
    vectors = [vector_of(counts) for counts, _ in given_]
    packed = pack(np.array(vectors, np.int64).reshape(len(vectors), SIZE))
    mixed = [
        small if chosen else full for (_, chosen), small, full in zip(given_, packed, vectors, strict=True)
    ]
    assert in_full(mixed).tolist() == [vector.tolist() for vector in vectors]


def test_squares_beyond_64_bits_are_summed_exactly() -> None:
    square = (3 * 10**9) ** 2
    total = ZERO
    for _ in range(5):
        total = total + vector_of({SQUARE: square})
    assert counts_of(total) == {SQUARE: 5 * square}
    assert 5 * square > 2**63


def test_late_events_alone_tell_nothing() -> None:
    vectors = np.array([vector_of({LATE: 3}), vector_of({LATE: 3, 0: 1}), ZERO])
    assert tells_something(vectors).tolist() == [False, True, False]
