"""Communities of communities: what remains together as one looks from further away."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from kith.domain.communities.contact import counted
from kith.domain.communities.detect import ALONE, Partition, by_size
from kith.domain.communities.leiden import leiden, ties_of
from kith.domain.graph import Graph

Ints = NDArray[np.int64]

_HALVINGS = 40  # down to a resolution at which whatever is connected is one


def levels(graph: Graph, partition: Partition, seed: int = 0) -> list[Ints]:
    """Return the membership of every person at each level, from the communities of ``partition`` to the coarsest.

    The communities are grouped at half, a quarter, ... of their resolution. A level is kept when it has at most half as
    many groups as the one before, so it says something new; of each connected part, the last group counts for nothing,
    since it has none to join. Levels nest: who is together stays together.
    """
    kept = [partition.membership]
    if len(partition) < 2:
        return kept
    between, strengths = _contracted(graph, partition)
    parts = connected_components(between, directed=False)[0]
    first, second = between.coords
    ties, weights = ties_of(len(partition), first.astype(np.int64), second.astype(np.int64)), between.data.tolist()
    joinable, resolution = len(partition) - parts + 1, partition.resolution
    for _ in range(_HALVINGS):
        resolution /= 2
        above = leiden(ties, weights, strengths, resolution, seed=seed)
        found = int(above.max()) + 1
        if 2 * (found - parts + 1) <= joinable:
            joinable = found - parts + 1
            kept.append(by_size(np.where(partition.membership == ALONE, ALONE, above[partition.membership])))
        if found <= max(parts, 1):
            break
    return kept


def _contracted(graph: Graph, partition: Partition) -> tuple[sparse.coo_array, list[float]]:
    """How strongly each two communities are tied, once, and the strength of each."""
    linked = np.flatnonzero(partition.membership != ALONE)
    home = sparse.coo_array(
        (np.ones(len(linked)), (linked, partition.membership[linked])), (len(graph), len(partition))
    ).tocsr()
    together = home.T @ counted(graph, partition.counting).matrix @ home
    return sparse.triu(together, k=1, format="coo"), np.asarray(together.sum(axis=1)).tolist()
