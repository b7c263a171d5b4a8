"""People who belong to more than one community."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.communities.contact import evidence
from kith.domain.communities.detect import Partition
from kith.domain.graph import Graph

Floats = NDArray[np.float64]


class Belonging(msgspec.Struct, frozen=True):
    """A person in a community: ``share`` of their ties leads there; ``home`` is where detection put them."""

    person: int
    community: int
    share: float
    home: bool


def belongings(graph: Graph, partition: Partition) -> list[Belonging]:
    """Return every membership, by person, home first, then by falling share.

    Beyond home, a person belongs where their ties are that much likelier with them inside than outside that naming one
    more of the communities pays for itself: observed × ln(inside / outside) - expected × (inside - outside) >
    ln(communities), with the Poisson rates of the partition.
    """
    person = np.repeat(np.arange(len(graph)), np.diff(graph.indptr))
    weights, width = evidence(graph.weights), max(len(partition), 1)
    key, place = np.unique(person * width + partition.membership[graph.indices], return_inverse=True)
    person, community = key // width, key % width
    observed: Floats = np.bincount(place, weights, len(key)).astype(np.float64)
    strength = np.bincount(person, observed, len(graph))
    home = partition.membership[person] == community
    volume = np.bincount(partition.membership[person], observed, width)
    expected: Floats = strength[person] * volume[community] / max(strength.sum(), 1e-300)
    belongs = home | (_gain(observed, expected, partition) > math.log(width))
    found = [
        Belonging(int(i), int(c), float(w / strength[i]), bool(at_home))
        for i, c, w, at_home in zip(person[belongs], community[belongs], observed[belongs], home[belongs], strict=True)
    ]
    return sorted(found, key=lambda each: (each.person, not each.home, -each.share, each.community))


def _gain(observed: Floats, expected: Floats, partition: Partition) -> Floats:
    inside, outside = partition.rates.inside, partition.rates.outside
    if not 0 < outside < inside:
        return np.full(len(observed), -np.inf)  # no ties between communities, or no communities: nobody overlaps
    return observed * math.log(inside / outside) - expected * (inside - outside)
