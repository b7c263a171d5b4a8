"""The part of a long history that concerns some people, so that looking at one community costs what it holds."""

import numpy as np

from kith.domain.roles.acts import NO_AREA, NOBODY, Acts, Floats, Ints


class Histories:
    """A history, with the acts of each person at hand."""

    def __init__(self, history: Acts, first: Floats | None = None) -> None:
        """Take ``first``, the day of each person's first act, from outside where the history begins later."""
        self.history = history
        people = len(history.people)
        self.first = np.full(people, np.inf) if first is None else first.copy()
        np.minimum.at(self.first, history.actor, history.day)
        directed = np.flatnonzero(history.other != NOBODY)
        person = np.concatenate([history.actor, history.other[directed]])
        self._acts = np.concatenate([np.arange(len(history)), directed])[np.argsort(person, kind="stable")]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(person, minlength=people))])

    def of(self, members: Ints) -> Ints:
        """The positions of all acts by or towards these people, oldest first."""
        parts = [self._acts[self._starts[i] : self._starts[i + 1]] for i in members.tolist()]
        return np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)

    def around(self, members: Ints, more: Ints) -> tuple[Acts, Ints, Ints]:
        """The acts by or towards ``members`` among them, their contacts and ``more`` people, renumbered.

        Returns the acts, for each the position in the history (negative for what only says when someone came), and the
        people in their new order. Roles and health of the members are the same as in the whole history.
        """
        near = self.of(members)
        acts = self.history.where(near)
        people = np.unique(np.concatenate([members, more, acts.actor, acts.other[acts.other != NOBODY]]))
        number = np.full(len(self.history.people) + 1, NOBODY)  # the last place answers for NOBODY
        number[people] = np.arange(len(people))
        seen = np.full(len(people), np.inf)
        np.minimum.at(seen, number[acts.actor], acts.day)
        came = np.flatnonzero(self.first[people] < seen)
        day = np.concatenate([self.first[people[came]], acts.day])
        order = np.argsort(day, kind="stable")

        def column(firsts: int | Ints, rest: Ints) -> Ints:
            return np.concatenate([np.broadcast_to(firsts, len(came)), rest])[order]

        # Nobody's kind: it is neither help nor a question, and turned to nobody.
        return (
            Acts(
                [self.history.people[i] for i in people.tolist()],
                day[order],
                column(came, number[acts.actor]),
                column(NOBODY, number[acts.other]),
                column(len(self.history.kinds), acts.kind),
                [*self.history.kinds, "arrival"],
                column(NO_AREA, acts.area),
                self.history.areas,
            ),
            column(-1, near),
            people,
        )
