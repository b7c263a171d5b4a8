import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from kith.domain.communities.agreement import ari, nmi
from kith.domain.communities.contact import counted, countings
from kith.domain.communities.detect import ALONE, detect
from kith.domain.graph import from_ties
from tests.unit.communities.planted import classes, cliques, heavy_tailed, planted, projects

GROUPS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=40)


@given(GROUPS)
def test_agreement_is_what_scikit_learn_computes(pairs: list[tuple[int, int]]) -> None:
    one, other = zip(*pairs, strict=True)
    assert nmi(one, other) == pytest.approx(normalized_mutual_info_score(one, other), abs=1e-9)
    assert ari(one, other) == pytest.approx(adjusted_rand_score(one, other), abs=1e-9)


@pytest.mark.parametrize(("people", "communities", "ties"), [(60, 3, 500), (600, 30, 6000), (400, 4, 6000)])
def test_planted_communities_are_found_whatever_their_number(people: int, communities: int, ties: int) -> None:
    graph, truth = planted(people, communities, ties, mixing=0.2)
    found = detect(graph)
    assert ari(truth, found.membership) > 0.97


def test_noise_is_not_cut_into_communities() -> None:
    graph, _ = planted(300, 1, 1500, mixing=0.0)
    assert len(detect(graph)) == 1


def test_separate_circles_are_communities_and_people_without_ties_are_in_none() -> None:
    found = detect(cliques([0, 1, 2, 3], [4, 5, 6], people=9))
    assert found.membership.tolist() == [0, 0, 0, 0, 1, 1, 1, ALONE, ALONE]


def test_a_graph_without_ties_has_no_communities() -> None:
    assert len(detect(from_ties(range(3), [], []))) == 0
    assert len(detect(from_ties([], [], []))) == 0


def test_communities_are_numbered_by_size() -> None:
    graph, _ = planted(300, 6, 3000, mixing=0.2)
    sizes = np.bincount(detect(graph).membership)
    assert sorted(sizes, reverse=True) == sizes.tolist()
    assert [len(members) for members in detect(graph).members()] == sizes.tolist()


def test_the_same_graph_and_seed_give_the_same_communities() -> None:
    graph, _ = planted(200, 8, 1500, mixing=0.4)
    assert detect(graph, seed=3).membership.tolist() == detect(graph, seed=3).membership.tolist()


@settings(deadline=None, max_examples=15)
@given(st.permutations(range(60)))
def test_the_order_of_people_does_not_matter(order: list[int]) -> None:
    graph, _ = planted(60, 4, 500, mixing=0.1)
    place = np.argsort(order)
    first, second, weights = graph.pairs()
    shuffled = from_ties(range(60), place[first], place[second], weights)
    assert ari(detect(graph).membership, detect(shuffled).membership[place]) == 1.0


def test_a_second_contact_says_less_than_the_first() -> None:
    # Ten contacts of two people must not tear them from their circles of ten.
    circles = cliques(list(range(10)), list(range(10, 20)), people=20)
    first, second, weights = circles.pairs()
    heavy = from_ties(range(20), np.append(first, 0), np.append(second, 10), np.append(weights, 10.0))
    assert ari(detect(heavy).membership, [0] * 10 + [1] * 10) == 1.0


@settings(deadline=None, max_examples=6)
@given(
    st.lists(st.integers(50, 200), min_size=3, max_size=9),
    st.integers(1, 2),
    st.floats(0, 0.08),
    st.integers(0, 1000),
)
def test_projects_around_few_hubs_are_told_apart(sizes: list[int], hubs: int, second_home: float, seed: int) -> None:
    graph, truth = projects(sizes, hubs, second_home, seed)
    found = detect(graph).membership
    assert nmi(truth[found != ALONE], found[found != ALONE]) > 0.7


def test_one_project_around_few_hubs_stays_whole() -> None:
    assert [len(detect(projects([400], 3, 0, seed)[0])) for seed in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("people", "ties", "exponent"), [(60, 150, 2.0), (200, 400, 1.5), (500, 600, 1.1), (400, 3000, 1.5)]
)
def test_activity_alone_makes_no_communities(people: int, ties: int, exponent: float) -> None:
    divided = [detect(heavy_tailed(people, ties, exponent, seed)).resolution > 0 for seed in range(20)]
    assert sum(divided) <= 1


def test_where_everyone_meets_everyone_each_meeting_counts() -> None:
    graph, truth = classes(5, 30, inside=10, across=2)
    found = detect(graph)
    assert found.counting == "acts"
    assert ari(truth, found.membership) > 0.95


def test_days_count_where_acts_come_in_bursts() -> None:
    # Classmates meet on many days; some pairs across classes had one long talk, more than all that classmates have.
    graph, truth = classes(5, 30, inside=10, across=2)
    first, second, days = graph.pairs()
    bursts = np.random.default_rng(0).random(len(first)) < 0.05
    found = detect(from_ties(range(len(truth)), first, second, days + 1000 * bursts, days))
    assert found.counting == "days"
    assert ari(truth, found.membership) > 0.95


def test_contact_counts_one_way_where_it_never_differs() -> None:
    assert countings(cliques([0, 1, 2], people=3)) == ("log",)
    graph = from_ties(range(3), [0, 1], [1, 2], [3.0, 1.0], [1.0, 1.0])
    assert countings(graph) == ("log", "days", "acts")
    assert counted(graph, "days").pairs()[2].tolist() == [1.0, 1.0]
    assert counted(graph, "log").pairs()[2].tolist() == [2.0, 1.0]


@pytest.mark.parametrize("ties", [1, 2, 3])
def test_a_handful_of_ties_is_left_whole(ties: int) -> None:
    found = detect(from_ties(range(5), range(ties), range(1, ties + 1)))
    assert found.membership.tolist() == [0] * (ties + 1) + [ALONE] * (4 - ties)
