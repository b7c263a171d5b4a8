import pytest

from kith.domain.strength.contact import Activity
from kith.domain.strength.direction import direction
from kith.domain.strength.model import shipped, strength
from kith.domain.strength.tally import tally
from kith.domain.strength.words import momentum, words
from tests.unit.strength.contacts import NOW, Contact, contacts_of

MODEL = shipped().model()


def mutual(*ages: int) -> list[Contact]:
    return [Contact(*turn, NOW - age, 0, 1, 1000) for age in ages for turn in ((0, 1), (1, 0))]


def one_way(*ages: int) -> list[Contact]:
    return [Contact(0, 1, NOW - age, 0, 1, 1000) for age in ages]


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        (one_way(3), "unknown"),
        (mutual(5, 3, 1), "new"),
        (mutual(*range(0, 300, 2)), "strong"),
        (mutual(*range(20, 400, 60)), "steady"),
        (mutual(*range(40, 400, 10)), "fading"),
        (mutual(*range(300, 400, 10)), "dormant"),
        (one_way(*range(0, 300, 20)), "one-sided"),
    ],
)
def test_the_word_fits_the_history(rows: list[Contact], word: str) -> None:
    contacts = contacts_of(rows)
    pairs = tally(contacts, Activity.from_contacts(contacts), NOW)
    assert words(pairs, strength(MODEL, pairs)).tolist() == [word]


def test_momentum_is_zero_as_ever_and_below_zero_when_contact_thins_out() -> None:
    def of(rows: list[Contact]) -> float:
        contacts = contacts_of(rows)
        return float(momentum(tally(contacts, Activity.from_contacts(contacts), NOW))[0])

    assert of(mutual(*range(1000))) == pytest.approx(0.0, abs=0.3)
    assert of(mutual(*range(100, 400, 5))) < -1
    assert of(mutual(*range(0, 20, 2))) > 1


def test_who_starts_who_answers_and_how_fast() -> None:
    rows = [
        Contact(0, 1, 100, 0, 1, 1000), Contact(1, 0, 102, 0, 1, 1000),
        Contact(0, 1, 200, 1, 2, 2000), Contact(1, 0, 204, 1, 1, 1000),
        Contact(1, 0, 300, 0, 1, 1000),
        Contact(0, 1, 400, 0, 1, 1000), Contact(1, 0, 400, 0, 1, 1000),
    ]  # fmt: skip
    found = direction(contacts_of(rows), NOW)
    assert (found.a.started, found.b.started, found.together) == (2, 1, 1)
    assert (found.b.asked, found.b.answered, found.b.days_to_answer) == (3, 3, 2.0)
    assert (found.a.asked, found.a.answered, found.a.days_to_answer) == (4, 1, 0.0)
    assert (found.a.contacts, found.b.contacts) == (4, 4)
    assert (found.first, found.last, found.days, found.contexts) == (100, 400, 6, [0, 1])


def test_the_balance_moves_from_one_to_the_other() -> None:
    found = direction(contacts_of([Contact(0, 1, NOW - 100, 0, 3, 3000), Contact(1, 0, NOW - 5, 0, 1, 1000)]), NOW)
    assert [(each.sent, each.received, each.balance) for each in found.balance] == [(3, 0, 1.0), (0, 1, 0.0)]
    assert found.balance[-1].end == NOW


def test_direction_is_of_one_pair() -> None:
    rows = [Contact(0, 1, 1, 0, 1, 1000), Contact(0, 2, 1, 0, 1, 1000)]
    for wrong in ([], rows):
        with pytest.raises(ValueError, match="exactly one pair"):
            direction(contacts_of(wrong), NOW)
