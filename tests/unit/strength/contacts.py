"""Small random contacts for the tests of strength."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from kith.domain.strength.circles import Circles
from kith.domain.strength.contact import Activity, Contacts
from kith.domain.strength.explanation import Evidence
from kith.domain.strength.tally import tally

NOW = 1000
PEOPLE = 6


class Contact(NamedTuple):
    source: int
    target: int
    day: int
    context: int
    times: int
    weight: int


def contact(people: int = PEOPLE) -> st.SearchStrategy[Contact]:
    """One row between two different people; an act towards several weighs less than 1000."""
    return (
        st.tuples(
            st.integers(0, people - 1),
            st.integers(0, people - 1),
            st.integers(0, NOW),
            st.integers(0, 2),
            st.integers(1, 5),
            st.sampled_from([1000, 707, 577]),
        )
        .filter(lambda row: row[0] != row[1])
        .map(lambda row: Contact(row[0], row[1], row[2], row[3], row[4], row[4] * row[5]))
    )


def networks(people: int = PEOPLE, least: int = 1) -> st.SearchStrategy[list[Contact]]:
    return st.lists(contact(people), min_size=least, max_size=40)


def contacts_of(rows: list[Contact]) -> Contacts:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 6).T
    return Contacts.of(columns[0], columns[1], columns[2], columns[3], columns[4], columns[5])


def one_pair(rows: list[Contact], a: int, b: int) -> Evidence:
    """What a store would load for one pair of a network: their own rows, their activity, the size of their circles."""
    everything = contacts_of(rows)
    activity = Activity.from_contacts(everything)
    whole = tally(everything, activity, NOW)
    place = np.flatnonzero((whole.a == a) & (whole.b == b))
    own = everything.rows(
        ((everything.source == a) & (everything.target == b)) | ((everything.source == b) & (everything.target == a))
    )
    of_both = (activity.person == a) | (activity.person == b)
    return Evidence(
        own,
        Activity(activity.person[of_both], activity.day[of_both], activity.count[of_both]),
        Circles(whole.shared[place], whole.either[place]),
    )
