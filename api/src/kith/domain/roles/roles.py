"""The roles that people have in a community, with evidence, stability and a plain sentence."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.classes import CONVERSATION
from kith.domain.roles.acts import NOBODY, Acts, decayed
from kith.domain.roles.connectors import effective_size, living_ties
from kith.domain.roles.evidence import WELCOME, YEAR, Evidence, Name
from kith.domain.roles.mavens import helping
from kith.domain.sentences import many

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Of each ranked role a community has one per twenty people, at least one and at most seven: few enough to know all.
_ONE_IN = 20
_MOST = 7

# Days.
_NEW = 90.0  # how long one is a newcomer
_WEEK = 7.0

_BROADCASTS = 5  # fewer say nothing about a habit
_RESAMPLES = 20

Scores = dict[Name, Floats]


class Role(msgspec.Struct, frozen=True):
    """A person's role in a community.

    ``rank`` counts from 1 among the members, ``score`` is what they are ranked by. ``stability`` is the share of
    resampled histories (weeks drawn with replacement) in which the person has the role again. ``evidence`` says what
    it rests on, in the last year unless ``years`` says that it takes so many to find any.
    """

    person: int
    role: Name
    rank: int
    score: float
    stability: float
    evidence: dict[str, float | str]


def roles(
    history: Acts, membership: Ints, community: int, now: float, us: Iterable[int] = (), seed: int = 0
) -> list[Role]:
    """Return the roles in a community on day ``now``, by role and rank.

    ``membership`` gives the community of everyone in ``history``; ``us`` are the positions of our own people, who make
    others bridges. Contacts across the community's bounds count, for brokerage shows there.
    """
    members = np.flatnonzero(membership == community)
    inside = np.isin(np.arange(len(membership)), members)
    past = history.before(now)
    near = past.where(inside[past.actor] | ((past.other != NOBODY) & inside[past.other]))
    ours = np.isin(np.arange(len(membership)), np.fromiter(us, dtype=np.int64))
    first = _first_acts(past)

    def measure(acts: Acts) -> Scores:
        return _scores(acts, inside, ours, first, now)

    scores = measure(near)
    holders = _holders(scores, members)
    again = defaultdict[tuple[Name, int], int](int)
    for resample in range(_RESAMPLES):
        for role, people in _holders(measure(_resampled(near, seed * _RESAMPLES + resample)), members).items():
            for person in people:
                again[role, person] += 1
    evidence = Evidence(near, membership, inside, ours, first, now)
    return [
        Role(
            person, role, rank, float(scores[role][person]), again[role, person] / _RESAMPLES, evidence.of(role, person)
        )
        for role, people in holders.items()
        for rank, person in enumerate(people, 1)
    ]


def who_matters(found: Iterable[Role], most: int = 15) -> list[int]:
    """The people to know in a community: by their best rank as connector, maven, host or core, the stablest first."""
    standing: dict[int, tuple[int, float]] = {}
    for role in found:
        if role.role in ("connector", "maven", "host", "core"):
            here = (role.rank, -role.stability)
            standing[role.person] = min(here, standing.get(role.person, here))
    return sorted(standing, key=lambda person: (standing[person], person))[:most]


def _holders(scores: Scores, members: Ints) -> dict[Name, list[int]]:
    count = min(_MOST, math.ceil(len(members) / _ONE_IN))
    everyone: set[Name] = {"newcomer", "broadcaster"}
    found: dict[Name, list[int]] = {}
    for role, score in scores.items():
        ranked = members[np.argsort(-score[members], kind="stable")]
        found[role] = [int(i) for i in ranked if score[i] > 0][: None if role in everyone else count]
    return found


def _scores(acts: Acts, inside: NDArray[np.bool_], ours: NDArray[np.bool_], first: Floats, now: float) -> Scores:
    ties = living_ties(acts, now)
    row = np.repeat(np.arange(len(ties)), np.diff(ties.indptr))

    def towards(some: NDArray[np.bool_]) -> Floats:
        chosen = some[ties.indices]
        return np.bincount(row[chosen], ties.weights[chosen], len(ties)).astype(np.float64)

    return {
        "connector": effective_size(ties),
        "maven": helping(acts.helps(), now),
        "host": _welcomes(acts, first, now),
        "core": towards(inside),
        "bridge": np.where(ours, 0.0, np.minimum(towards(ours), towards(inside & ~ours))),
        "newcomer": np.maximum(_NEW - (now - first), 0.0),
        "broadcaster": _broadcasting(acts, now),
    }


def _first_acts(past: Acts) -> Floats:
    first = np.full(len(past.people), -np.inf)
    first[past.actor[::-1]] = past.day[::-1]
    return first


def _welcomes(acts: Acts, first: Floats, now: float) -> Floats:
    """Newcomers with whom each person talked, or whom they helped, within ``WELCOME`` days, halved each year."""
    directed = acts.where((acts.other != NOBODY) & (acts.other != acts.actor) & acts.of_kind(CONVERSATION))
    since = directed.day - first[directed.other]
    soon = directed.where((since >= 0) & (since <= WELCOME) & (first[directed.actor] < first[directed.other]))
    pairs = soon.actor * len(acts.people) + soon.other
    once = soon.where(np.unique(pairs, return_index=True)[1])
    return once.count(once.actor, decayed(now - once.day, YEAR))


def _broadcasting(acts: Acts, now: float) -> Floats:
    """Broadcasts of the last year, of people who talk to all more often than to anyone."""
    lately = acts.since(now - YEAR)
    lately = lately.where(lately.of_kind(CONVERSATION))
    total, directed = lately.count(lately.actor), lately.where(lately.other != NOBODY)
    aloud = total - directed.count(directed.actor)
    return np.where((aloud >= _BROADCASTS) & (2 * aloud > total), aloud, 0.0)


def _resampled(acts: Acts, seed: int) -> Acts:
    """The history with its weeks drawn with replacement: what happened in one week stays together."""
    week = np.floor(acts.day / _WEEK).astype(np.int64)
    names, place = np.unique(week, return_inverse=True)
    if not len(names):
        return acts
    draws = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)))
    return acts.where(np.repeat(np.arange(len(acts)), draws[place]))


_BROKERS: dict[str, str] = {
    "coordinator": "mostly among people of this community",
    "itinerant": "mostly between people of one other community",
    "gatekeeper": "mostly bringing outsiders in",
    "representative": "mostly speaking for the community outside",
    "liaison": "mostly between other communities",
}


def sentence(role: Role, name: str) -> str:
    """Say in plain words what a person does and what that rests on."""
    known = role.evidence
    said: dict[Name, Callable[[], str]] = {
        "connector": lambda: (
            f"{name} connected {many(int(known['contacts']), 'person', 'people')} {_reach(known)}"
            + (f" ({int(known['contacts_known']):,} in all the time known)" if "contacts_known" in known else "")
        ),
        "maven": lambda: (
            f"{name} helped {many(int(known['people_helped']), 'person', 'people')}, "
            f"{many(int(known['helps']), 'time')}" + (f", most often in {known['areas']}" if "areas" in known else "")
        ),
        "host": lambda: f"{name} turned to {many(int(known['newcomers_met']), 'newcomer')} in their first month",
        "newcomer": lambda: f"{name} came {_ago(round(float(known['days'])))}",
        "core": lambda: f"{name} was in touch with {many(int(known['contacts_inside']), 'member')}",
        "bridge": lambda: (
            f"{name} was in touch with {many(int(known['contacts_with_us']), 'of us', 'of us')} and "
            f"{many(int(known['contacts_elsewhere']), 'other person', 'other people')}"
        ),
        "broadcaster": lambda: (
            f"{name} announced {many(int(known['broadcasts']), 'time')} and turned to "
            + (f"someone {many(int(known['directed']), 'time')}" if known["directed"] else "nobody")
        ),
    }
    if role.role == "newcomer":
        return f"{said[role.role]()}."
    years = int(known.get("years", 1))
    lately = "last year" if years == 1 else f"last {years} years"
    return f"In the {lately} {said[role.role]()}; this {_steadiness(role.stability)}."


def _reach(known: dict[str, float | str]) -> str:
    if int(known["communities"]) < 2:
        return "of one community"
    broker = _BROKERS.get(str(known.get("broker")))
    return f"from {int(known['communities']):,} communities" + (f", {broker}" if broker else "")


def _ago(days: int) -> str:
    return f"{many(days, 'day')} ago" if days else "today"


def _steadiness(stability: float) -> str:
    if stability >= 0.9:
        return "hardly depends on single weeks"
    if stability >= 0.5:
        return "holds in most resamplings of the weeks"
    return "rests on few weeks"
