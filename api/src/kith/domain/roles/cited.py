"""Acts that a role rests on: what a reader opens to see for themself."""

import numpy as np

from kith.domain.roles.acts import Flags, Floats, Ints
from kith.domain.roles.evidence import YEAR, rests_on
from kith.domain.roles.near import Histories
from kith.domain.roles.roles import Role

MOST = 5


def cited(role: Role, told: Histories, inside: Flags, ours: Flags, first: Floats, now: float) -> Ints:
    """Return positions in the history: of each other person the latest act, then further ones, up to ``MOST``.

    They are of the years that the role's evidence is of. ``first`` is the day of each person's first act; ``inside``
    and ``ours`` say who is a member, and one of us.
    """
    mine = told.of(np.array([role.person]))
    near = told.history.where(mine)
    since = now - float(role.evidence.get("years", 1)) * YEAR
    lately = (near.day >= since) & (near.day < now)
    rests = lately & rests_on(role.role, role.person, near, inside, ours, first)
    kept, near = mine[rests], near.where(rests)
    others = np.where(near.actor == role.person, near.other, near.actor)
    latest = np.arange(len(kept))[::-1]
    firsts = latest[np.sort(np.unique(others[latest], return_index=True)[1])]
    rest = latest[~np.isin(latest, firsts)]
    chosen: Ints = kept[np.concatenate([firsts, rest])[:MOST]]
    return chosen
