"""Connectors: people whose contacts would not meet without them."""

from collections import Counter
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.communities.leiden import ties_of
from kith.domain.graph import Graph
from kith.domain.roles.acts import Acts, decayed
from kith.domain.strength.circles import triangles

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BrokerRole = Literal["coordinator", "itinerant", "gatekeeper", "representative", "liaison"]

_CROWD = 5_000
_PIVOTS = 400  # two samples of so many out of 200,000 people agreed on 78 of the 100 greatest brokers

# Days. Who holds distant people together does so for years, also in months of silence.
_HALF_LIFE = 365.0


def effective_size(graph: Graph) -> Floats:
    """Contacts, each counted by its weight, less what each has on average with the others; nothing alone.

    Burt 1992 in Borgatti's form (n - 2t/n of n contacts with t ties among them), which it is where all weights are 1.
    """
    first, second, weights = graph.pairs()
    contacts = graph.strengths()
    between = np.zeros(len(graph))
    for found in triangles(first, second):
        one, two, three = (weights[pair] for pair in found.pairs)
        for third, product in zip(found.thirds, (two * three, one * three, one * two), strict=True):
            between += np.bincount(third, 2 * product, len(graph))
    return contacts - np.divide(between, contacts, out=np.zeros(len(graph)), where=contacts > 0)


def living_ties(past: Acts, now: float) -> Graph:
    """Contact before ``now`` by its class, halved each year, as evidence of a tie: log2(1 + what is left)."""
    contacts = past.contacts(np.maximum(past.worth * decayed(now - past.day, _HALF_LIFE), np.finfo(float).tiny))
    return contacts.reweighted(np.maximum(np.log2(1 + contacts.weights), np.finfo(float).tiny))


def betweenness(graph: Graph) -> Floats:
    """Shortest paths that run through each person, shared where there are several.

    Paths of at most 3 ties count, for news hardly travels further through people who know each other. Among more than
    ``_CROWD`` people all paths from ``_PIVOTS`` of them stand for the rest instead.
    """
    first, second, _ = graph.pairs()
    ties = ties_of(len(graph), first, second)
    if len(graph) <= _CROWD:
        return np.array(ties.betweenness(directed=False, cutoff=3))
    sources = np.linspace(0, len(graph) - 1, _PIVOTS).astype(int).tolist()
    return np.array(ties.betweenness(directed=False, sources=sources)) * len(graph) / _PIVOTS


def constraint(graph: Graph, people: Ints | None = None) -> Floats:
    """Burt's constraint: near 0 for a broker, near 1 for someone whose contacts all know each other; alone nan.

    Of everyone, or of these positions.
    """
    first, second, weights = graph.pairs()
    vertices = None if people is None else people.tolist()
    found = ties_of(len(graph), first, second).constraint(vertices, weights=weights.tolist() or None)
    return np.array(found, dtype=np.float64)


def participation(graph: Graph, membership: Ints) -> Floats:
    """How evenly a person's ties spread over communities: 0 all in one, towards 1 over many (Guimerà & Amaral 2005)."""
    row = np.repeat(np.arange(len(graph)), np.diff(graph.indptr))
    groups = int(membership.max(initial=0)) + 2
    key, place = np.unique(row * groups + membership[graph.indices] + 1, return_inverse=True)
    total = np.maximum(graph.strengths(), np.finfo(float).tiny)
    share = np.bincount(place, graph.weights) / total[key // groups]
    spread = 1 - np.bincount(key // groups, share**2, len(graph))
    return np.where(np.diff(graph.indptr) > 0, spread, 0.0)


class Brokerage(msgspec.Struct, frozen=True):
    """Counts of Gould & Fernandez (1989): chains a → person → b where a never turned to b, by community of the three.

    coordinator: all three in one; itinerant: a and b in one, the person outside it; gatekeeper: a outside, the other
    two together; representative: b outside, the other two together; liaison: three communities.
    """

    coordinator: int = 0
    itinerant: int = 0
    gatekeeper: int = 0
    representative: int = 0
    liaison: int = 0

    @property
    def leading(self) -> BrokerRole | None:
        """The most frequent role between communities; coordinator only when there is no other; None without chains."""
        outward: list[BrokerRole] = ["liaison", "gatekeeper", "representative", "itinerant"]
        best = max(outward, key=lambda role: int(getattr(self, role)))
        if getattr(self, best):
            return best
        return "coordinator" if self.coordinator else None


def brokerage(person: int, givers: dict[int, set[int]], takers: dict[int, set[int]], membership: Ints) -> Brokerage:
    """Count the chains through ``person``: ``takers[x]`` are those whom x turned to, ``givers[x]`` who turned to x.

    All chains are counted by community, then those are taken off that lead back to where they began, or whose ends are
    in touch without the person: so a hub costs what it has contacts, not the square of it.
    """
    home = int(membership[person])
    ends = takers.get(person, set())
    before, after = (Counter(int(membership[i]) for i in side) for side in (givers.get(person, set()), ends))
    count = Counter(_chains(before, after, home))
    for a in givers.get(person, set()):
        for b in (takers.get(a, set()) | {a}) & ends:
            count[_role(int(membership[a]), home, int(membership[b]))] -= 1
    return Brokerage(**count)


def _chains(before: Counter[int], after: Counter[int], home: int) -> dict[str, int]:
    """How many pairs of one before and one after there are, by the role of who stands at ``home`` between them."""
    together = sum(count * after[community] for community, count in before.items())
    inside = before[home] * after[home]
    found = {
        "coordinator": inside,
        "itinerant": together - inside,
        "gatekeeper": (before.total() - before[home]) * after[home],
        "representative": before[home] * (after.total() - after[home]),
    }
    return found | {"liaison": before.total() * after.total() - sum(found.values())}


def _role(a: int, home: int, b: int) -> BrokerRole:
    if a == b:
        return "coordinator" if a == home else "itinerant"
    if b == home:
        return "gatekeeper"
    return "representative" if a == home else "liaison"
