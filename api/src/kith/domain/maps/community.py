"""The community map as data, as SVG and as PNG."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.communities.detect import ALONE
from kith.domain.graph import Graph
from kith.domain.maps.layout import layout
from kith.domain.sentences import many

Ints = NDArray[np.int64]


class MapPerson(msgspec.Struct, frozen=True):
    """A person on a map. ``strength`` is what their ties add up to; ``community`` is a place in the map's list."""

    id: str
    name: str
    x: float
    y: float
    community: int | None
    strength: float
    roles: tuple[str, ...]


class MapTie(msgspec.Struct, frozen=True):
    """A tie between two places in the map's list of people."""

    first: int
    second: int
    weight: float


class MapCommunity(msgspec.Struct, frozen=True):
    """A disc on a map."""

    id: str
    name: str
    x: float
    y: float
    radius: float
    people: int


class CommunityMap(msgspec.Struct, frozen=True):
    """Everyone at their place; the unit of length is the room of one person, y points down."""

    title: str
    summary: str
    people: tuple[MapPerson, ...]
    ties: tuple[MapTie, ...]
    communities: tuple[MapCommunity, ...]


def community_map(
    graph: Graph,
    membership: Ints,
    names: Sequence[str],
    communities: Sequence[tuple[str, str]],
    roles: Mapping[int, Sequence[str]],
    title: str,
    seed: int = 0,
) -> CommunityMap:
    """Place people and communities on a map.

    ``names`` are of people, ``communities`` (id, name) by number, ``roles`` by position of a person.
    """
    placed = layout(graph, membership, seed)
    strengths = graph.strengths()
    sizes = np.bincount(membership[membership != ALONE], minlength=len(communities))
    first, second, weights = graph.pairs()
    return CommunityMap(
        title,
        summary(len(graph), len(first), [(name, int(sizes[i])) for i, (_, name) in enumerate(communities)]),
        tuple(
            MapPerson(
                str(graph.ids[i]),
                names[i],
                round(float(placed.people[i, 0]), 3),
                round(float(placed.people[i, 1]), 3),
                None if membership[i] == ALONE else int(membership[i]),
                round(float(strengths[i]), 3),
                tuple(roles.get(i, ())),
            )
            for i in range(len(graph))
        ),
        tuple(MapTie(int(a), int(b), round(float(w), 3)) for a, b, w in zip(first, second, weights, strict=True)),
        tuple(
            MapCommunity(
                key,
                name,
                round(float(placed.discs[i, 0]), 3),
                round(float(placed.discs[i, 1]), 3),
                round(float(placed.radii[i]), 3),
                int(sizes[i]),
            )
            for i, (key, name) in enumerate(communities)
        ),
    )


def summary(people: int, ties: int, communities: Sequence[tuple[str, int]], of: int = 0) -> str:
    """The map in words, for those who do not see it. ``of``: how many people there are, where not all are shown."""
    said = f"{many(people, 'person', 'people')} and {many(ties, 'tie')} between them"
    if of > people:
        said = f"The {people:,} of {of:,} people who are most in touch, and {many(ties, 'tie')} between them"
    if len(communities) == 1:
        said += f", in one community, {communities[0][0]}"
    elif communities:
        largest = sorted(communities, key=lambda each: -each[1])[:3]
        listed = "; ".join(f"{name} ({size:,})" for name, size in largest)
        said += f", in {len(communities):,} communities, the largest {listed}"
    return f"{said}."
