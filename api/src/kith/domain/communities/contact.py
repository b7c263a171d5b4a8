"""How much contact ties two people: on a logarithmic scale, by its days, or act by act."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kith.domain.graph import Graph

Floats = NDArray[np.float64]

Counting = Literal["log", "days", "acts"]


def evidence(weights: Floats) -> Floats:
    """What contact of these weights counts as ties: 1 for a single contact, one more for each doubling.

    Where contact has faded so far that a tie counts less than 1 on average, all are raised alike: that everything has
    grown older does not make communities vaguer.
    """
    counts: Floats = np.log2(1 + weights)
    total = counts.sum()
    return counts * max(1.0, len(counts) / total) if total else counts


def counted(graph: Graph, counting: Counting) -> Graph:
    """The graph with its contact counted this way; ``days`` needs a graph that knows them."""
    if counting == "acts":
        return graph.reweighted(graph.weights)
    if counting == "log" or graph.days is None:
        return graph.reweighted(evidence(graph.weights))
    return graph.reweighted(graph.days)


def countings(graph: Graph) -> tuple[Counting, ...]:
    """Ways of counting that differ on this graph, the logarithm first: where every tie weighs the same, none does."""
    if not len(graph.weights) or graph.weights.min() == graph.weights.max():
        return ("log",)
    return ("log", "acts") if graph.days is None else ("log", "days", "acts")
