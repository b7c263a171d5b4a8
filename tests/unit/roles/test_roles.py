import math
import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.graph import from_ties
from kith.domain.roles.acts import NO_AREA, NOBODY, Acts, acts
from kith.domain.roles.connectors import Brokerage, betweenness, brokerage, constraint, effective_size, participation
from kith.domain.roles.experts import expertise
from kith.domain.roles.mavens import helping, helping_by_area, people_helped
from kith.domain.roles.roles import Role, roles, sentence, who_matters

COUNTED = {
    "contacts", "contacts_known", "helps", "people_helped", "newcomers_met", "contacts_inside", "contacts_with_us",
    "contacts_elsewhere", "broadcasts",
}  # fmt: skip
ACTS = st.lists(
    st.tuples(
        st.integers(0, 400), st.integers(0, 5), st.integers(-1, 5), st.sampled_from(["answer", "message", "post"])
    ),
    min_size=1,
    max_size=40,
)


def helped(*given_: tuple[float, int, int], areas: list[str] | None = None) -> Acts:
    day, actor, other = zip(*given_, strict=True)
    return acts(range(6), day, actor, other, ["answer"] * len(day), areas)


def test_acts_stand_in_time_order_with_their_areas_numbered() -> None:
    found = acts("ab", [5, 1], [0, 1], [1, NOBODY], ["answer", "post"], ["", "docs"])
    assert (found.day.tolist(), found.actor.tolist(), found.other.tolist()) == ([1, 5], [1, 0], [NOBODY, 1])
    assert [found.areas[i] if i != NO_AREA else None for i in found.area] == ["docs", None]
    assert found.helps().actor.tolist() == [0]


def test_helping_many_once_outweighs_helping_one_often() -> None:
    pace = helping(helped((0, 0, 1), (0, 0, 2), (0, 0, 3), (0, 5, 1), (0, 5, 1), (0, 5, 1)), now=1)
    assert pace[0] > pace[5] > pace[1] == 0


def test_help_long_ago_counts_less() -> None:
    pace = helping(helped((0, 0, 1), (300, 5, 1)), now=301)
    assert pace[5] > pace[0] > 0


def test_mavens_are_found_per_area() -> None:
    found = helping_by_area(helped((0, 0, 1), (0, 5, 2), areas=["docs", "tests"]), now=1)
    assert [int(np.argmax(found[area])) for area in sorted(found)] == [0, 5]


def test_people_helped_counts_each_once() -> None:
    assert people_helped(helped((0, 0, 1), (1, 0, 1), (2, 0, 2))).tolist() == [2, 0, 0, 0, 0, 0]


def test_whom_to_ask_is_who_helped_the_asker_or_in_the_area_lately() -> None:
    helps = helped((0, 0, 1), (90, 2, 3), (95, 4, 5), areas=["docs", "docs", "tests"])
    docs = helps.areas.index("docs")
    assert int(np.argmax(expertise(helps, docs, 3, 100))) == 2
    assert int(np.argmax(expertise(helps, docs, 1, 100))) in {0, 2}
    assert expertise(helps, docs, 2, 100)[2] == 0


def test_the_middle_of_a_star_has_the_largest_effective_size_and_the_smallest_constraint() -> None:
    star = from_ties(range(5), [0, 0, 0, 0], [1, 2, 3, 4])
    assert effective_size(star).tolist() == [4.0, 1.0, 1.0, 1.0, 1.0]
    assert np.argmin(constraint(star)) == 0
    assert constraint(star, np.array([2, 0])).tolist() == constraint(star)[[2, 0]].tolist()
    assert betweenness(star).tolist() == [6.0, 0, 0, 0, 0]


def test_effective_size_falls_by_the_ties_among_the_contacts() -> None:
    triangle = from_ties(range(3), [0, 0, 1], [1, 2, 2])
    assert effective_size(triangle).tolist() == [1.0, 1.0, 1.0]


TIES = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(0.1, 9)).filter(lambda tie: tie[0] != tie[1]), max_size=40
)


@given(TIES)
def test_effective_size_is_what_the_product_of_the_graph_with_itself_gives(ties: list[tuple[int, int, float]]) -> None:
    first, second, weight = zip(*ties, strict=True) if ties else ((), (), ())
    graph = from_ties(range(10), first, second, weight)
    tied = graph.matrix.toarray()
    contacts = tied.sum(axis=1)
    between = (tied * (tied @ (tied > 0))).sum(axis=1)
    expected = contacts - np.divide(between, contacts, out=np.zeros(10), where=contacts > 0)
    assert effective_size(graph) == pytest.approx(expected)


