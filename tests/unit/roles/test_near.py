import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.communities.health import health
from kith.domain.roles.acts import HELP, NOBODY, acts
from kith.domain.roles.cited import MOST, cited
from kith.domain.roles.evidence import YEAR
from kith.domain.roles.near import Histories
from kith.domain.roles.roles import roles

PEOPLE = 12
ACTS = st.lists(
    st.tuples(
        st.integers(0, 700),
        st.integers(0, PEOPLE - 1),
        st.integers(NOBODY, PEOPLE - 1),
        st.sampled_from(["answer", "question", "message", "review"]),
    ).filter(lambda act: act[1] != act[2]),
    min_size=1,
    max_size=120,
)
NOW = 720.0


@settings(deadline=None, max_examples=40)
@given(ACTS, st.integers(1, PEOPLE - 1))
def test_roles_and_health_are_the_same_from_the_part_of_the_history_that_concerns_the_members(
    told: list[tuple[int, int, int, str]], size: int
) -> None:
    day, actor, other, kind = zip(*told, strict=True)
    history = acts(range(PEOPLE), day, actor, other, kind)
    membership = np.where(np.arange(PEOPLE) < size, 0, 1)
    members = np.arange(size)
    part, source, people = Histories(history).around(members, np.zeros(0, np.int64))
    place = {int(person): i for i, person in enumerate(people)}
    whole = [(r.person, r.role, r.rank, r.score, r.stability) for r in roles(history, membership, 0, NOW, [PEOPLE - 1])]
    us = [place[PEOPLE - 1]] if PEOPLE - 1 in place else []
    near = [
        (int(people[r.person]), r.role, r.rank, r.score, r.stability)
        for r in roles(part, membership[people], 0, NOW, us)
    ]
    assert near == whole
    contacts = history.contacts()
    mine = np.array([place[i] for i in range(size)])
    assert health(contacts.among(people), part, mine, 300, NOW) == health(contacts, history, members, 300, NOW)
    kept = source[source >= 0]
    assert kept.tolist() == Histories(history).of(members).tolist()


@settings(deadline=None, max_examples=40)
@given(ACTS)
def test_what_is_cited_is_what_the_role_rests_on(told: list[tuple[int, int, int, str]]) -> None:
    day, actor, other, kind = zip(*told, strict=True)
    history = acts(range(PEOPLE), day, actor, other, kind)
    inside, ours = np.ones(PEOPLE, bool), np.zeros(PEOPLE, bool)
    first = Histories(history).first
    for role in roles(history, np.zeros(PEOPLE, np.int64), 0, NOW):
        shown = cited(role, Histories(history), inside, ours, first, NOW)
        assert len(set(shown.tolist())) == len(shown) <= MOST
        assert all(history.day[shown] >= NOW - float(role.evidence.get("years", 1)) * YEAR)
        assert len(shown) > 0 or role.role == "newcomer"
        assert all((history.actor[shown] == role.person) | (history.other[shown] == role.person))
        if role.role == "maven":
            assert all(history.actor[shown] == role.person)
            assert {history.kinds[i] for i in history.kind[shown]} <= HELP
            assert len(shown) == min(MOST, int(role.evidence["helps"]))


def test_who_came_before_the_history_begins_is_no_newcomer() -> None:
    history = acts(range(3), [700.0, 701.0], [0, 1], [1, 0])
    first = np.array([0.0, 701.0, np.inf])
    part, source, people = Histories(history, first).around(np.array([0, 1]), np.array([2]))
    assert (len(people), source.tolist()) == (3, [-1, 0, 1])
    newcomers = [role.person for role in roles(part, np.array([0, 0, -1]), 0, NOW) if role.role == "newcomer"]
    assert newcomers == [1]
