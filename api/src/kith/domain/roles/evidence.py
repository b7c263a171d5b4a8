"""What a role of a person rests on: numbers of the last year, or of as many years as it takes to find any."""

import math
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kith.domain.classes import CONVERSATION
from kith.domain.graph import Graph
from kith.domain.roles.acts import HELP, NO_AREA, NOBODY, Acts, Flags
from kith.domain.roles.connectors import Brokerage, betweenness, brokerage, constraint, participation
from kith.domain.roles.near import Histories

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

Name = Literal["connector", "maven", "host", "newcomer", "core", "bridge", "broadcaster"]
Found = dict[str, float | str]

# Days.
WELCOME = 30.0  # a contact so soon after someone's first act welcomes them
YEAR = 365.0


def rests_on(role: Name, person: int, near: Acts, inside: Flags, ours: Flags, first: Floats) -> Flags:
    """Which of the acts of or towards a person their role rests on."""
    given, directed = near.actor == person, (near.other != NOBODY) & (near.other != near.actor)
    other = np.where(given, near.other, near.actor)
    rests: Flags = directed
    if role == "maven":
        rests = near.of_kind(HELP) & given & directed
    elif role == "host":
        since = near.day - first[other]
        rests = given & directed & near.of_kind(CONVERSATION)
        rests &= (since >= 0) & (since <= WELCOME) & (first[person] < first[other])
    elif role == "core":
        rests = directed & inside[other]
    elif role == "bridge":
        rests = directed & (ours[other] | inside[other])
    elif role == "broadcaster":
        rests = given & (near.other == NOBODY) & near.of_kind(CONVERSATION)
    elif role == "newcomer":
        rests = given
    return rests


class Evidence:
    """What the roles of a community's members rest on; each looks at the acts of its holder alone."""

    def __init__(self, acts: Acts, membership: Ints, inside: Flags, ours: Flags, first: Floats, now: float) -> None:
        self.histories = Histories(acts)
        self.acts, self.membership, self.inside, self.ours, self.first = acts, membership, inside, ours, first
        self.now = now
        self._periods: dict[int, _Period] = {}

    def of(self, role: Name, person: int) -> Found:
        """Evidence by name."""
        find: dict[Name, Callable[[int, Acts, _Period], Found]] = {
            "connector": self._connector,
            "maven": self._maven,
            "host": self._host,
            "newcomer": self._newcomer,
            "core": self._core,
            "bridge": self._bridge,
            "broadcaster": self._broadcaster,
        }
        near = self.acts.where(self.histories.of(np.array([person])))
        rests = rests_on(role, person, near, self.inside, self.ours, self.first)
        years = self._years(role, person, near.where(rests))
        if years not in self._periods:
            self._periods[years] = _Period(self.acts.since(self.now - years * YEAR), self.membership)
        kept = near.where(rests | (near.actor == person)).since(self.now - years * YEAR)
        found = find[role](person, kept, self._periods[years])
        return found if years == 1 else {"years": years} | found

    def _years(self, role: Name, person: int, near: Acts) -> int:
        """How many years back there is something of all that the role rests on."""
        latest = near.day.max(initial=-math.inf)
        if role == "bridge":
            others = np.where(near.actor == person, near.other, near.actor)
            latest = min(near.day[self.ours[others] == side].max(initial=-math.inf) for side in (True, False))
        return max(1, math.ceil((self.now - latest) / YEAR)) if math.isfinite(latest) else 1

    @cached_property
    def _known(self) -> Ints:
        """With how many people each was ever in contact: former contact is living contact that fades."""
        return np.diff(self.acts.contacts().indptr)

    def _connector(self, person: int, near: Acts, period: "_Period") -> Found:
        contacts = _others(person, near)
        chains: Brokerage = brokerage(person, period.givers, period.takers, self.membership)
        found: Found = {
            "contacts": len(contacts),
            "contacts_known": int(self._known[person]),
            "communities": len({int(self.membership[i]) for i in contacts if self.membership[i] >= 0}),
            **period.brokers.get(person, {}),
        }
        if contacts:
            found["constraint"] = round(float(constraint(period.contacts, np.array([person]))[0]), 4)
        if chains.leading:
            found["broker"] = chains.leading
        return found

    def _maven(self, person: int, near: Acts, _: "_Period") -> Found:
        mine = near.helps()
        areas, uses = np.unique(mine.area[mine.area != NO_AREA], return_counts=True)
        named = [mine.areas[int(areas[i])] for i in np.argsort(-uses, kind="stable")]
        leading = [name for name in named if name][:3]
        found: Found = {"helps": len(mine), "people_helped": len(np.unique(mine.other))}
        return found | ({"areas": ", ".join(leading)} if leading else {})

    def _host(self, person: int, near: Acts, _: "_Period") -> Found:
        met = near.where(rests_on("host", person, near, self.inside, self.ours, self.first))
        return {"newcomers_met": len(np.unique(met.other))}

    def _newcomer(self, person: int, near: Acts, _: "_Period") -> Found:
        return {"days": round(self.now - float(self.first[person]), 1), "acts": int((near.actor == person).sum())}

    def _core(self, person: int, near: Acts, _: "_Period") -> Found:
        return {"contacts_inside": sum(1 for i in _others(person, near) if self.inside[i])}

    def _bridge(self, person: int, near: Acts, _: "_Period") -> Found:
        contacts = _others(person, near)
        of_us = sum(1 for i in contacts if self.ours[i])
        return {"contacts_with_us": of_us, "contacts_elsewhere": len(contacts) - of_us}

    def _broadcaster(self, person: int, near: Acts, _: "_Period") -> Found:
        mine = near.where((near.actor == person) & near.of_kind(CONVERSATION))
        return {"broadcasts": int((mine.other == NOBODY).sum()), "directed": int((mine.other != NOBODY).sum())}


class _Period:
    """All acts since some day, and what they say of who stands between whom."""

    def __init__(self, acts: Acts, membership: Ints) -> None:
        self.acts, self.membership = acts, membership

    @cached_property
    def contacts(self) -> Graph:
        return self.acts.contacts()

    @cached_property
    def brokers(self) -> dict[int, Found]:
        """How everyone with contact stands between others: measured once, for all connectors."""
        linked = np.flatnonzero(np.diff(self.contacts.indptr))
        near = self.contacts.among(linked)
        rank = np.empty(len(linked), dtype=np.int64)
        rank[np.argsort(-betweenness(near), kind="stable")] = np.arange(1, len(linked) + 1)
        spread = participation(near, self.membership[linked])
        return {
            int(i): {"betweenness_rank": int(r), "participation": round(float(s), 4)}
            for i, r, s in zip(linked, rank, spread, strict=True)
        }

    @cached_property
    def givers(self) -> defaultdict[int, set[int]]:
        """Who turned to each person."""
        return _sets(self.acts.other, self.acts.actor)

    @cached_property
    def takers(self) -> defaultdict[int, set[int]]:
        """To whom each person turned."""
        return _sets(self.acts.actor, self.acts.other)


def _others(person: int, near: Acts) -> set[int]:
    """With whom a person had contact."""
    directed = near.where((near.other != NOBODY) & (near.other != near.actor))
    return set(np.where(directed.actor == person, directed.other, directed.actor).tolist())


def _sets(ones: Ints, others: Ints) -> defaultdict[int, set[int]]:
    found = defaultdict[int, set[int]](set)
    for one, other in zip(ones.tolist(), others.tolist(), strict=True):
        if NOBODY not in (one, other) and one != other:
            found[one].add(other)
    return found
