"""The table of classes covers every kind of act, and what is told twice counts once."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors import InteractionKind
from kith.domain.classes import CLASSES, CONVERSATION, HANDLING, KINDS, ORDER, Class, numbered, of_class
from kith.domain.strength.contact import Activity, Contacts
from kith.domain.strength.features import measure
from kith.domain.strength.tally import Tally, tally
from kith.domain.strength.windows import window
from kith.domain.weights import WHOLE


def test_every_kind_has_a_class_with_a_reason_and_every_class_a_meaning() -> None:
    assert set(KINDS) == set(get_args(InteractionKind))
    assert set(CLASSES) == set(get_args(Class)) == {kind.name for kind in KINDS.values()}
    assert all(kind.reason for kind in KINDS.values())
    assert all(0 < meaning.weight <= WHOLE for meaning in CLASSES.values())
    assert {kind for kind in KINDS if CLASSES[KINDS[kind].name].weight == WHOLE} == CONVERSATION
    assert of_class("handling") == HANDLING
    assert KINDS[ORDER[numbered(["none of ours"])[0]]].name == "talk"


ACTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 60), st.integers(0, 1), st.sampled_from(ORDER)),
    max_size=30,
)
Told = list[tuple[int, int, int, int, str]]


def contacts(rows: Told) -> Contacts:
    source, target, day, place, kind = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Contacts.of(source, target, day, place, kind=numbered(kind))


def pairs(found: Contacts) -> Tally:
    return tally(found, Activity.from_contacts(found), 90)


@given(ACTS, st.data())
def test_an_act_that_is_told_as_two_kinds_of_handling_counts_once(rows: Told, data: st.DataObject) -> None:
    merges = [(source, target, day, place, "merge" if kind in HANDLING else kind)
              for source, target, day, place, kind in rows]  # fmt: skip
    twice = [row for row in merges if row[4] == "merge" and data.draw(st.booleans())]
    told = contacts([*merges, *((*row[:4], data.draw(st.sampled_from(["sign_off", "copy"]))) for row in twice[:1])])
    assert told.count.tolist() == contacts(merges).count.tolist()
    assert told.weight.tolist() == contacts(merges).weight.tolist()


@given(ACTS)
def test_both_tellings_of_many_acts_count_as_the_one(rows: Told) -> None:
    handled = [(*row[:4], "sign_off") for row in rows]
    merged = [(*row[:4], "merge") for row in rows]
    both, one = contacts(handled + merged), contacts(handled)
    assert all((getattr(both, name) == getattr(one, name)).all() for name in ("source", "day", "count", "weight"))


@settings(deadline=None)
@given(ACTS, st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 60), st.integers(0, 1)))
def test_no_further_act_of_any_class_lowers_a_feature_of_a_pair(rows: Told, more: tuple[int, int, int, int]) -> None:
    before = contacts([*rows, (0, 1, 30, 0, "message")])
    own = (np.minimum(before.source, before.target) == 0) & (np.maximum(before.source, before.target) == 1)
    known = before.rows(own)
    for kind in ("message", "merge", "follow", "join"):
        after = contacts([*(row for row in rows if {row[0], row[1]} == {0, 1}), (0, 1, 30, 0, "message"),
                          (0, 1, *more[2:], kind)])  # fmt: skip
        assert (measure(pairs(after)) >= measure(pairs(known)) - 1e-9).all()


@pytest.mark.parametrize(("kind", "worth"), [("answer", 1.0), ("merge", 0.25), ("react", 0.25), ("attend", 0.1)])
def test_a_day_counts_by_the_best_class_of_its_acts(kind: str, worth: float) -> None:
    alone = pairs(contacts([(0, 1, 90, 0, kind)]))
    assert (alone.days_7[0], alone.sent_90[0], alone.blocks_365[0]) == (worth, worth, worth)
    talked = pairs(contacts([(0, 1, 90, 0, kind), (1, 0, 90, 1, "reply")]))
    assert (talked.days_7[0], int(talked.days[0])) == (1.0, 1)


def test_only_talk_and_help_are_what_strength_foretells() -> None:
    rows = [(0, 1, 5, 0, "message"), (0, 2, 5, 0, "message"), (0, 3, 5, 0, "message")]
    later = [(0, 1, 20, 0, "merge"), (0, 2, 20, 0, "review"), (3, 0, 20, 0, "follow")]
    told = contacts(rows + later)
    assert window(told, Activity.from_contacts(told), 10, 30).met.tolist() == [False, True, False]