@pytest.mark.parametrize("hubs", [1, 2, 3])
def test_a_hub_takes_memory_for_its_contacts_and_not_for_their_square(hubs: int) -> None:
    contacts = 20_000
    leaf = np.arange(contacts) + hubs
    first = np.repeat(np.arange(hubs), contacts)
    graph = from_ties(range(hubs + contacts), first, np.tile(leaf, hubs))
    tracemalloc.start()
    sizes = effective_size(graph)
    everyone, center = set(leaf.tolist()), set(range(hubs))
    known = dict.fromkeys(everyone, center) | dict.fromkeys(range(hubs), everyone)
    chains = brokerage(0, known, known, np.zeros(hubs + contacts, np.int64))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sizes.tolist() == [contacts] * hubs + [hubs] * contacts
    assert chains == Brokerage(coordinator=contacts * (contacts - 1))
    assert peak < 1000 * hubs * contacts


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda act: act[0] != act[1]), max_size=25))
def test_brokers_are_counted_as_chain_by_chain(turned_to: list[tuple[int, int]]) -> None:
    membership = np.array([0, 0, 1, 1, 2, -1])
    takers = {i: {b for a, b in turned_to if a == i} for i in range(6)}
    givers = {i: {a for a, b in turned_to if b == i} for i in range(6)}
    chains = [(a, b) for a in givers[0] for b in takers[0] if a != b and b not in takers[a]]
    sides = [(int(membership[a]), int(membership[b])) for a, b in chains]
    assert brokerage(0, givers, takers, membership) == Brokerage(
        coordinator=sum(a == b == 0 for a, b in sides),
        itinerant=sum(a == b != 0 for a, b in sides),
        gatekeeper=sum(a != b == 0 for a, b in sides),
        representative=sum(b != a == 0 for a, b in sides),
        liaison=sum(len({0, a, b}) == 3 for a, b in sides),
    )


def test_participation_is_the_chance_that_two_ties_lead_to_different_communities() -> None:
    graph = from_ties(range(5), [0, 0, 0, 0], [1, 2, 3, 4])
    spread = participation(graph, np.array([0, 0, 0, 1, -1]))
    assert spread.tolist() == pytest.approx([1 - (0.25 + 0.0625 + 0.0625), 0, 0, 0, 0])


def test_brokers_are_named_after_gould_and_fernandez() -> None:
    membership = np.array([0, 0, 1, 1, 2])
    turned = {0: {2}, 2: {3, 4, 0}, 1: {2}}
    met = {2: {0, 1}, 3: {2}, 4: {2}, 0: {2}}
    count = brokerage(2, met, turned, membership)
    # 0 and 1 come from outside to 2, who turns to 3 at home, to 4 elsewhere, and back to 0.
    assert count == Brokerage(gatekeeper=2, liaison=2, itinerant=1)
    assert count.leading == "liaison"


def community() -> Acts:
    """0 helps everyone, 1 announces, 5 arrived last week and 2 turned to them."""
    random = np.random.default_rng(1)
    rows = [(float(day), 0, int(random.integers(1, 5)), "answer", "docs") for day in range(0, 350, 3)]
    rows += [(float(day), 1, NOBODY, "post", "") for day in range(0, 350, 10)]
    rows += [(float(day), int(random.integers(2, 5)), 0, "question", "docs") for day in range(0, 350, 5)]
    rows += [(345.0, 5, 0, "question", "docs"), (346.0, 2, 5, "message", "")]
    return acts(range(6), *zip(*rows, strict=True))


def test_roles_are_held_by_those_who_play_them() -> None:
    found = roles(community(), np.zeros(6, dtype=np.int64), 0, now=352)
    holder = {role.role: role.person for role in reversed(found)}
    assert holder == {"connector": 0, "maven": 0, "core": 0, "host": 2, "newcomer": 5, "broadcaster": 1}
    connector = next(role for role in found if role.role == "connector")
    assert connector.evidence["betweenness_rank"] == 1
    assert connector.evidence["participation"] == 0
    assert 0 < float(connector.evidence["constraint"]) < 1
    maven = next(role for role in found if role.role == "maven")
    assert maven.stability == 1.0
    assert maven.evidence["areas"] == "docs"
    assert who_matters(found)[0] == 0
    said = {role.role: sentence(role, "Ada") for role in found}
    assert said["maven"].startswith("In the last year Ada helped 4 people")
    assert said["newcomer"] == "Ada came 7 days ago."


