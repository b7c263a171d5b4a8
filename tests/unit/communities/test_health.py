import numpy as np
import pytest

from kith.domain.communities.health import Health, health, sentence
from kith.domain.communities.naming import names
from kith.domain.roles.acts import NOBODY, acts


def test_health_counts_what_happened_among_the_members() -> None:
    # Members 0..3; 4 is outside. 3 is new on day 10 and stays; 2's question is answered, 3's is not.
    history = acts(
        range(5),
        [1, 2, 3, 10, 11, 12, 55, 56, 57],
        [0, 1, 2, 3, 2, 0, 3, 3, 0],
        [1, 0, 0, 0, NOBODY, 2, 0, NOBODY, 4],
        ["message", "message", "message", "message", "question", "answer", "message", "question", "message"],
    )
    found = health(history.contacts(), history, np.arange(4), start=5, end=60)
    assert found.people == 4
    assert (found.newcomers, found.kept) == (1, 1.0)
    assert (found.questions, found.unanswered) == (2, 0.5)
    assert found.cohesion == pytest.approx(12 / 13)
    assert found.openness == pytest.approx(1 / 4)
    assert found.dependence == pytest.approx(1 / 4)  # person 0 takes part in every act among members
    assert found.peer_to_peer == 0.0


@pytest.mark.parametrize(("members", "words"), [(2, "1 person"), (4, "2 people"), (4_000, "2,000 people")])
def test_the_sentence_says_how_many_carry_half_of_the_talk(members: int, words: str) -> None:
    found = Health(members, None, None, 0, None, 0, None, None, dependence=0.5)
    assert sentence(found) == f"{members:,} people; half of all talk inside involves {words}."


def test_the_sentence_beside_a_dependence_names_the_people_that_were_counted() -> None:
    history = acts(range(5), [1, 2, 3, 4], [0, 1, 2, 3], [1, 2, 3, 4], ["message"] * 4)
    found = health(history.contacts(), history, np.arange(5), start=0, end=60)
    assert found.dependence == pytest.approx(1 / 5)  # person 1 takes part in two of four
    assert sentence(found).endswith("half of all talk inside involves 1 person.")
    assert "half of all talk" not in sentence(health(history.contacts(), history, np.arange(1), start=0, end=60))


def test_an_empty_community_has_no_shares() -> None:
    history = acts(range(2), [], [], [])
    found = health(history.contacts(), history, np.array([], dtype=np.int64), start=0, end=1)
    assert (found.people, found.newcomers, found.questions) == (0, 0, 0)
    assert (found.cohesion, found.kept, found.unanswered, found.peer_to_peer, found.dependence) == (None,) * 5


def test_names_are_made_of_topics_and_channels_and_never_equal() -> None:
    found = names([["rebase", "merge"], ["Merge"], [], []], [["#dev"], ["#dev"], ["#dev"], []], [False] * 4)
    assert found == ["rebase, merge · #dev", "#dev", "#dev (2)", "Community 4"]


def test_a_place_of_ones_own_comes_first_in_a_name() -> None:
    found = names([["rebase"], ["merge"], []], [["#git"], ["#git"], ["#jj"]], [True, False, True])
    assert found == ["#git · rebase", "merge · #git", "#jj"]
