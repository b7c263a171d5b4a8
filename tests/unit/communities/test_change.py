"""Hierarchy, overlap, updates and tracking."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.communities.agreement import ari
from kith.domain.communities.detect import ALONE, detect
from kith.domain.communities.hierarchy import levels
from kith.domain.communities.overlap import belongings
from kith.domain.communities.track import CommunityEvent, track
from kith.domain.communities.update import update
from kith.domain.graph import Graph, from_ties
from tests.unit.communities.planted import cliques, planted


def named(members: object) -> str:
    return f"new {sorted(members)}"  # type: ignore[call-overload]  # sets of small integers


def test_levels_nest_and_at_least_halve() -> None:
    graph, _ = planted(600, 30, 6000, mixing=0.3)
    found = levels(graph, detect(graph))
    counts = [int(level.max()) + 1 for level in found]
    assert counts[-1] == 1
    assert all(2 * above <= below for below, above in itertools.pairwise(counts))
    for below, above in itertools.pairwise(found):
        assert all(len(set(above[below == group])) == 1 for group in range(below.max() + 1))


def test_circles_that_stand_alone_do_not_keep_others_from_a_level() -> None:
    graph, _ = planted(600, 12, 6000, mixing=0.3)
    first, second, weights = graph.pairs()
    alone = 600 + 2 * np.arange(30)
    beside = from_ties(
        range(660), np.append(first, alone), np.append(second, alone + 1), np.append(weights, [1.0] * 30)
    )
    found = levels(beside, detect(beside))
    assert len(found) > 1
    assert len(set(found[-1][:600])) == 1


def test_someone_at_home_in_two_circles_belongs_to_both() -> None:
    graph = cliques([0, 1, 2, 3, 4, 5], [5, 6, 7, 8, 9, 10], [11, 12, 13, 14], [10, 11], people=15)
    found = belongings(graph, detect(graph))
    assert {each.person for each in found if not each.home} == {5}
    assert sorted(each.person for each in found if each.home) == list(range(15))


def test_nobody_belongs_to_several_when_circles_are_separate() -> None:
    graph = cliques([0, 1, 2], [3, 4, 5], people=7)
    assert [(each.person, each.share, each.home) for each in belongings(graph, detect(graph))] == [
        (i, 1.0, True) for i in range(6)
    ]


def moved(graph: Graph, person: int, to: list[int]) -> tuple[Graph, list[int]]:
    """The graph after ``person`` turned from all contacts to others."""
    first, second, weights = graph.pairs()
    stays = (first != person) & (second != person)
    left = [*first[~stays].tolist(), *second[~stays].tolist()]
    ends = np.append(second[stays], to)
    return from_ties(
        graph.ids, np.append(first[stays], [person] * len(to)), ends, np.append(weights[stays], [1.0] * len(to))
    ), [*left, *to, person]


def test_an_update_moves_whoever_turned_to_others_and_nobody_else() -> None:
    graph, _ = planted(200, 5, 3000, mixing=0.1)
    before = detect(graph)
    other = [int(i) for i in np.flatnonzero(before.membership != before.membership[0])[:8] if i]
    other = [i for i in other if before.membership[i] == before.membership[other[0]]]
    changed, touched = moved(graph, 0, other)
    after = update(changed, before, touched)
    assert len(set(after.membership[[0, *other]])) == 1
    assert ari(np.delete(before.membership, 0), np.delete(after.membership, 0)) == 1.0


def test_an_update_of_nothing_changes_nothing() -> None:
    graph, _ = planted(200, 5, 3000, mixing=0.2)
    before = detect(graph)
    assert update(graph, before, []).membership.tolist() == before.membership.tolist()


def test_a_newcomer_joins_those_they_talk_to() -> None:
    graph = cliques([0, 1, 2, 3], [4, 5, 6, 7], people=9)
    first, second, weights = graph.pairs()
    joined = from_ties(range(9), np.append(first, [0, 1]), np.append(second, [8, 8]), np.append(weights, [1.0, 1.0]))
    bridged = from_ties(range(9), np.append(first, 3), np.append(second, 4), np.append(weights, 1.0))
    before = detect(bridged)
    assert before.membership[8] == ALONE
    after = update(joined, before, [0, 1, 8])
    assert after.membership[8] == after.membership[0]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.frozensets(st.integers(0, 40), min_size=1), max_size=6, unique=True))
def test_ids_stay_when_nothing_changes(groups: list[frozenset[int]]) -> None:
    apart = [group - frozenset().union(*groups[:i]) for i, group in enumerate(groups)]
    former = {f"c{i}": group for i, group in enumerate(apart) if group}
    tracked = track(former, list(former.values()), named)
    assert list(tracked.ids) == list(former)
    assert tracked.events == ()


def test_growth_keeps_the_id() -> None:
    assert track({"a": {1, 2, 3}}, [{1, 2, 3, 4, 5, 6, 7, 8}], named).ids == ("a",)


def test_leaving_keeps_the_id() -> None:
    tracked = track({"a": {1, 2, 3, 4, 5, 6}}, [{1, 2}], named)
    assert (tracked.ids, tracked.events) == (("a",), ())


def test_a_merge_keeps_the_id_of_the_larger() -> None:
    tracked = track({"a": {1, 2}, "b": {3, 4, 5}}, [{1, 2, 3, 4, 5}], named)
    assert tracked.ids == ("b",)
    assert tracked.events == (CommunityEvent("merge", ("a", "b"), ("b",)),)


def test_a_split_keeps_the_id_with_the_larger_part() -> None:
    tracked = track({"a": {1, 2, 3, 4, 5}}, [{1, 2}, {3, 4, 5}], named)
    assert tracked.ids == ("new [1, 2]", "a")
    assert tracked.events == (CommunityEvent("split", ("a",), ("new [1, 2]", "a")),)


def test_birth_and_death_are_events() -> None:
    tracked = track({"a": {1, 2}}, [{7, 8}], named)
    assert tracked.events == (CommunityEvent("birth", (), ("new [7, 8]",)), CommunityEvent("death", ("a",), ()))
