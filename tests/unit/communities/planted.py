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


def projects(sizes: list[int], hubs: int, second_home: float, seed: int = 0) -> tuple[Graph, NDArray[np.int64]]:
    """Projects around few hubs, as of open source: most people have one faded tie, to a hub; some work in two."""
    random = np.random.default_rng(seed)
    membership = np.repeat(np.arange(len(sizes)), sizes)
    people, start = len(membership), np.cumsum(sizes) - sizes
    ties = [(start[home] + rank, start[home]) for home in range(len(sizes)) for rank in range(1, hubs)]
    for person, home in enumerate(membership.tolist()):
        if person - start[home] >= hubs:
            ties.append((person, start[home] + int(hubs * random.random() ** 2)))
            if random.random() < 0.3:
                ties.append((person, start[home] + random.integers(sizes[home] // 6)))
    for person in random.choice(people, int(second_home * people), replace=False).tolist():
        ties.append((person, start[random.integers(len(sizes))] + random.integers(hubs)))
    first, second = np.array([tie for tie in ties if tie[0] != tie[1]]).T
    return from_ties(range(people), first, second, 2.0 ** -random.exponential(1.5, len(first))), membership


def heavy_tailed(people: int, ties: int, exponent: float, seed: int = 0) -> Graph:
    """Ties by activity alone, which few people have most of; each pair once."""
    random = np.random.default_rng(seed)
    activity = random.pareto(exponent, people) + 1
    pairs = np.sort(random.choice(people, (4 * ties, 2), p=activity / activity.sum()), axis=1)
    once = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    return from_ties(range(people), *once[random.permutation(len(once))[:ties]].T)


def classes(count: int, pupils: int, inside: float, across: float, seed: int = 0) -> tuple[Graph, NDArray[np.int64]]:
    """A school where nearly everyone meets everyone; classmates meet more often, each pair as it likes."""
    random = np.random.default_rng(seed)
    membership = np.repeat(np.arange(count), pupils)
    first, second = np.triu_indices(len(membership), 1)
    often = np.where(membership[first] == membership[second], inside, across)
    meetings = random.poisson(often * random.gamma(0.3, 1 / 0.3, len(first)))
    met = meetings > 0
    return from_ties(range(len(membership)), first[met], second[met], meetings[met]), membership
