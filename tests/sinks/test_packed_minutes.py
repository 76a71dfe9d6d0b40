"""Minutes as texts, against their vectors."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.metrics.measures import Counts
from pipelines.metrics.vectors import SIZE, vector_of
from pipelines.sinks.packed_minutes import MARK, minutes_of, texts_of
from tests.metrics.test_vectors import sparse


@given(st.lists(sparse, max_size=9))
def test_minutes_come_out_of_their_texts_as_they_went_in(told: list[Counts]) -> None:
    vectors = [vector_of(counts) for counts in told]
    texts = texts_of(vectors)
    assert all(text.startswith(MARK) for text in texts)
    bare = [text.removeprefix(MARK) for text in texts]
    minutes = minutes_of([*range(len(told))], [*map(len, bare)], "".join(bare))
    assert minutes.ats.tolist() == [*range(len(told))]
    assert minutes.sums.tolist() == np.array(vectors, np.int64).reshape(len(told), SIZE).tolist()


def test_more_minutes_than_are_packed_at_once_are_all_there() -> None:
    assert texts_of([vector_of({number % 7: number}) for number in range(1_200)]) == [
        texts_of([vector_of({number % 7: number})])[0] for number in range(1_200)
    ]
