"""Graphs whose communities are known because they were planted."""

import numpy as np
from numpy.typing import NDArray

from kith.domain.graph import Graph, from_ties


def planted(people: int, communities: int, ties: int, mixing: float, seed: int = 0) -> tuple[Graph, NDArray[np.int64]]:
    """Equal communities; a tie stays inside with chance 1 - ``mixing``. Returns the graph and who is where."""
    random = np.random.default_rng(seed)
    membership = np.arange(people) % communities
    first = random.integers(people, size=ties)
    inside = random.random(ties) > mixing
    same = membership[first] + communities * random.integers(people // communities, size=ties)
    second = np.where(inside, same, random.integers(people, size=ties))
    return from_ties(range(people), first, second), membership


def cliques(*groups: list[int], people: int) -> Graph:
    """Everyone of a group tied to everyone else of it."""
    pairs = [(a, b) for group in groups for a in group for b in group if a < b]
    first, second = zip(*pairs, strict=True)
    return from_ties(range(people), first, second)
