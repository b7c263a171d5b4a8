"""Who belongs together, at every level, under the ids that the communities had before."""

from collections.abc import Callable
from itertools import pairwise
from typing import cast
from uuid import UUID

import msgspec
import numpy as np

from kith.domain.communities.detect import ALONE, Partition, describe, detect
from kith.domain.communities.foresight import Rates
from kith.domain.communities.hierarchy import levels
from kith.domain.communities.overlap import belongings
from kith.domain.communities.track import CommunityEvent, Members, track
from kith.domain.communities.update import update
from kith.domain.detection.facts import FEWEST, Facts, Flags, Floats, Former, Ints
from kith.domain.graph import Graph
from kith.domain.ids import fact_id


class Part(msgspec.Struct, frozen=True):
    """A detected community: who is in it, how much of their ties lead there, and who is at home in it."""

    id: str
    level: int
    parent: str | None
    people: Ints
    belonging: Floats
    home: Flags


class Division(msgspec.Struct, frozen=True):
    """The parts, the smallest level first; ``levels`` give everyone's group at each, ``ids`` the part of each group."""

    partition: Partition
    parts: tuple[Part, ...]
    events: tuple[CommunityEvent, ...]
    levels: tuple[Ints, ...]
    ids: tuple[tuple[str | None, ...], ...]


def divide(graph: Graph, facts: Facts) -> Division:
    """Find the communities of now: all from scratch, or those of before with the changes worked in."""
    partition = detect(graph) if facts.last is None else _updated(graph, facts)
    nested = levels(graph, partition)
    ids, events, parts = list[tuple[str | None, ...]](), list[CommunityEvent](), list[Part]()
    for level, groups in enumerate(nested):
        kept = _worth_a_name(groups, nested[level - 1] if level else None)
        named, happened = _tracked(groups, kept, [each for each in facts.former if each.level == level], facts, level)
        ids.append(named)
        events += happened
    for level, groups in enumerate(nested):
        parts += _parts(graph, partition, groups, ids[level], level, _parents(level, nested, ids))
    gone = [each for each in facts.former if each.level >= len(nested)]
    events += [CommunityEvent("death", (each.id,), ()) for each in gone]
    return Division(partition, tuple(parts), tuple(events), tuple(nested), tuple(ids))


def _updated(graph: Graph, facts: Facts) -> Partition:
    assert facts.last is not None  # noqa: S101 - divide() has looked
    membership = np.full(len(graph), ALONE)
    for number, each in enumerate(each for each in facts.former if each.level == 0):
        membership[each.people] = number
    last = facts.last
    former = Partition(membership, last.resolution, Rates(0.0, 0.0), last.counting, last.foreseen)
    newcomers = np.flatnonzero((membership == ALONE) & (np.diff(graph.indptr) > 0))
    return update(graph, former, np.union1d(last.touched, newcomers))


def _worth_a_name(groups: Ints, below: Ints | None) -> Flags:
    """Which groups are communities: large enough, and not the same as a single one of the level below."""
    sizes = np.bincount(groups[groups != ALONE])
    kept: Flags = sizes >= FEWEST
    if below is not None:
        linked = groups != ALONE
        large = np.bincount(below[linked]) >= FEWEST
        pairs = np.unique(np.stack([groups[linked], below[linked]]), axis=1)
        kept &= np.bincount(pairs[0], large[pairs[1]], len(sizes)) > 1
    return kept


def _tracked(
    groups: Ints, kept: Flags, former: list[Former], facts: Facts, level: int
) -> tuple[tuple[str | None, ...], tuple[CommunityEvent, ...]]:
    order = np.argsort(groups, kind="stable")
    ends = np.searchsorted(groups[order], np.arange(len(kept) + 1))
    now = [
        set(order[start:end].tolist()) for keep, (start, end) in zip(kept, pairwise(ends.tolist()), strict=True) if keep
    ]
    found = track({each.id: set(each.people.tolist()) for each in former}, now, _namer(facts, level))
    following = iter(found.ids)
    return tuple(next(following) if keep else None for keep in kept), found.events


def _namer(facts: Facts, level: int) -> Callable[[Members], str]:
    def name(members: Members) -> str:
        least = min(facts.people[place] for place in cast("frozenset[int]", members))
        return str(fact_id(facts.id_key, "community", (str(level), repr(facts.moment), str(UUID(bytes=least)))))

    return name


def _parents(level: int, nested: list[Ints], ids: list[tuple[str | None, ...]]) -> list[str | None]:
    """For each group of a level the community of a higher level that holds it, the nearest first."""
    found: list[str | None] = [None] * len(ids[level])
    linked = np.flatnonzero(nested[level] != ALONE)
    one = linked[np.unique(nested[level][linked], return_index=True)[1]]
    for above in range(len(nested) - 1, level, -1):
        for group, person in enumerate(one.tolist()):
            found[group] = ids[above][int(nested[above][person])] or found[group]
    return found


def _parts(
    graph: Graph, partition: Partition, groups: Ints, ids: tuple[str | None, ...], level: int, parents: list[str | None]
) -> list[Part]:
    same = partition if level == 0 else describe(graph, groups, partition.resolution)
    all_ = belongings(graph, same)
    community = np.array([each.community for each in all_], dtype=np.int64)
    person = np.array([each.person for each in all_], dtype=np.int64)
    share, home = np.array([each.share for each in all_]), np.array([each.home for each in all_], dtype=bool)
    order = np.argsort(community, kind="stable")
    ends = np.searchsorted(community[order], np.arange(len(ids) + 1)).tolist()
    found = []
    for number, (start, end) in enumerate(pairwise(ends)):
        if (id_ := ids[number]) is not None:
            rows = order[start:end]
            found.append(Part(id_, level, parents[number], person[rows], share[rows], home[rows]))
    return found
