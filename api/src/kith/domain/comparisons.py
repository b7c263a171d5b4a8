"""People whom something reached, beside people like them whom it did not: what differs afterwards, and how surely.

Each exposed person is matched with the nearest five who were not exposed (Abadie and Imbens 2006), whose outcomes are
corrected by a regression for what still differs (Abadie and Imbens 2011). The interval counts how often a neighbor is
used. No number is a cause: a hidden reason may act on both, and the E-value (VanderWeele and Ding 2017) says how strong
it had to be.
"""

import math
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import spatial, stats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEIGHBORS = 5
CALIPER = 1.0  # standard deviations of a trait, beyond which nobody is alike
LEAST_EXPOSED = 20
LEAST_COMPARED = 0.8  # of the exposed, who must have somebody like them
MOST_IMBALANCE = 0.1  # standard deviations by which the two sides may differ after matching
LEAST_OF_A_GROUP = 20  # not exposed, of whom a community must have so many for its people to be compared within it
CONFIDENCE = 0.9
_ASKED = 40  # neighbors looked at, of whom the nearest that are alike count
_SIDE = 5  # neighbors among the not exposed, by which the spread of their outcomes is judged

Reason = Literal["few_exposed", "few_alike", "unbalanced"]


class People(NamedTuple):
    """Whom to compare, one row a person: whether exposed, the outcome, traits from before (n × k), communities."""

    exposed: Flags
    outcome: Floats
    traits: Floats
    groups: Ints


class Comparison(msgspec.Struct, frozen=True):
    """What was found, in the unit of the outcome.

    compared: exposed people with somebody like them. imbalance: standardized difference of each trait, before and after
    matching. reason: why nothing is said; then there is no difference. e_value, e_value_low: how many times as likely a
    hidden reason had to make both exposure and outcome, to explain the difference, and the end of the interval that is
    nearer to none; at least 1.
    """

    exposed: int
    compared: int
    imbalance: list[tuple[float, float]]
    reason: Reason | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    e_value: float | None = None
    e_value_low: float | None = None


class _Matches(NamedTuple):
    """Who (exposed) was matched with whom, and by which weight; the weights of one exposed person make 1."""

    exposed: Ints
    other: Ints
    weight: Floats


def compare(people: People) -> Comparison:
    """Return the difference of exposed people to people like them, or why the two cannot be compared."""
    exposed = np.flatnonzero(people.exposed)
    others = np.flatnonzero(~people.exposed)
    if len(exposed) < LEAST_EXPOSED:
        return Comparison(len(exposed), 0, [], "few_exposed")
    if len(others) <= _SIDE:
        return Comparison(len(exposed), 0, [], "few_alike")
    traits = _standardized(people.traits)
    matches = _match(traits, _comparable_groups(people), exposed, others)
    compared = np.unique(matches.exposed)
    imbalance = _imbalance(people.traits, exposed, others, matches)
    if len(compared) < LEAST_COMPARED * len(exposed):
        return Comparison(len(exposed), len(compared), imbalance, "few_alike")
    if any(abs(after) > MOST_IMBALANCE for _, after in imbalance):
        return Comparison(len(exposed), len(compared), imbalance, "unbalanced")
    difference, error = _difference(people.outcome, traits, others, matches)
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(compared) - 1)) * error
    low, high = difference - reach, difference + reach
    nearer = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    spread = float(people.outcome.std())
    return Comparison(
        len(exposed), len(compared), imbalance, None, difference, low, high,
        e_value(abs(difference), spread), e_value(nearer, spread),
    )  # fmt: skip


def e_value(difference: float, spread: float) -> float:
    """Return the E-value of a difference of means, by way of the risk ratio that is about as large."""
    ratio = math.exp(min(0.91 * difference / spread, 700.0)) if spread > 0 else 1.0
    return ratio + math.sqrt(ratio * (ratio - 1))


