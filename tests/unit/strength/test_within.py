"""A few pairs, with what is known of their people alone, get what the whole network gives them."""

from dataclasses import fields

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kith.domain.strength.circles import overlap, within
from kith.domain.strength.contact import Activity, Contacts
from kith.domain.strength.tally import Tally, people, tally

PAIRS = st.sets(
    st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda pair: pair[0] < pair[1]), min_size=1, max_size=40
)


@given(pairs=PAIRS, seed=st.integers(0, 100))
def test_circles_of_some_pairs_are_those_of_the_whole_network(pairs: set[tuple[int, int]], seed: int) -> None:
    a, b = (np.array(side, np.int64) for side in zip(*sorted(pairs), strict=True))
    whole = overlap(a, b)
    chance = np.random.default_rng(seed)
    some = np.flatnonzero(chance.random(len(a)) < 0.5)
    shuffled = chance.permutation(2 * len(a))
    person, acquaintance = np.concatenate([a, b])[shuffled], np.concatenate([b, a])[shuffled]
    hashed = np.array([hash(("any", int(number))) for number in acquaintance], np.int64)
    found = within(a[some], b[some], person, hashed)
    assert found.shared.tolist() == whole.shared[some].tolist()
    assert found.either.tolist() == whole.either[some].tolist()


def test_no_pairs_have_no_circles() -> None:
    none = np.array([], np.int64)
    assert within(none, none, none, none).shared.tolist() == []


@given(pairs=PAIRS, now=st.integers(0, 60))
def test_activity_summed_up_before_changes_no_bit(pairs: set[tuple[int, int]], now: int) -> None:
    contacts = Contacts.of(*zip(*((a, b, (a * 7 + b * 3) % 50) for a, b in sorted(pairs)), strict=True))
    activity = Activity.from_contacts(contacts)
    summed = people(activity, now, 13)
    one, other = tally(contacts, activity, now), tally(contacts, summed, now)
    for field in fields(Tally):
        assert getattr(one, field.name).tobytes() == getattr(other, field.name).tobytes()
