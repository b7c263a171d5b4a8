"""The roles that people have in a community, with evidence, stability and a plain sentence."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.roles.acts import NO_AREA, NOBODY, Acts, decayed
from kith.domain.roles.connectors import (
    Brokerage,
    betweenness,
    brokerage,
    constraint,
    effective_size,
    living_ties,
    participation,
)
from kith.domain.roles.mavens import helping

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

Name = Literal["connector", "maven", "host", "newcomer", "core", "bridge", "broadcaster"]

# Of each ranked role a community has one per twenty people, at least one and at most seven: few enough to know all.
_ONE_IN = 20
_MOST = 7

# Days.
_NEW = 90.0  # how long one is a newcomer
WELCOME = 30.0  # a contact so soon after someone's first act welcomes them
YEAR = 365.0
_WEEK = 7.0

_BROADCASTS = 5  # fewer say nothing about a habit
_RESAMPLES = 20

Scores = dict[Name, Floats]


class Role(msgspec.Struct, frozen=True):
    """A person's role in a community.

    ``rank`` counts from 1 among the members, ``score`` is what they are ranked by. ``stability`` is the share of
    resampled histories (weeks drawn with replacement) in which the person has the role again. ``evidence`` says what
    it rests on; numbers of the last year unless named otherwise.
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
    evidence = _Evidence(near, membership, ours, first, now)
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
    """Newcomers whom each person turned to within ``WELCOME`` days of their first act, halved each year."""
    directed = acts.where((acts.other != NOBODY) & (acts.other != acts.actor))
    since = directed.day - first[directed.other]
    soon = directed.where((since >= 0) & (since <= WELCOME) & (first[directed.actor] < first[directed.other]))
    pairs = soon.actor * len(acts.people) + soon.other
    once = soon.where(np.unique(pairs, return_index=True)[1])
    return once.count(once.actor, decayed(now - once.day, YEAR))


def _broadcasting(acts: Acts, now: float) -> Floats:
    """Broadcasts of the last year, of people who broadcast more often than they turn to anyone."""
    lately = acts.since(now - YEAR)
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


class _Evidence:
    """What a role of a person rests on."""

    def __init__(self, acts: Acts, membership: Ints, ours: NDArray[np.bool_], first: Floats, now: float) -> None:
        self.acts, self.membership, self.ours, self.first, self.now = acts, membership, ours, first, now
        self.year = acts.since(now - YEAR)
        self.helps = self.year.helps()
        self.givers, self.takers = _turning(self.year)

    def of(self, role: Name, person: int) -> dict[str, float | str]:
        """Evidence by name."""
        find: dict[Name, Callable[[int], dict[str, float | str]]] = {
            "connector": self._connector,
            "maven": self._maven,
            "host": self._host,
            "newcomer": self._newcomer,
            "core": self._core,
            "bridge": self._bridge,
            "broadcaster": self._broadcaster,
        }
        return find[role](person)

    @cached_property
    def _known(self) -> Ints:
        """With how many people each was ever in contact: former contact is living contact that fades."""
        return np.diff(self.acts.contacts().indptr)

    def _contacts(self, person: int) -> set[int]:
        return self.givers[person] | self.takers[person]

    @cached_property
    def _brokers(self) -> dict[int, dict[str, float | str]]:
        """How everyone with contact stands between others: measured once, for all connectors."""
        ties = self.year.contacts()
        linked = np.flatnonzero(np.diff(ties.indptr))
        near = ties.among(linked)
        rank = np.empty(len(linked), dtype=np.int64)
        rank[np.argsort(-betweenness(near), kind="stable")] = np.arange(1, len(linked) + 1)
        spread = participation(near, self.membership[linked])
        return {
            int(i): {"betweenness_rank": int(r), "participation": round(float(s), 4)}
            for i, r, s in zip(linked, rank, spread, strict=True)
        }

    def _connector(self, person: int) -> dict[str, float | str]:
        contacts = self._contacts(person)
        chains: Brokerage = brokerage(person, self.givers, self.takers, self.membership)
        found: dict[str, float | str] = {
            "contacts": len(contacts),
            "contacts_known": int(self._known[person]),
            "communities": len({int(self.membership[i]) for i in contacts if self.membership[i] >= 0}),
            **self._brokers.get(person, {}),
        }
        if contacts:
            found["constraint"] = round(float(constraint(self.year.contacts(), np.array([person]))[0]), 4)
        if chains.leading:
            found["broker"] = chains.leading
        return found

    def _maven(self, person: int) -> dict[str, float | str]:
        mine = self.helps.where(self.helps.actor == person)
        areas, uses = np.unique(mine.area[mine.area != NO_AREA], return_counts=True)
        leading = [mine.areas[int(areas[i])] for i in np.argsort(-uses, kind="stable")[:3]]
        found: dict[str, float | str] = {"helps": len(mine), "people_helped": len(np.unique(mine.other))}
        return found | ({"areas": ", ".join(leading)} if leading else {})

    def _host(self, person: int) -> dict[str, float | str]:
        mine = self.year.where((self.year.actor == person) & (self.year.other != NOBODY))
        since = mine.day - self.first[mine.other]
        met = mine.other[(since >= 0) & (since <= WELCOME) & (self.first[person] < self.first[mine.other])]
        return {"newcomers_met": len(np.unique(met))}

    def _newcomer(self, person: int) -> dict[str, float | str]:
        return {"days": round(self.now - float(self.first[person]), 1), "acts": int((self.year.actor == person).sum())}

    def _core(self, person: int) -> dict[str, float | str]:
        home = self.membership[person]
        inside = [i for i in self._contacts(person) if self.membership[i] == home]
        return {"contacts_inside": len(inside)}

    def _bridge(self, person: int) -> dict[str, float | str]:
        contacts = self._contacts(person)
        of_us = sum(1 for i in contacts if self.ours[i])
        return {"contacts_with_us": of_us, "contacts_elsewhere": len(contacts) - of_us}

    def _broadcaster(self, person: int) -> dict[str, float | str]:
        mine = self.year.where(self.year.actor == person)
        return {"broadcasts": int((mine.other == NOBODY).sum()), "directed": int((mine.other != NOBODY).sum())}