def _standardized(traits: Floats) -> Floats:
    spread = traits.std(axis=0)
    standardized: Floats = (traits - traits.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return standardized


def _comparable_groups(people: People) -> Ints:
    """Return the community within which each is compared; -1 where it has too few who were not exposed."""
    names, place = np.unique(people.groups, return_inverse=True)
    others = np.bincount(place[~people.exposed], minlength=len(names))
    return np.where(others[place] >= LEAST_OF_A_GROUP, people.groups, -1)


def _match(traits: Floats, groups: Ints, exposed: Ints, others: Ints) -> _Matches:
    found: list[tuple[Ints, Ints, Floats]] = []
    for group in np.unique(groups[exposed]):
        mine = exposed[groups[exposed] == group]
        theirs = others if group == -1 else others[groups[others] == group]
        asked = min(_ASKED, len(theirs))
        _, places = spatial.cKDTree(traits[theirs]).query(traits[mine], asked)
        places = places.reshape(len(mine), asked)
        alike = (np.abs(traits[theirs][places] - traits[mine][:, None]) <= CALIPER).all(axis=2)
        alike &= np.cumsum(alike, axis=1) <= NEIGHBORS
        row, column = np.nonzero(alike)
        weight = 1 / alike.sum(axis=1)[row]
        found.append((mine[row], theirs[places[row, column]], weight))
    return _Matches(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


def _imbalance(traits: Floats, exposed: Ints, others: Ints, matches: _Matches) -> list[tuple[float, float]]:
    """Return by how many standard deviations each trait differs before matching, and after."""
    spread = np.sqrt((traits[exposed].var(axis=0) + traits[others].var(axis=0)) / 2)
    spread = np.where(spread > 0, spread, 1.0)
    before = (traits[exposed].mean(axis=0) - traits[others].mean(axis=0)) / spread
    if not len(matches.weight):
        return [(value, value) for value in before.tolist()]
    left = np.average(traits[matches.exposed] - traits[matches.other], axis=0, weights=matches.weight) / spread
    return list(zip(before.tolist(), left.tolist(), strict=True))


def _difference(outcome: Floats, traits: Floats, others: Ints, matches: _Matches) -> tuple[float, float]:
    """Return the mean difference, corrected for what still differs, and its standard error."""
    used, place = np.unique(matches.other, return_inverse=True)
    uses: Floats = np.bincount(place, matches.weight).astype(np.float64)
    expected = _fitted(outcome[used], traits[used], uses, traits)
    compared, row = np.unique(matches.exposed, return_inverse=True)
    step = outcome[matches.other] + expected[matches.exposed] - expected[matches.other]
    gains = outcome[compared] - np.bincount(row, matches.weight * step)
    difference = float(gains.mean())
    squares = np.bincount(place, matches.weight**2)
    noise = ((uses**2 - squares) * _spread(outcome, traits, others, used)).sum()
    variance = (((gains - difference) ** 2).sum() + max(noise, 0.0)) / len(compared) ** 2
    return difference, math.sqrt(variance)


def _fitted(outcome: Floats, traits: Floats, weights: Floats, wanted: Floats) -> Floats:
    """Return the outcome that a weighted linear regression expects of the wanted traits."""
    root = np.sqrt(weights)[:, None]
    found, *_ = np.linalg.lstsq(_terms(traits) * root, outcome * root[:, 0])
    fitted: Floats = _terms(wanted) @ found
    return fitted


def _terms(traits: Floats) -> Floats:
    """Return the terms of the regression: acts grow faster than their logarithm, so each trait bends."""
    return np.column_stack((np.ones(len(traits)), traits, traits**2))


def _spread(outcome: Floats, traits: Floats, others: Ints, used: Ints) -> Floats:
    """Return the variance of the outcome of each that was used, by those nearest to it that were not exposed."""
    _, near = spatial.cKDTree(traits[others]).query(traits[used], _SIDE + 1)
    near = others[near]
    own = near == used[:, None]
    share = np.where(own, 0.0, 1.0)
    share[~own.any(axis=1), -1] = 0.0  # the same traits as six others: any five of them
    mean = (outcome[near] * share).sum(axis=1) / share.sum(axis=1)
    spread: Floats = _SIDE / (_SIDE + 1) * (outcome[used] - mean) ** 2
    return spread
