"""Where everyone stands on a map: each community a disc of its people, tied communities side by side."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from kith.domain.communities.contact import evidence
from kith.domain.communities.detect import ALONE
from kith.domain.communities.leiden import seeded, ties_of
from kith.domain.graph import Graph

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# All lengths are in units of the room that one person has.
_CROWDING = 0.62  # radius of a disc by the root of its people: they fill two thirds of it, the rest is air
_AIR, _MARGIN = 1.08, 0.8  # around a disc, for its name
_SHAPE = np.array([1.33, 1.0])  # of the paper: width by height
_COMPARED = 60  # so many discs are placed by comparing every place; further ones are small
_RIM = 0.3  # nobody stands on the very edge of a disc
_ROUNDS = 300


class Layout(msgspec.Struct, frozen=True):
    """Positions (n × 2) of people, and of the discs of communities (k × 2) with their radii; y points down.

    The unit is the room of one person. People without a community stand in a row of their own below.
    """

    people: Floats
    discs: Floats
    radii: Floats


def layout(graph: Graph, membership: Ints, seed: int = 0) -> Layout:
    """Place everyone; the same input gives the same places."""
    groups = int(membership.max(initial=ALONE)) + 1
    members = [np.flatnonzero(membership == group) for group in range(groups)]
    radii = np.array([_CROWDING * math.sqrt(len(each)) + 0.5 for each in members])
    discs = _pack(_pull(graph, membership, groups), radii * _AIR + _MARGIN)
    people = np.zeros((len(graph), 2))
    for each, disc, radius in zip(members, discs, radii, strict=True):
        people[each] = disc + _arranged(graph.among(each), radius, seed)
    _line_up(people, np.flatnonzero(membership == ALONE), discs, radii)
    return Layout(people, discs, radii)


def _pull(graph: Graph, membership: Ints, groups: int) -> Floats:
    """How strongly each two communities are tied, symmetric."""
    first, second, weights = graph.pairs()
    a, b = membership[first], membership[second]
    across = (a != b) & (a != ALONE) & (b != ALONE)
    pull = np.zeros((groups, groups))
    np.add.at(pull, (a[across], b[across]), evidence(weights[across]))
    both: Floats = pull + pull.T
    return both


def _pack(pull: Floats, radii: Floats) -> Floats:
    """Discs without overlap: the largest in the middle, tied ones close; each takes the best free place by turn."""
    count = len(radii)
    places = np.zeros((count, 2))
    placed: list[int] = []
    if not count:
        return places
    waiting = set(range(count))
    while waiting:
        crowded = len(placed) >= _COMPARED
        pulled = pull[:, placed].sum(axis=1) if placed and not crowded else np.zeros(count)
        disc = max(waiting, key=lambda i: (pulled[i], radii[i], -i))
        find = _ring_place if crowded else _free_place
        places[disc] = find(places[placed], radii[placed], radii[disc], pull[disc, placed])
        placed.append(disc)
        waiting.discard(disc)
    places -= _middle(places, radii)
    return places


def _free_place(places: Floats, radii: Floats, radius: float, pull: Floats) -> Floats:
    """Of the places that touch a disc and overlap none, the best."""
    if not len(places):
        return np.zeros(2)
    angles = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    around = np.column_stack((np.cos(angles), np.sin(angles)))
    candidates = (places[:, None] + around * (radii + radius)[:, None, None]).reshape(-1, 2)
    gaps = np.linalg.norm(candidates[:, None] - places, axis=2) - (radii + radius)
    free = candidates[gaps.min(axis=1) > -1e-6 * radius]
    share = pull / pull.sum() if pull.sum() else np.zeros(len(pull))
    low = np.minimum((places - radii[:, None]).min(axis=0), free - radius)
    high = np.maximum((places + radii[:, None]).max(axis=0), free + radius)
    # A small map is read best, then one in which tied communities are close, then a round one.
    cost = ((high - low) / _SHAPE).max(axis=1)
    cost += 0.4 * (np.linalg.norm(free[:, None] - places, axis=2) * share).sum(axis=1)
    cost += 0.2 * np.linalg.norm(free - (low + high) / 2, axis=1)
    best: Floats = free[int(np.argmin(np.round(cost, 6)))]
    return best


def _ring_place(places: Floats, radii: Floats, radius: float, _pull: Floats) -> Floats:
    """The free place nearest to the middle, looked for ring by ring: quick where discs are many and small."""
    center, reach = _middle(places, radii), radius
    while True:
        angles = np.linspace(0, 2 * math.pi, max(8, int(2 * math.pi * reach / radius)), endpoint=False)
        ring = center + reach * _SHAPE * np.column_stack((np.cos(angles), np.sin(angles)))
        gaps = np.linalg.norm(ring[:, None] - places, axis=2) - (radii + radius)
        free = ring[gaps.min(axis=1) >= 0]
        if len(free):
            first: Floats = free[0]
            return first
        reach += radius


def _middle(places: Floats, radii: Floats) -> Floats:
    low, high = (places - radii[:, None]).min(axis=0), (places + radii[:, None]).max(axis=0)
    middle: Floats = (low + high) / 2
    return middle


def _arranged(graph: Graph, radius: float, seed: int) -> Floats:
    """People of one community inside a disc around 0: by their ties, then pushed apart until each has room."""
    count = len(graph)
    if count < 2:
        return np.zeros((count, 2))
    spiral = np.sqrt((np.arange(count) + 0.5) / count)[:, None] * _golden(count)
    order = np.argsort(-graph.strengths(), kind="stable")
    start = np.empty((count, 2))
    start[order] = spiral  # the best connected begin in the middle
    first, second, weights = graph.pairs()
    ties = ties_of(count, first, second)
    with seeded(seed):
        drawn = ties.layout_fruchterman_reingold(
            weights=evidence(weights).tolist(), niter=_ROUNDS, seed=start.tolist(), grid=count > 1000
        )
    places = np.array(drawn.coords)
    places -= np.median(places, axis=0)
    return _spread(_rounded(places) * (radius - _RIM), radius - _RIM)


def _golden(count: int) -> Floats:
    angle = np.arange(count) * math.pi * (3 - math.sqrt(5))
    return np.column_stack((np.cos(angle), np.sin(angle)))


def _rounded(places: Floats) -> Floats:
    """Keep each direction from the middle, and let distances fill a unit disc evenly by rank."""
    distance = np.linalg.norm(places, axis=1)
    rank = np.argsort(np.argsort(distance, kind="stable"), kind="stable")
    even = np.sqrt((rank + 0.5) / len(places))
    filled: Floats = places * (even / np.maximum(distance, 1e-9))[:, None]
    return filled


def _spread(places: Floats, radius: float) -> Floats:
    """Push people who stand too close apart, and back into the disc."""
    room = radius * math.sqrt(2.2 / len(places)) if len(places) > 2 else radius
    for _ in range(60):
        pairs = cKDTree(places).query_pairs(room, output_type="ndarray")
        if not len(pairs):
            break
        apart = places[pairs[:, 0]] - places[pairs[:, 1]]
        distance = np.maximum(np.linalg.norm(apart, axis=1), 1e-6)
        push = apart * ((room - distance) / distance / 3)[:, None]
        np.add.at(places, pairs[:, 0], push)
        np.add.at(places, pairs[:, 1], -push)
        far = np.linalg.norm(places, axis=1)
        places *= np.minimum(1, radius / np.maximum(far, 1e-9))[:, None]
    return places


def _line_up(people: Floats, alone: Ints, discs: Floats, radii: Floats) -> None:
    """Rows of people without ties below the discs."""
    if not len(alone):
        return
    width = float((discs[:, 0] + radii).max() * 2) if len(discs) else 2 * math.sqrt(len(alone))
    per_row = max(1, int(width))
    below = float((discs[:, 1] + radii).max()) + _MARGIN + 1 if len(discs) else 0.0
    place = np.arange(len(alone))
    row_length = np.minimum(per_row, len(alone) - place // per_row * per_row)
    people[alone, 0] = place % per_row - (row_length - 1) / 2
    people[alone, 1] = below + place // per_row
