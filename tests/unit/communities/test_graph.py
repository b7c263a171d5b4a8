import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.domain.graph import from_ties

TIES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(0.1, 9)), max_size=30)


@given(TIES)
def test_a_graph_holds_each_tie_from_both_ends_and_nobody_is_tied_to_themself(
    ties: list[tuple[int, int, float]],
) -> None:
    graph = from_ties(range(10), *([t[i] for t in ties] for i in range(3)))
    matrix = graph.matrix.toarray()
    assert np.allclose(matrix, matrix.T)
    assert not matrix.diagonal().any()
    assert np.isclose(matrix.sum() / 2, sum(w for a, b, w in ties if a != b))
    assert np.allclose(graph.strengths(), matrix.sum(axis=1))


@given(TIES)
def test_the_pairs_of_a_graph_make_the_same_graph_again(ties: list[tuple[int, int, float]]) -> None:
    graph = from_ties(range(10), *([t[i] for t in ties] for i in range(3)))
    again = from_ties(range(10), *graph.pairs())
    assert np.array_equal(graph.indptr, again.indptr)
    assert np.array_equal(graph.indices, again.indices)
    assert np.allclose(graph.weights, again.weights)


def test_the_graph_among_some_people_keeps_their_order_and_ties() -> None:
    graph = from_ties("abcd", [0, 1, 2], [1, 2, 3], [1.0, 2.0, 3.0]).among([2, 1])
    assert list(graph.ids) == ["c", "b"]
    assert [each.tolist() for each in graph.pairs()] == [[0], [1], [2.0]]


def test_days_stand_beside_the_weights_of_the_same_ties() -> None:
    graph = from_ties("abcd", [2, 0, 1, 2], [1, 1, 3, 1], [5.0, 1.0, 2.0, 4.0], [1.0, 2.0, 3.0, 0.0])
    assert graph.days is not None
    assert graph.reweighted(graph.days).pairs()[2].tolist() == [2.0, 1.0, 3.0]
    near = graph.among([2, 1])
    assert near.days is not None
    assert (near.weights.tolist(), near.days.tolist()) == ([9.0, 9.0], [1.0, 1.0])


@pytest.mark.parametrize(
    ("first", "second", "weight"),
    [([0], [1], [0.0]), ([0], [1], [float("nan")]), ([0], [7], [1.0]), ([0], [1, 1], [1.0])],
)
def test_bad_ties_are_refused(first: list[int], second: list[int], weight: list[float]) -> None:
    with pytest.raises(ValueError):
        from_ties(range(3), first, second, weight)
