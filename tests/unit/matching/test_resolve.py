import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.matching import (
    FEATURES,
    Behavior,
    Decision,
    Identity,
    Link,
    Model,
    Neighborhood,
    Population,
    Profile,
    Resolver,
    blocking_keys,
    persons,
    probability,
    shipped,
)
from kith.domain.matching.candidates import CAP
from kith.domain.matching.features import Context, compare, count_population

MODEL = shipped()

FIRST = ["Ada", "Adam", "Kim", "Mike", "Michael", "Zoë"]
LAST = ["Lee", "Li", "Turing", "Lovelace", "Smith"]
ADDRESSES = ["ada@acme.org", "ada.lee@gmail.com", "kim@example.net.au", "devnull@localhost", "mike@box.(none)", ""]
HANDLES = ["adalee", "kimturing", "m-smith", "zorg42"]


@st.composite
def identities(draw: st.DrawFn) -> list[Identity]:
    found = []
    for number in range(draw(st.integers(0, 14))):
        first, last, handle = (draw(st.sampled_from(words)) for words in (FIRST, LAST, HANDLES))
        name = draw(st.sampled_from([f"{first} {last}", f"{last}, {first}", first, handle, f"{first[0]}. {last}", ""]))
        address = draw(
            st.sampled_from([*ADDRESSES, f"{first}.{last}@acme.org", f"7+{handle}@users.noreply.github.com"])
        )
        found.append(Identity(str(number), name=name, address=address))
    return found


def resolve(found: Sequence[Identity], **evidence: list[Link] | list[Decision]) -> list[list[str]]:
    return Resolver(found, MODEL, **evidence).resolve().persons  # type: ignore[arg-type]  # keywords of either kind


def test_pages_are_known_by_account_and_by_handle() -> None:
    cards = [Identity(f"card{n}", name=name) for n, name in enumerate(("Ada Moreau", "Bela Kovacs"))]
    pages = [
        Identity("page0", page="http://www.sky.example/profile/osprey"),
        Identity("page1", page="https://code.example/Nettle"),
    ]
    accounts = [
        Identity("sky", network="sky", handle="@osprey", account="did:1", page="https://sky.example/profile/did:1"),
        Identity("code", network="code", handle="nettle", page="https://code.example/nettle/"),
        Identity("firm", network="talk", handle="lantern", page="https://code.example/nettle"),
    ]
    links = [Link("card0", "page0"), Link("card1", "page1")]
    found = {frozenset(each) for each in resolve([*cards, *pages, *accounts], links=links)}
    assert found == {frozenset({"card0", "page0", "sky"}), frozenset({"card1", "page1", "code"}), frozenset({"firm"})}


class Workspace:
    """Identities by blocking key, as a store would keep them, and persons kept up to date arrival by arrival."""

    def __init__(self, population: Population, decisions: Sequence[Decision] = ()) -> None:
        self.population = population
        self.decisions = decisions
        self.by_id: dict[str, Identity] = {}
        self.bearers: dict[str, list[str]] = {}
        self.person: dict[str, frozenset[str]] = {}

    def arrive(self, identity: Identity) -> None:
        near = Neighborhood([identity], MODEL, self.population, decisions=self._naming({identity.id}))
        self.by_id[identity.id] = identity
        for key in blocking_keys(Profile(identity)):
            self.bearers.setdefault(key, []).append(identity.id)
        while near.wanted or near.wanted_ids:
            keys = near.wanted
            found = {member for key in keys for member in self.bearers.get(key, [])[-near.limit :]}
            found |= near.wanted_ids & self.by_id.keys()
            near.add(keys, [self.by_id[member] for member in found], decisions=self._naming(found))
        for members in near.resolver().resolve().persons:
            if set(members) & near.affected:
                self.person.update(dict.fromkeys(members, frozenset(members)))

    def _naming(self, ids: set[str]) -> list[Decision]:
        return [decision for decision in self.decisions if ids & set(decision.pair)]

    @property
    def persons(self) -> list[list[str]]:
        return sorted(sorted(members) for members in set(self.person.values()))


