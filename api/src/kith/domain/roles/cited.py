"""Acts that a role rests on: what a reader opens to see for themself."""

import numpy as np

from kith.domain.roles.acts import HELP, NOBODY, Acts, Flags, Floats, Ints
from kith.domain.roles.roles import WELCOME, YEAR, Role

MOST = 5


def cited(role: Role, acts: Acts, inside: Flags, ours: Flags, first: Floats, now: float) -> Ints:
    """Return positions in ``acts``, the latest first: of each other person one act, then further ones, up to ``MOST``.

    ``first`` is the day of each person's first act; ``inside`` and ``ours`` say who is a member, and one of us.
    """
    mine = (acts.actor == role.person) | (acts.other == role.person)
    lately = np.flatnonzero(mine & (acts.day >= now - YEAR) & (acts.day < now))
    near = acts.where(lately)
    kept = lately[_rests(role, near, inside, ours, first)]
    others = np.where(acts.actor[kept] == role.person, acts.other[kept], acts.actor[kept])
    latest = np.arange(len(kept))[::-1]
    firsts = latest[np.sort(np.unique(others[latest], return_index=True)[1])]
    rest = latest[~np.isin(latest, firsts)]
    chosen: Ints = kept[np.concatenate([firsts, rest])[:MOST]]
    return chosen


def _rests(role: Role, near: Acts, inside: Flags, ours: Flags, first: Floats) -> Flags:
    given, directed = near.actor == role.person, near.other != NOBODY
    other = np.where(given, near.other, near.actor)
    rests: Flags = directed
    if role.role == "maven":
        rests = near.of_kind(HELP) & given & directed
    elif role.role == "host":
        since = near.day - first[other]
        soon = (since >= 0) & (since <= WELCOME)
        rests = given & directed & soon & (first[role.person] < first[other])
    elif role.role == "core":
        rests = directed & inside[other]
    elif role.role == "bridge":
        rests = directed & (ours[other] | inside[other])
    elif role.role == "broadcaster":
        rests = given & ~directed
    elif role.role == "newcomer":
        rests = given
    return rests
