"""A closer look at single communities: their health, their roles and their map."""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from kith.domain.communities.detect import ALONE
from kith.domain.communities.health import health
from kith.domain.detection.divide import Division
from kith.domain.detection.facts import CHANGED, FEWEST, Facts, Former, HeldRole, Ints, Portrait
from kith.domain.graph import Graph
from kith.domain.maps.community import community_map
from kith.domain.maps.packed import pack
from kith.domain.maps.style import COLORS
from kith.domain.roles.acts import NOBODY, Acts
from kith.domain.roles.cited import cited
from kith.domain.roles.evidence import YEAR
from kith.domain.roles.near import Histories
from kith.domain.roles.roles import roles, who_matters

MAPPED = 3_000
"""People whom a map shows at most: those who are most in touch with the others."""


class Portraits:
    """Portraits at one community after the other."""

    def __init__(self, graph: Graph, division: Division, facts: Facts) -> None:
        self.graph, self.division, self.facts = graph, division, facts
        self.histories = Histories(facts.acts, facts.arrivals)
        self.ours = np.zeros(len(graph), dtype=bool)
        self.ours[facts.us] = True

    def at(self, id_: str, people: Ints, name: str, level: int | None = None) -> Portrait:
        """Look at a community; ``level`` is None for a declared one."""
        members = np.sort(people)
        acts, source, near = self.histories.around(members, self._contacts(members))
        end = self._end(members)
        held = self._roles(acts, source, near, members, level, end)
        graph, places = self.graph.among(near), np.searchsorted(near, members)
        return Portrait(
            self._born(members, end),
            end,
            health(graph, acts, places, end - YEAR, end),
            self._map(id_, name, members, level, held),
            tuple(held),
        )

    def stands(self, former: Former | None, people: Ints) -> bool:
        """Whether the last portrait of a community still holds: few people and few of their ties are others now."""
        if self.facts.last is None or former is None:
            return False
        others = np.setxor1d(former.people, people)
        ties = int(np.diff(self.graph.indptr)[people].sum())
        return len(others) <= CHANGED * len(people) and self._changed(people, former.looked) <= CHANGED * ties

    def _changed(self, people: Ints, since: float) -> int:
        """In how many ties of these people there was contact, as learnt since a day."""
        acts, near = self.facts.acts, self.histories.of(people)
        news = near[(self.facts.act_learnt[near] > since) & (acts.other[near] != NOBODY)]
        ends = np.concatenate([acts.actor[news], acts.other[news]])
        others = np.concatenate([acts.other[news], acts.actor[news]])
        theirs = np.isin(ends, people)
        return len(np.unique(ends[theirs] << 32 | others[theirs]))

    def _born(self, members: Ints, end: float) -> float:
        """The day on which enough of them were there; what came about between two looks was not there at the former."""
        there = np.sort(self.facts.arrivals[members])[:FEWEST]
        first = float(there[-1]) if len(there) and np.isfinite(there[-1]) else end
        return first if not self.facts.former else end

    def _end(self, members: Ints) -> float:
        """Until when a source was read that sees them: the channels where they meet, or else where any of them acts."""
        acts, near = self.facts.acts, self.histories.of(members)
        among = near[np.isin(acts.actor[near], members) & np.isin(acts.other[near], members)]
        ends = self.facts.act_ends[among if len(among) else near]
        return float(ends.max(initial=-np.inf)) if len(ends) else self.facts.now

    def _contacts(self, members: Ints) -> Ints:
        rows = [self.graph.indices[self.graph.indptr[i] : self.graph.indptr[i + 1]] for i in members.tolist()]
        return np.unique(np.concatenate(rows)) if rows else np.zeros(0, np.int64)

    def _roles(
        self, acts: Acts, source: Ints, near: Ints, members: Ints, level: int | None, end: float
    ) -> list[HeldRole]:
        """The roles of the members; their holders are places in the workspace."""
        groups = self.division.levels[level or 0][near]
        inside = np.isin(near, members)
        # A declared community is one of its own beside the detected ones.
        number = int(groups[inside].max(initial=0)) if level is not None else int(groups.max(initial=0)) + 1
        membership = np.where(inside, number, groups)
        us = np.flatnonzero(self.ours[near])
        found = roles(acts, membership, number, end, us)
        place = {person: i for i, person in enumerate(who_matters(found), 1)}
        first, ours = self.histories.first[near], self.ours[near]
        told = np.flatnonzero(source >= 0)
        told_acts = Histories(acts.where(told))
        return [
            HeldRole(
                replace(role, person=int(near[role.person])),
                source[told[cited(role, told_acts, inside, ours, first, end)]],
                place.get(role.person),
            )
            for role in found
        ]

    def _map(self, id_: str, name: str, members: Ints, level: int | None, held: Sequence[HeldRole]) -> bytes:
        """Draw the communities inside side by side, as fine as colors tell apart; the smallest as one disc."""
        inner = self.graph.among(members)
        most = np.sort(np.argsort(-inner.strengths(), kind="stable")[:MAPPED])
        shown = members[most]
        graph = inner.among(most)
        tied = graph.strengths() > 0
        groups, discs = np.where(tied, 0, ALONE), [(id_, name)]
        if level:
            below = self._told_apart(shown[tied], level)
            numbers, groups[tied] = np.unique(self.division.levels[below][shown[tied]], return_inverse=True)
            discs = [(self._named(number, below) or "", "") for number in numbers.tolist()]
        marks: dict[int, list[str]] = {}
        for each in held:
            if (place := int(np.searchsorted(shown, each.role.person))) < len(shown) and shown[
                place
            ] == each.role.person:
                marks.setdefault(place, []).append(each.role.role)
        return pack(community_map(graph, groups, [""] * len(shown), discs, marks, name))

    def _told_apart(self, people: Ints, level: int) -> int:
        """The lowest level below at which there are no more communities of these people than colors, or the next."""
        parts = (len(np.unique(self.division.levels[below][people])) for below in range(level - 1))
        return next((below for below, count in enumerate(parts) if count <= len(COLORS)), level - 1)

    def _named(self, group: int, level: int) -> str | None:
        """The id of a group; that of the level below where it is the same."""
        people = self.division.levels[level] == group
        numbers = [int(self.division.levels[below][people][0]) for below in range(level, -1, -1)]
        ids = (self.division.ids[below][number] for below, number in zip(range(level, -1, -1), numbers, strict=True))
        return next((id_ for id_ in ids if id_), None)