@st.composite
def ledgers(draw: st.DrawFn) -> list[Decision]:
    pairs = draw(
        st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)).filter(lambda pair: pair[0] != pair[1]), max_size=5)
    )
    return [
        Decision(f"d{number}", draw(st.sampled_from(["same", "different"])), "human", float(number), str(a), str(b))
        for number, (a, b) in enumerate(pairs)
    ]


@given(identities(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_persons_do_not_depend_on_the_order_of_arrival(found: list[Identity], rng: random.Random) -> None:
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert resolve(shuffled) == resolve(found)


@given(identities(), ledgers(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100)
def test_one_arrival_after_another_gives_what_all_at_once_give(
    found: list[Identity], ledger: list[Decision], rng: random.Random
) -> None:
    population = count_population(map(Profile, found))
    ledger = [decision for decision in ledger if {*decision.pair} <= {identity.id for identity in found}]
    workspace = Workspace(population, ledger)
    for identity in rng.sample(found, len(found)):
        workspace.arrive(identity)
    assert workspace.persons == Resolver(found, MODEL, population=population, decisions=ledger).resolve().persons


def test_a_block_that_passes_the_cap_is_no_evidence_any_more() -> None:
    crowd = [
        Identity(str(n), name=f"{'abcdefg'[n % 7] * 4} {'hijklmn'[n // 7] * 4}", address="zorg42@acme.org")
        for n in range(CAP + 1)
    ]
    workspace = Workspace(Population())
    for identity in crowd:
        workspace.arrive(identity)
    assert workspace.persons == Resolver(crowd, MODEL, population=Population()).resolve().persons
    assert len(workspace.persons) == CAP + 1


@given(identities())
@settings(deadline=None, max_examples=60)
def test_contributions_add_up_exactly(found: list[Identity]) -> None:
    resolver = Resolver(found, MODEL)
    resolution = resolver.resolve()
    for join in resolution.joins:
        assert sum(part.log_odds for part in resolver.explain(join.first, join.second)) == join.log_odds
    for suggestion in resolution.suggestions:
        assert sum(part.log_odds for part in suggestion.contributions) == suggestion.log_odds


@given(identities())
@settings(deadline=None, max_examples=60)
def test_the_joins_as_decisions_of_a_rule_give_the_same_persons(found: list[Identity]) -> None:
    resolution = Resolver(found, MODEL).resolve()
    ledger = [
        Decision(f"{j.first}-{j.second}", "same", "rule", 0.0, j.first, j.second, confidence=probability(j.log_odds))
        for j in resolution.joins
    ]
    assert persons(ledger) == [members for members in resolution.persons if len(members) > 1]


@given(identities())
@settings(deadline=None, max_examples=60)
def test_a_different_holds_whatever_the_evidence(found: list[Identity]) -> None:
    for members in resolve(found):
        if len(members) > 1:
            apart = Decision("d", "different", "human", 0.0, members[0], members[1])
            assert not any(set(members[:2]) <= set(others) for others in resolve(found, decisions=[apart]))
            gone = Decision("r", "retract", "human", 1.0, retracts="d")
            assert resolve(found, decisions=[apart, gone]) == resolve(found)


@given(st.lists(st.floats(0, 3), min_size=len(FEATURES), max_size=len(FEATURES)), st.integers(0, len(FEATURES) - 1))
@settings(deadline=None)
def test_more_of_a_feature_never_works_the_wrong_way(values: list[float], position: int) -> None:
    some = dict(zip((feature.name for feature in FEATURES), values, strict=True))
    more = some | {FEATURES[position].name: values[position] + 1.0}
    assert (MODEL.score(more) - MODEL.score(some)) * FEATURES[position].sign >= -1e-9


@given(identities())
@settings(deadline=None, max_examples=60)
def test_comparison_does_not_depend_on_who_is_first(found: list[Identity]) -> None:
    profiles = [Profile(identity) for identity in found]
    context = Context(count_population(profiles))
    for a, b in pairwise(profiles):
        assert compare(a, b, context) == compare(b, a, context)


def test_a_model_with_a_weight_of_the_wrong_sign_is_refused() -> None:
    with pytest.raises(ValueError, match="same_name has the wrong sign"):
        msgspec.structs.replace(MODEL, weights=MODEL.weights | {"same_name": -1.0})


def test_a_model_survives_a_round_trip() -> None:
    assert msgspec.json.decode(msgspec.json.encode(MODEL), type=Model) == MODEL


def test_a_placeholder_address_glues_nobody_together() -> None:
    assert len(resolve([Identity(str(n), name=f"{n} Doe{n}x", address="devnull@localhost") for n in range(5)])) == 5


def test_a_mailbox_under_dissimilar_names_glues_nobody_together() -> None:
    crowd = ["Ada Lovelace", "Kim Turing", "Mike Smith", "Zoë Li", "Grace Hopper"]
    found = resolve([Identity(name, name=name, address="info@acme.org") for name in crowd])
    assert len(found) == len(crowd)


def test_a_shared_mailbox_joins_nobody_without_a_name() -> None:
    ada = Identity("a", name="Ada Lovelace", address="support@acme.org")
    other = Identity("z", name="zorg42", address="support@acme.org")
    again = Identity("b", name="Lovelace, Ada", address="support@acme.org")
    assert sorted(resolve([ada, other, again])) == [["a", "b"], ["z"]]


def test_a_weak_bridge_does_not_join_two_persons() -> None:
    ada = [Identity(f"a{n}", name="Ada Lovelace", address=f"ada{n}@acme.org") for n in range(3)]
    kim = [Identity(f"k{n}", name="Kim Turing", address=f"kim{n}@acme.org") for n in range(3)]
    bridge = [
        Identity("x", name="zorg42", address="ada0@acme.org"),
        Identity("y", name="zorg42", address="kim0@acme.org"),
    ]
    found = resolve(ada + kim + bridge)
    assert not any({"a0", "k0"} <= set(members) for members in found)


def test_two_verified_accounts_on_one_network_are_two_persons() -> None:
    one = Identity("1", name="Ada Lovelace", address="ada@acme.org", network="github", account="1", verified=True)
    other = Identity("2", name="Ada Lovelace", address="ada@acme.org", network="github", account="2", verified=True)
    assert resolve([one, other]) == [["1"], ["2"]]
    assert resolve([one, msgspec.structs.replace(other, account="1")]) == [["1", "2"]]


def test_a_robot_is_joined_with_nobody() -> None:
    human = Identity("1", name="Ada Lovelace", address="ada@acme.org")
    other = msgspec.structs.replace(human, id="2", kind="other")
    assert resolve([human, other], links=[Link("1", "2")]) == [["1"], ["2"]]
    copilots = [Identity(n, name="Copilot", address="7+copilot@users.noreply.github.com") for n in "34"]
    assert resolve([human, *copilots]) == [["1"], ["3"], ["4"]]


def test_nobody_has_more_addresses_than_a_human_has() -> None:
    found = resolve([Identity(str(n), name="Ada Lovelace", address=f"ada{n}@acme.org") for n in range(30)])
    assert max(map(len, found)) == 15


def test_a_verified_statement_joins_what_nothing_else_would() -> None:
    pair = [Identity("1", name="zorg42"), Identity("2", name="Ada Lovelace")]
    assert resolve(pair) == [["1"], ["2"]]
    assert resolve(pair, links=[Link("2", "1")]) == [["1", "2"]]


def behaving(found: Sequence[Identity], **behavior: Any) -> Resolver:
    resolver = Resolver(found, MODEL)
    assert resolver.doubtful == [("1", "2")]
    resolver.consider({("1", "2"): Behavior(**behavior)})
    return resolver


TWO_ADAS = [
    Identity("2", name="Ada Lovelace", address="a@acme.org"),
    Identity("1", name="A. Lovelace", address="ada.lovelace@gmail.com"),
]


def test_talking_to_one_another_speaks_against_one_person() -> None:
    silent, little, much = (behaving(TWO_ADAS, conversed=doublings).log_odds[0] for doublings in (0, 1, 5))
    assert much < little < silent


def test_signing_for_one_another_speaks_for_those_with_one_name_and_against_all_others() -> None:
    others = [TWO_ADAS[0], Identity("1", name="a7", address="a@acme.org")]
    for found, sign in ((TWO_ADAS, 1), (others, -1)):
        apart, signed = (behaving(found, signed=doublings).log_odds[0] for doublings in (0, 3))
        assert (signed - apart) * sign > 0


def test_what_behavior_adds_for_one_person_is_bounded_and_explained() -> None:
    plain = Resolver(TWO_ADAS, MODEL).log_odds[0]
    resolver = behaving(TWO_ADAS, signed=20, took_turns=20)
    assert plain < resolver.log_odds[0] <= plain + MODEL.lift + 1e-9
    parts = resolver.explain("1", "2")
    assert {"signed_for", "took_turns"} <= {part.feature for part in parts}
    assert sum(part.log_odds for part in parts) == resolver.log_odds[0]


def test_two_employers_at_one_time_are_suggested_where_only_a_name_says_otherwise() -> None:
    one = Identity("1", name="Ada Lovelace", address="a@acme.com")
    population = Population(names=2000, domains={"acme.com": 40, "initech.com": 3})
    for other, joined in (
        (Identity("2", name="Ada Lovelace", address="desk@initech.com"), False),
        (Identity("2", name="LOVELACE, Ada", address="desk@initech.com"), False),
        (Identity("2", name="Ada B. Lovelace", address="desk@initech.com"), False),
        (Identity("2", name="Ada Lovelace", address="desk@acme.com"), True),
        (Identity("2", name="Ada Lovelace", address="desk@lovelace.org"), True),
        (Identity("2", name="Ada Lovelace", address="desk@gmail.com"), True),
        (Identity("2", name="Ada Lovelace"), True),
    ):
        resolver = Resolver([one, other], MODEL, population=population)
        resolver.consider({("1", "2"): Behavior(at_once=True)})
        found = resolver.resolve()
        assert (len(found.persons) == 1) is joined
        assert [part.feature for each in found.suggestions for part in each.contributions if part.log_odds < -1.5][
            1:
        ] == ([] if joined else ["two_employers"])
        for each in found.suggestions:
            assert sum(part.log_odds for part in each.contributions) == pytest.approx(each.log_odds)
        resolver.consider({("1", "2"): Behavior()})
        assert len(resolver.resolve().persons) == 1


def test_behavior_tells_nothing_of_strangers() -> None:
    assert Resolver([TWO_ADAS[0], Identity("1", name="Kim Lovelace")], MODEL).doubtful == []


def test_a_rejected_suggestion_comes_back_only_with_strong_new_evidence() -> None:
    pair = [Identity("1", name="Kim Turing", address="kim@acme.org"), Identity("2", name="Kim")]
    suggestion = Resolver(pair, MODEL).resolve().suggestions[0]
    rejected = Decision("d", "different", "human", 0.0, "1", "2", log_odds=suggestion.log_odds)
    stated = [Link("1", "2")]
    certain = msgspec.structs.replace(rejected, log_odds=None)
    assert Resolver(pair, MODEL, decisions=[rejected]).resolve().suggestions == []
    assert len(Resolver(pair, MODEL, decisions=[rejected], links=stated).resolve().suggestions) == 1
    assert Resolver(pair, MODEL, decisions=[certain], links=stated).resolve().suggestions == []


def test_a_threshold_can_be_previewed() -> None:
    pair = [Identity("1", name="Ada Lovelace", address="a@acme.org"), Identity("2", name="Ada Lovelace")]
    resolver = Resolver(pair, MODEL)
    assert len(resolver.resolve(join=0.0).persons) == 1
    assert len(resolver.resolve(join=100.0).persons) == 2


def test_a_decision_on_an_identity_that_is_not_here_does_no_harm() -> None:
    pair = [Identity("1", name="Ada Lovelace", address="ada@acme.org"), Identity("2", name="Ada Lovelace")]
    joined = [Decision(str(n), "same", "human", 0.0, "0", member) for n, member in enumerate("12")]
    assert resolve(pair, decisions=joined) == [["1", "2"]]
    assert resolve([*pair, Identity("3", name="Ada Lovelace", address="ada@acme.org")], decisions=joined) == [
        ["1", "2", "3"]
    ]


def test_nothing_resolves_to_nothing() -> None:
    assert resolve([]) == []
