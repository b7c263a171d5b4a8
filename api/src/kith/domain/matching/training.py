"""Training: a logistic regression whose signs are given, so that no feature can work the wrong way round."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from kith.domain.matching.features import FEATURES, Values, compare
from kith.domain.matching.measures import count_pairs
from kith.domain.matching.model import Model
from kith.domain.matching.profiles import Profile
from kith.domain.matching.records import Identity
from kith.domain.matching.resolve import Resolver

# Weights that no training set can show, in nats.
GIVEN = {
    "common_name": -1.0,  # Fellegi and Sunter 1969: each namesake to be expected divides the odds
    "other_account": -3.0,  # one human in twenty has a second account on a network
    "crowded_address": -1.0,  # likewise: the odds fall with the number of names that share an address
    "same_weak_address": 1.5,  # evidence, but never enough without a name
    "misspelt_name": 6.0,  # with nothing else as often another's name: suggested, never enough
    "part_of_name": 1.5,  # nor is a single name,
    "family_in_handle": 1.0,  # nor a family name inside a handle
    "statement": 12.0,  # 160,000 to 1: what the person or the network itself vouches for
    # No set shows what two identities of one human do. That the periods in which they act are apart alone says nothing
    # for one human: of git, scipy and sympy, 58 % of the pairs of one human are apart and 87 % of the others. So it is
    # the counterparts in common that count, and little, as does a signature; together never as much as an address.
    "signed_for": 0.3,
    "took_turns": 0.3,
    "conversed": -0.5,  # people seldom answer themselves, and do not review their own work
}
# Weights which only records with such fields show; they are fitted last, on those.
RECORD_FEATURES = ("same_number", "similar_number", "same_birth", "similar_birth", "other_birth", "same_place")
SUGGEST = -2.0  # log-odds: one in eight of the weakest suggestions is right
PRECISION = 0.98  # of the pairs joined without a human
_THRESHOLDS = np.arange(0.0, 4.01, 0.25)  # log-odds; below even odds nothing is joined
_PENALTY = 1.0  # ridge, against 2,000 weighted pairs of each set
_LARGEST_WORD = 200  # bearers of a word among whom counter-examples are drawn


class Labeled(Struct, frozen=True):
    """A training set: identities, and for each the true person, or None where the truth is not known."""

    name: str
    identities: list[Identity]
    persons: list[str | None]


class Examples(Struct, frozen=True):
    """`values`: shape (pairs, features). `same`, `importance`: shape (pairs,)."""

    values: NDArray[np.float64]
    same: NDArray[np.bool_]
    importance: NDArray[np.float64]


def train(communities: Sequence[Labeled], records: Sequence[Labeled], version: str) -> Model:
    """Fit a model, its threshold by leaving one community out at a time.

    `communities` show names, addresses and handles; `records` dates of birth, numbers and postal addresses.
    """
    examples = [draw(labeled) for labeled in communities]
    model = _fit_all(examples, [draw(labeled) for labeled in records], version)
    held_out = [
        Resolver(labeled.identities, _fit_all(examples[:i] + examples[i + 1 :], [], version))
        for i, labeled in enumerate(communities)
    ]
    for threshold in _THRESHOLDS.tolist():
        precision = _precision(held_out, communities, threshold)
        if precision >= PRECISION:
            break
    names = [labeled.name for labeled in (*communities, *records)]
    return replace(model, join=threshold, precision=round(precision, 4), trained_on=names)


def draw(labeled: Labeled) -> Examples:
    """Compare the candidates of known truth, and as counter-examples pairs which merely share a word or a domain."""
    judged = [position for position, person in enumerate(labeled.persons) if person is not None]
    resolver = Resolver(labeled.identities, _NEUTRAL)
    known = set(judged)
    candidates = [(a, b) for a, b in resolver.pairs.tolist() if a in known and b in known]
    loose = sorted(_sharing_a_word(resolver.profiles, judged) - set(candidates))
    profiles, persons = resolver.profiles, labeled.persons
    pairs = candidates + loose
    return Examples(
        np.array([_row(compare(profiles[a], profiles[b], resolver.context)) for a, b in pairs]),
        np.array([persons[a] == persons[b] for a, b in pairs]),
        np.full(len(pairs), 2000.0 / len(candidates)),
    )


def fit(examples: Examples, fixed: Mapping[str, float]) -> tuple[float, dict[str, float]]:
    """Return the intercept and the weights that maximise the penalised likelihood; `fixed` ones are not fitted."""
    names = ("intercept", *(feature.name for feature in FEATURES))
    free = {"intercept": (None, None)} | {f.name: (0.0, None) if f.sign > 0 else (None, 0.0) for f in FEATURES}
    bounds = [(fixed[name], fixed[name]) if name in fixed else free[name] for name in names]
    ridge = np.array([0.0 if name in fixed or name == "intercept" else _PENALTY for name in names])
    design = np.column_stack((np.ones(len(examples.values)), examples.values))
    signs = np.where(examples.same, 1.0, -1.0)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margins = signs * (design @ weights)
        value = float(examples.importance @ np.logaddexp(0.0, -margins) + 0.5 * ridge @ weights**2)
        return value, ridge * weights - (examples.importance * signs * expit(-margins)) @ design

    start = np.array([fixed.get(name, 0.0) for name in names])
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000}).x
    fitted = dict(zip(names, best.round(4).tolist(), strict=True))
    return fitted.pop("intercept"), fitted


def _fit_all(communities: Sequence[Examples], records: Sequence[Examples], version: str) -> Model:
    intercept, weights = fit(_stack(communities), GIVEN | dict.fromkeys(RECORD_FEATURES, 0.0))
    if records:
        shown = {name: weight for name, weight in weights.items() if name not in RECORD_FEATURES}
        _, weights = fit(_stack(records), shown | {"intercept": intercept})
    return Model(version, intercept, weights, join=0.0, suggest=SUGGEST, precision=0.0)


def _stack(sets: Sequence[Examples]) -> Examples:
    return Examples(
        np.concatenate([examples.values for examples in sets]),
        np.concatenate([examples.same for examples in sets]),
        np.concatenate([examples.importance for examples in sets]),
    )


def _row(values: Values) -> list[float]:
    return [values.get(feature.name, 0.0) for feature in FEATURES]


def _sharing_a_word(profiles: Sequence[Profile], judged: Iterable[int]) -> set[tuple[int, int]]:
    bearers: dict[str, list[int]] = {}
    for position in judged:
        profile = profiles[position]
        for word in {*profile.name, *profile.words, f"@{profile.domain}"} - {"@"}:
            bearers.setdefault(word, []).append(position)
    return {pair for members in bearers.values() if len(members) <= _LARGEST_WORD for pair in combinations(members, 2)}


def _precision(resolvers: Sequence[Resolver], communities: Sequence[Labeled], threshold: float) -> float:
    hits = joined = 0
    for resolver, labeled in zip(resolvers, communities, strict=True):
        truth = dict(zip((identity.id for identity in labeled.identities), labeled.persons, strict=True))
        for members in resolver.resolve(threshold).persons:
            known = [truth[member] for member in members if truth[member] is not None]
            hits += count_pairs(known)
            joined += len(known) * (len(known) - 1) // 2
    return hits / joined if joined else 1.0


_NEUTRAL = Model("neutral", 0.0, {feature.name: 0.0 for feature in FEATURES}, join=0.0, suggest=0.0, precision=0.0)
