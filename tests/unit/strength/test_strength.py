import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.strength.contact import Activity
from kith.domain.strength.explanation import Evidence, explain
from kith.domain.strength.features import NAMES, measure
from kith.domain.strength.model import Model, parse, probability, shipped, strength
from kith.domain.strength.tally import tally
from tests.unit.strength.contacts import NOW, Contact, contacts_of, networks, one_pair

MODEL = shipped().model()
PAIRS = st.lists(st.integers(0, NOW), min_size=1, max_size=12)


def network(rows: list[Contact]) -> tuple[Evidence, int, int]:
    """The first pair of a network."""
    a, b = sorted((rows[0].source, rows[0].target))
    return one_pair(rows, a, b), a, b


@settings(deadline=None)
@given(networks())
def test_contributions_add_up_to_the_number(rows: list[Contact]) -> None:
    evidence, _, _ = network(rows)
    found = explain(MODEL, evidence, NOW)
    total = found.intercept + sum(each.log_odds for each in found.contributions) + found.hidden.log_odds
    assert abs(total - found.log_odds) < 1e-9
    for each in found.contributions:
        assert each.log_odds == each.weight * each.value
    if found.strength is not None:
        assert abs(1 / (1 + math.exp(-total)) - found.strength) < 1e-9


@settings(deadline=None)
@given(networks(), st.data())
def test_hidden_rows_are_one_counted_term_and_leave_the_number_alone(rows: list[Contact], data: st.DataObject) -> None:
    evidence, _, _ = network(rows)
    size = len(evidence.contacts.day)
    visible = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    found, all_of_it = explain(MODEL, evidence, NOW, visible), explain(MODEL, evidence, NOW)
    assert found.strength == all_of_it.strength
    assert found.hidden.interactions == evidence.contacts.count[~visible].sum()
    assert len(found.rows) == min(visible.sum(), 20)
    total = found.intercept + sum(each.log_odds for each in found.contributions) + found.hidden.log_odds
    assert abs(total - found.log_odds) < 1e-9


