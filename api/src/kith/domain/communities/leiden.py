"""The one door to igraph's Leiden: seeded, and safe when several threads come through it."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import igraph
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# igraph draws from one generator per process; whoever sets it must not be overtaken before the call that uses it.
_GENERATOR = threading.Lock()


def ties_of(people: int, first: Ints, second: Ints) -> igraph.Graph:
    """The bare igraph graph of these ties, given pair by pair: of an array igraph makes lists, five times as slowly."""
    return igraph.Graph(n=people, edges=zip(first.tolist(), second.tolist(), strict=True))


def leiden(
    ties: igraph.Graph,
    weights: list[float],
    strengths: list[float],
    resolution: float,
    *,
    seed: int,
    start: Ints | None = None,
) -> Ints:
    """Return the group of each vertex that (locally) maximises modularity at this resolution.

    ``strengths`` must add up to twice the weight of all ties, also of those inside a contracted vertex, which
    ``weights`` need not hold: they stay inside whatever happens. The search begins at ``start``, where vertices without
    ties may stand below 0; else with each vertex on its own.
    """
    with seeded(seed):
        found = ties.community_leiden(
            objective_function="CPM",  # which is modularity with these vertex weights on this scale
            weights=weights,
            node_weights=strengths,
            resolution=resolution / sum(strengths),
            initial_membership=None if start is None else np.maximum(start, 0).tolist(),
            n_iterations=1,
        )
    return np.array(found.membership, dtype=np.int64)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let igraph draw from this seed, and no other thread meanwhile."""
    with _GENERATOR:
        igraph.set_random_number_generator(random.Random(seed))  # noqa: S311 - reproducible on purpose, no secret
        try:
            yield
        finally:
            igraph.set_random_number_generator(random)
