import random
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.matching import Decision, persons
from kith.domain.matching.decisions import Author

IDS = "abcdefg"


def same(pair: str, author: Author = "rule", at: float = 0.0, confidence: float = 0.9, key: str = "") -> Decision:
    return Decision(key or f"{pair}={at}", "same", author, at, pair[0], pair[1], confidence=confidence)


def different(pair: str, author: Author = "human", at: float = 0.0, key: str = "") -> Decision:
    return Decision(key or f"{pair}!{at}", "different", author, at, pair[0], pair[1])


def retract(decision: Decision, author: Author = "human", at: float = 100.0) -> Decision:
    return Decision(f"-{decision.id}", "retract", author, at, retracts=decision.id)


@st.composite
def ledgers(draw: st.DrawFn) -> list[Decision]:
    found: list[Decision] = []
    for number in range(draw(st.integers(0, 14))):
        kind = draw(st.sampled_from(["same", "same", "same", "different", "retract"]))
        author: Author = draw(st.sampled_from(["human", "import", "rule"]))
        at = float(draw(st.integers(0, 5)))
        if kind == "retract" and found:
            found.append(Decision(str(number), "retract", author, at, retracts=draw(st.sampled_from(found)).id))
        elif kind != "retract":
            pair = "".join(draw(st.permutations(IDS))[:2])
            make = same if kind == "same" else different
            found.append(make(pair, author, at, key=str(number)))
    return found


def test_same_is_transitive() -> None:
    assert persons([same("ab"), same("bc"), same("de")]) == [["a", "b", "c"], ["d", "e"]]


def test_an_explicit_different_cuts_the_weakest_automatic_same() -> None:
    assert persons([same("ab", confidence=0.99), same("bc", confidence=0.8), different("ac")]) == [["a", "b"]]


def test_a_humans_same_beats_a_rules_different() -> None:
    assert persons([same("ab", "human"), different("ab", "rule", at=9.0)]) == [["a", "b"]]


def test_of_two_humans_the_later_counts() -> None:
    assert persons([same("ab", "human", at=1.0), different("ab", at=2.0)]) == []
    assert persons([same("ab", "human", at=3.0), different("ab", at=2.0)]) == [["a", "b"]]


def test_a_rule_cannot_retract_what_a_human_decided() -> None:
    joined = same("ab", "human")
    assert persons([joined, retract(joined, "rule")]) == [["a", "b"]]


def test_a_retraction_can_be_retracted() -> None:
    joined = same("ab", "human")
    gone = retract(joined)
    assert persons([joined, gone]) == []
    assert persons([joined, gone, retract(gone, at=200.0)]) == [["a", "b"]]


@given(ledgers(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100)
def test_persons_do_not_depend_on_the_order_of_decisions(ledger: list[Decision], rng: random.Random) -> None:
    shuffled = list(ledger)
    rng.shuffle(shuffled)
    assert persons(shuffled) == persons(ledger)


@given(ledgers(), ledgers())
@settings(deadline=None, max_examples=100)
def test_retracting_undoes_exactly_whatever_happened_in_between(
    before: list[Decision], between: Sequence[Decision]
) -> None:
    between = [
        Decision(f"b{d.id}", d.kind, d.author, d.at, d.first, d.second, d.retracts and f"b{d.retracts}", d.confidence)
        for d in between
    ]
    joined = same("ag", "human", at=3.0, key="joined")
    assert persons([*before, joined, *between, retract(joined)]) == persons([*before, *between])


@given(ledgers(), st.sampled_from(["ab", "bg", "cd"]))
@settings(deadline=None, max_examples=100)
def test_a_humans_latest_different_holds_unless_humans_joined_them_otherwise(ledger: list[Decision], pair: str) -> None:
    others = [decision for decision in ledger if decision.author != "human"]
    found = persons([*others, different(pair, at=50.0)])
    assert not any(set(pair) <= set(members) for members in found)