def _turning(acts: Acts) -> tuple[defaultdict[int, set[int]], defaultdict[int, set[int]]]:
    """Who turned to each person, and to whom each person turned."""
    givers, takers = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
    for actor, other in zip(acts.actor.tolist(), acts.other.tolist(), strict=True):
        if other not in (NOBODY, actor):
            takers[actor].add(other)
            givers[other].add(actor)
    return givers, takers


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
            f"{name} connected {_many(known['contacts'], 'person', 'people')} {_reach(known)}"
            + (f" ({int(known['contacts_known']):,} in all the time known)" if "contacts_known" in known else "")
        ),
        "maven": lambda: (
            f"{name} helped {_many(known['people_helped'], 'person', 'people')}, {_many(known['helps'], 'time')}"
            + (f", most often in {known['areas']}" if "areas" in known else "")
        ),
        "host": lambda: f"{name} turned to {_many(known['newcomers_met'], 'newcomer')} in their first month",
        "newcomer": lambda: f"{name} came {_many(round(float(known['days'])), 'day')} ago",
        "core": lambda: f"{name} was in touch with {_many(known['contacts_inside'], 'member')}",
        "bridge": lambda: (
            f"{name} was in touch with {_many(known['contacts_with_us'], 'of us', 'of us')} and "
            f"{_many(known['contacts_elsewhere'], 'other person', 'other people')}"
        ),
        "broadcaster": lambda: (
            f"{name} announced {_many(known['broadcasts'], 'time')} and turned to someone "
            f"{_many(known['directed'], 'time')}"
        ),
    }
    if role.role == "newcomer":
        return f"{said[role.role]()}."
    return f"In the last year {said[role.role]()}; this {_steadiness(role.stability)}."


def _reach(known: dict[str, float | str]) -> str:
    if int(known["communities"]) < 2:
        return "of one community"
    broker = _BROKERS.get(str(known.get("broker")))
    return f"from {int(known['communities']):,} communities" + (f", {broker}" if broker else "")


def _many(count: float | str, one: str, more: str | None = None) -> str:
    return f"{int(count):,} {one if int(count) == 1 else more or one + 's'}"


def _steadiness(stability: float) -> str:
    if stability >= 0.9:
        return "hardly depends on single weeks"
    if stability >= 0.5:
        return "holds in most resamplings of the weeks"
    return "rests on few weeks"