@settings(deadline=None)
@given(networks(people=4, least=3))
def test_removing_a_cited_interaction_changes_the_number_by_the_cited_amount(rows: list[Contact]) -> None:
    _, a, b = network(rows)
    found = explain(MODEL, one_pair(rows, a, b), NOW)
    place = {(row.source, row.target, row.day, row.context): row for row in found.rows}
    merged = contacts_of(rows)
    everything = [
        Contact(*values)
        for values in zip(
            merged.source.tolist(), merged.target.tolist(), merged.day.tolist(), merged.context.tolist(),
            merged.count.tolist(), merged.weight.tolist(), strict=True,
        )
    ]  # fmt: skip
    for i, row in enumerate(everything):
        cited = place.get((row.source, row.target, row.day, row.context))
        if cited is None or cited.log_odds_falls is None:
            continue
        less = row._replace(times=row.times - 1, weight=row.weight - row.weight // row.times)
        rest = explain(MODEL, one_pair([*everything[:i], less, *everything[i + 1 :]], a, b), NOW)
        assert abs(found.log_odds - rest.log_odds - cited.log_odds_falls) < 1e-9
        if found.strength is not None and rest.strength is not None:
            assert abs(found.strength - rest.strength - (cited.strength_falls or 0.0)) < 1e-9


@settings(deadline=None)
@given(networks(), st.integers(0, NOW), st.integers(0, 2), st.booleans())
def test_another_contact_never_lowers_strength(rows: list[Contact], day: int, context: int, turned: bool) -> None:
    _, a, b = network(rows)
    more = Contact(*((b, a) if turned else (a, b)), day, context, 1, 1000)
    before, after = explain(MODEL, one_pair(rows, a, b), NOW), explain(MODEL, one_pair([*rows, more], a, b), NOW)
    assert after.log_odds >= before.log_odds - 1e-9


@settings(deadline=None)
@given(networks(), st.integers(1, 400))
def test_silence_never_raises_strength(rows: list[Contact], days: int) -> None:
    evidence, _, _ = network(rows)
    assert explain(MODEL, evidence, NOW + days).log_odds <= explain(MODEL, evidence, NOW).log_odds + 1e-9


@settings(deadline=None)
@given(networks())
def test_a_pair_alone_gets_the_bits_of_the_whole_network(rows: list[Contact]) -> None:
    contacts = contacts_of(rows)
    everything = tally(contacts, Activity.from_contacts(contacts), NOW)
    chances = strength(MODEL, everything)
    for a, b, chance in zip(everything.a.tolist(), everything.b.tolist(), chances.tolist(), strict=True):
        alone = explain(MODEL, one_pair(rows, a, b), NOW).strength
        assert alone == chance or (alone is None and math.isnan(chance))


@settings(deadline=None)
@given(networks())
def test_the_same_question_gets_the_same_bytes(rows: list[Contact]) -> None:
    evidence, _, _ = network(rows)
    first, again = (msgspec.json.encode(explain(MODEL, evidence, NOW)) for _ in range(2))
    assert first == again


def test_features_are_the_ones_that_the_weights_are_for() -> None:
    for part in shipped().networks:
        assert tuple(part.weights) == NAMES
        assert all(weight is None or weight >= 0 for weight in part.weights.values())


def test_one_contact_is_no_number_and_says_why() -> None:
    found = explain(MODEL, one_pair([Contact(0, 1, NOW, 0, 1, 1000)], 0, 1), NOW)
    assert (found.strength, found.word) == (None, "unknown")
    assert "at least 2" in found.why
    assert found.rows[0].log_odds_falls is None


def test_two_people_without_contact_have_no_explanation() -> None:
    with pytest.raises(ValueError, match="exactly one pair"):
        explain(MODEL, one_pair([Contact(0, 1, NOW, 0, 1, 1000)], 0, 2), NOW)


def test_strength_does_not_depend_on_what_others_do() -> None:
    ours = [Contact(0, 1, NOW - day, 0, 1, 1000) for day in range(5)]
    others = [Contact(2, 3, NOW - day, 0, 5, 5000) for day in range(50)]
    alone, among = explain(MODEL, one_pair(ours, 0, 1), NOW), explain(MODEL, one_pair(ours + others, 0, 1), NOW)
    assert alone.strength == among.strength


def test_a_network_can_be_left_out_of_the_weights() -> None:
    names = {part.name for part in shipped().networks}
    without = shipped().model(["enron"])
    assert without.version == "strength-2-without-enron"
    assert without.weights != MODEL.weights
    with pytest.raises(ValueError, match="not among the networks"):
        shipped().model(["nowhere"])
    with pytest.raises(ValueError, match="no network is left"):
        shipped().model(names)


def test_weights_made_for_other_features_are_refused() -> None:
    text = msgspec.json.encode(shipped()).replace(b'"recency"', b'"charm"')
    with pytest.raises(ValueError, match="not those of the features"):
        parse(text)


def test_daily_contact_is_stronger_than_yearly_contact() -> None:
    daily = [Contact(0, 1, NOW - day, 0, 1, 1000) for day in range(60)]
    yearly = [Contact(0, 1, NOW - 400, 0, 1, 1000), Contact(0, 1, NOW - 800, 0, 1, 1000)]
    strong, weak = (explain(MODEL, one_pair(rows, 0, 1), NOW).strength or 0 for rows in (daily, yearly))
    assert strong > 0.8
    assert weak < 0.2


def test_chances_are_the_sigmoid_of_the_sum() -> None:
    contacts = contacts_of([Contact(0, 1, NOW, 0, 2, 2000)])
    pairs = tally(contacts, Activity.from_contacts(contacts), NOW)
    model = Model("test", 90, -1.0, dict.fromkeys(NAMES, 0.5))
    expected = 1 / (1 + math.exp(1.0 - 0.5 * measure(pairs)[0].sum()))
    assert probability(model, pairs)[0] == pytest.approx(expected)
