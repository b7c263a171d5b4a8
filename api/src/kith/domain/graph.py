"""People and their ties as arrays: the form in which communities, roles and maps are computed."""

from collections.abc import Hashable, Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Graph(msgspec.Struct, frozen=True):
    """An undirected weighted graph of n people in compressed rows; every tie stands in the rows of both its ends.

    ``indices[indptr[i]:indptr[i + 1]]`` are the positions of person i's contacts in ascending order, ``weights`` (same
    slice) what was exchanged with each, greater than 0, and ``days``, where known, on how many days. No one has a tie
    to themself. ``ids`` are the callers' names.
    """

    ids: Sequence[Hashable]
    indptr: Ints
    indices: Ints
    weights: Floats
    days: Floats | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def matrix(self) -> sparse.csr_array:
        """The symmetric n × n adjacency matrix; shares memory with the graph."""
        return self._matrix_of(self.weights)

    def _matrix_of(self, values: Floats) -> sparse.csr_array:
        return sparse.csr_array((values, self.indices, self.indptr), shape=(len(self), len(self)))

    def pairs(self) -> tuple[Ints, Ints, Floats]:
        """Each tie once: first person, second person (first < second), weight."""
        row = np.repeat(np.arange(len(self)), np.diff(self.indptr))
        once = row < self.indices
        return row[once], self.indices[once].astype(np.int64), self.weights[once]

    def strengths(self) -> Floats:
        """Sum of the weights of each person's ties."""
        return np.asarray(self.matrix.sum(axis=1), dtype=np.float64)

    def among(self, people: ArrayLike) -> "Graph":
        """The graph of these positions alone, in the order given."""
        chosen = np.asarray(people, dtype=np.int64)
        days = None if self.days is None else self._matrix_of(self.days)[chosen][:, chosen]
        return _from_matrix([self.ids[i] for i in chosen], self.matrix[chosen][:, chosen], days)

    def reweighted(self, weights: Floats) -> "Graph":
        """The same ties with other weights, aligned with ``indices``, and nothing else."""
        return Graph(self.ids, self.indptr, self.indices, weights)


def from_ties(
    ids: Sequence[Hashable],
    first: ArrayLike,
    second: ArrayLike,
    weight: ArrayLike | None = None,
    days: ArrayLike | None = None,
) -> Graph:
    """Build a graph from ties between positions of ``ids``; repeated pairs, in either order, add up.

    Ties to oneself are dropped, for they say nothing about others. Weights below or at 0 raise ``ValueError``.
    """
    a, b = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    w = np.ones(len(a)) if weight is None else np.asarray(weight, dtype=np.float64)
    d = None if days is None else np.asarray(days, dtype=np.float64)
    if not len(a) == len(b) == len(w) == (len(w) if d is None else len(d)):
        raise ValueError(f"ties need equally long columns, not {len(a)}, {len(b)} and {len(w)}")
    if len(w) and not w.min() > 0:
        raise ValueError("the weight of a tie must be greater than 0")
    if len(a) and (min(a.min(), b.min()) < 0 or max(a.max(), b.max()) >= len(ids)):
        raise ValueError(f"a tie points outside the {len(ids)} people")
    others = a != b
    ends = np.concatenate([a[others], b[others]]), np.concatenate([b[others], a[others]])
    return _from_matrix(
        ids, *(None if v is None else _symmetric(np.concatenate([v[others]] * 2), ends, len(ids)) for v in (w, d))
    )


def _symmetric(values: Floats, ends: tuple[Ints, Ints], size: int) -> sparse.csr_array:
    return sparse.coo_array((values, ends), (size, size)).tocsr()


def _from_matrix(ids: Sequence[Hashable], matrix: sparse.csr_array, days: sparse.csr_array | None = None) -> Graph:
    matrix.sum_duplicates()
    if days is not None:
        days.sum_duplicates()
    return Graph(
        ids,
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int64),
        matrix.data,
        None if days is None else days.data,
    )