def test_our_people_make_others_bridges() -> None:
    found = roles(community(), np.zeros(6, dtype=np.int64), 0, now=352, us=[3])
    assert [role.person for role in found if role.role == "bridge"] == [0]


@pytest.mark.parametrize("quiet", [0, 300, 364, 365, 366, 900, 1800])
def test_who_was_silent_for_years_is_spoken_of_by_the_years_that_it_takes(quiet: int) -> None:
    now = 352.0 + quiet
    found = roles(community(), np.zeros(6, dtype=np.int64), 0, now=now, us=[3])
    assert {"connector", "maven", "core", "bridge", "host"} <= {role.role for role in found}
    for role in found:
        said = sentence(role, "Ada")
        assert not re.search(r"\b0 (people|person|members?|newcomers?|times?|of us|other)", said), said
        if role.role == "maven":
            years = math.ceil((now - 348) / 365)
            assert said.startswith(f"In the last {f'{years} years' if years > 1 else 'year'} Ada helped")


@settings(deadline=None, max_examples=30)
@given(ACTS, st.integers(401, 2500))
def test_no_role_rests_on_nobody(rows: list[tuple[int, int, int, str]], now: int) -> None:
    day, actor, other, kind = zip(*rows, strict=True)
    for role in roles(acts(range(6), day, actor, other, kind), np.zeros(6, dtype=np.int64), 0, now, us=[5]):
        counts = {name: count for name, count in role.evidence.items() if name in COUNTED}
        assert all(counts.values()), role


@settings(deadline=None, max_examples=30)
@given(ACTS)
def test_every_role_has_a_stability_a_rank_and_a_sentence(rows: list[tuple[int, int, int, str]]) -> None:
    day, actor, other, kind = zip(*rows, strict=True)
    history = acts(range(6), day, actor, other, kind)
    found = roles(history, np.zeros(6, dtype=np.int64), 0, now=401)
    assert found == roles(history, np.zeros(6, dtype=np.int64), 0, now=401)
    for role in found:
        assert isinstance(role, Role)
        assert 0 <= role.stability <= 1
        assert role.score > 0
        assert sentence(role, "Ada").endswith(".")
    assert len(who_matters(found)) <= 15


def test_what_is_told_twice_is_one_act_and_two_commits_of_one_second_are_two() -> None:
    rows = [(1.0, 0, 1, kind, "docs") for kind in ("sign_off", "merge", "sign_off", "merge", "answer")]
    rows += [(1.0, 0, 1, "merge", "tests"), (1.0, 0, 2, "merge", "docs"), (2.0, 0, 1, "sign_off", "docs")]
    told = acts(range(3), *zip(*rows, strict=True))
    once = told.where(told.told_once())
    assert [once.kinds[kind] for kind in once.kind].count("answer") == 1
    assert len(once) == len(rows) - 2
    assert len(told.where(np.zeros(0, np.int64)).told_once()) == 0


def test_a_maintainer_who_only_takes_in_patches_is_neither_host_nor_broadcaster() -> None:
    rows = [(float(day), 1, NOBODY, "contribute", "") for day in range(0, 300, 20)]
    rows += [(float(day), 0, 2 + day % 3, "merge", "") for day in range(10, 350, 5)]
    rows += [(5.0, 0, NOBODY, "merge", ""), (300.0, 5, 0, "question", ""), (301.0, 0, 5, "merge", "")]
    found = roles(acts(range(6), *zip(*rows, strict=True)), np.zeros(6, np.int64), 0, now=352)
    assert not {("host", 0), ("broadcaster", 0)} & {(role.role, role.person) for role in found}


def test_who_talks_with_many_connects_more_than_who_handles_the_work_of_as_many() -> None:
    rows = [(300.0 + i, 0, i, "review", "") for i in (2, 3, 4)] + [(300.0 + i, 1, i, "sign_off", "") for i in (3, 4, 5)]
    found = roles(acts(range(6), *zip(*rows, strict=True)), np.zeros(6, np.int64), 0, now=352)
    assert next(role.person for role in found if role.role == "connector") == 0
