from dataclasses import fields
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.strength.circles import adamic_adar, overlap
from kith.domain.strength.contact import Activity, Contacts
from kith.domain.strength.tally import Tally, tally
from tests.unit.strength.contacts import NOW, PEOPLE, Contact, contacts_of, networks, one_pair


def whole(rows: list[Contact], now: int = NOW) -> Tally:
    contacts = contacts_of(rows)
    return tally(contacts, Activity.from_contacts(contacts), now)


def same(one: Tally, other: Tally) -> None:
    for field in fields(Tally):
        assert getattr(one, field.name).tobytes() == getattr(other, field.name).tobytes(), field.name


@pytest.mark.parametrize(("days", "left"), [(0, 1.0), (30, 0.5), (60, 0.25)])
def test_one_half_life_ago_counts_a_half(days: int, left: float) -> None:
    found = whole([Contact(0, 1, NOW - days, 0, 1, 1000)])
    assert found.days_30.tolist() == [left]


def test_a_message_to_many_weighs_less() -> None:
    found = whole([Contact(0, 1, NOW, 0, 1, 500)])
    assert (found.contact_90.tolist(), found.sent.tolist()) == ([0.5], [1])


@settings(deadline=None)
@given(networks(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[Contact], chance: Random) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    same(whole(rows), whole(shuffled))


@settings(deadline=None)
@given(networks())
def test_splitting_a_row_changes_nothing(rows: list[Contact]) -> None:
    split = [row._replace(times=1, weight=row.weight // row.times) for row in rows for _ in range(row.times)]
    same(whole(rows), whole(split))


@settings(deadline=None)
@given(networks(), st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1))
def test_merging_two_people_adds_up_their_ledgers(rows: list[Contact], kept: int, gone: int) -> None:
    new = {person: kept if person == gone else person for person in range(PEOPLE)}
    both = contacts_of([row._replace(source=new[row.source], target=new[row.target]) for row in rows])
    for other in set(range(PEOPLE)) - {kept, gone}:
        ours = [row for row in rows if {row.source, row.target} in ({kept, other}, {gone, other})]
        here = ((both.source == kept) & (both.target == other)) | ((both.source == other) & (both.target == kept))
        assert (both.count[here].sum(), both.weight[here].sum()) == (
            sum(row.times for row in ours),
            sum(row.weight for row in ours),
        )
    assert not ((both.source == kept) & (both.target == kept)).any()


@settings(deadline=None)
@given(networks())
def test_one_pair_alone_has_the_same_bits_as_in_the_network(rows: list[Contact]) -> None:
    everything = whole(rows)
    for i, (a, b) in enumerate(zip(everything.a.tolist(), everything.b.tolist(), strict=True)):
        same(one_pair(rows, a, b).pair(NOW), everything.rows(np.array([i])))


@settings(deadline=None)
@given(networks(), st.integers(0, NOW))
def test_what_happens_later_does_not_count(rows: list[Contact], then: int) -> None:
    past = [row for row in rows if row.day <= then]
    contacts = contacts_of(rows)
    if past:
        same(tally(contacts, Activity.from_contacts(contacts), then), whole(past, then))


@settings(deadline=None)
@given(networks(people=9))
def test_circles_are_counted_as_by_hand(rows: list[Contact]) -> None:
    found = whole(rows)
    known: dict[int, set[int]] = {person: set() for person in range(9)}
    for a, b in zip(found.a.tolist(), found.b.tolist(), strict=True):
        known[a].add(b)
        known[b].add(a)
    pairs = list(zip(found.a.tolist(), found.b.tolist(), strict=True))
    assert found.shared.tolist() == [len(known[a] & known[b]) for a, b in pairs]
    assert found.either.tolist() == [len((known[a] | known[b]) - {a, b}) for a, b in pairs]
    expected = [sum(1 / np.log(max(len(known[z]), 2)) for z in known[a] & known[b]) for a, b in pairs]
    np.testing.assert_allclose(adamic_adar(found.a, found.b), expected)


def test_everybody_who_knows_everybody_shares_all_others() -> None:
    a, b = np.array(list(combinations(range(5), 2)), dtype=np.int64).T
    assert set(overlap(a, b).shared.tolist()) == {3}


def test_an_answer_within_a_week_counts_and_a_later_one_does_not() -> None:
    quick = whole([Contact(0, 1, NOW - 9, 0, 1, 1000), Contact(1, 0, NOW - 2, 0, 1, 1000)])
    slow = whole([Contact(0, 1, NOW - 9, 0, 1, 1000), Contact(1, 0, NOW - 1, 0, 1, 1000)])
    assert quick.answered_365[0] > 0
    assert slow.answered_365[0] == 0


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="never negative"):
        Contacts.of([0], [1], [5], [0], [-1])


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        Contacts.of([0, 1], [1, 0], [5])


def test_nothing_known_is_no_pair() -> None:
    assert len(whole([])) == 0
