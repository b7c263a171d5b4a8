from itertools import combinations

import numpy as np
from hypothesis import given, settings

from kith.domain.strength.contact import Activity
from kith.domain.strength.new_contacts import NAMES, Network, candidates, network, sample
from kith.domain.strength.tally import people, tally
from tests.unit.strength.contacts import NOW, Contact, contacts_of, networks


def known(rows: list[Contact]) -> Network:
    contacts = contacts_of(rows)
    activity = Activity.from_contacts(contacts)
    return network(tally(contacts, activity, NOW), people(activity, NOW, 0))


@settings(deadline=None)
@given(networks(people=9))
def test_all_pairs_two_steps_apart_are_found_once(rows: list[Contact]) -> None:
    all_of_it = known(rows)
    size = len(all_of_it.acquainted)
    linked = all_of_it.linked.toarray() > 0
    expected = {(a, b): (linked[a] & linked[b]).sum() for a, b in combinations(range(size), 2) if not linked[a, b]}
    found = candidates(all_of_it, np.arange(size))
    common = np.expm1(found.values[:, NAMES.index("common")])
    assert dict(zip(zip(found.a.tolist(), found.b.tolist(), strict=True), common.round().tolist(), strict=True)) == {
        pair: count for pair, count in expected.items() if count
    }


@settings(deadline=None)
@given(networks(people=9))
def test_candidates_of_one_person_are_those_of_all(rows: list[Contact]) -> None:
    all_of_it = known(rows)
    everybody = candidates(all_of_it, np.arange(len(all_of_it.acquainted)))
    person = rows[0].source
    theirs = candidates(all_of_it, np.array([person]))
    mask = (everybody.a == person) | (everybody.b == person)
    order = np.lexsort((theirs.b, theirs.a))
    assert theirs.a[order].tolist() == everybody.a[mask].tolist()
    np.testing.assert_allclose(theirs.values[order], everybody.values[mask])


def test_a_sample_is_the_same_each_time_and_no_larger_than_the_network() -> None:
    all_of_it = known([Contact(a, a + 1, NOW, 0, 1, 1000) for a in range(30)])
    few, again, everybody = (sample(all_of_it, paths) for paths in (10, 10, 1e9))
    assert few.tolist() == again.tolist()
    assert 0 < len(few) < len(everybody) == 31
