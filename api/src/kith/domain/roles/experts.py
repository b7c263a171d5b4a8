"""Whom to ask: people who helped this asker, or helped in this area, lately."""

import numpy as np

from kith.domain.roles.acts import Acts, Floats, decayed

# Days. Together with weights that fall with the root of the half-life they come close to a power law: the helper of
# yesterday counts most, yet years of help are not forgotten.
HALF_LIVES = (1.0, 7.0, 30.0, 90.0, 365.0)

# Help to someone else in another area shows only that a person helps at all; it breaks ties among strangers.
ELSEWHERE = 0.02


def expertise(helps: Acts, area: int | None, asker: int | None, now: float) -> Floats:
    """Return for each person how much their past help speaks for asking them; 0 is no evidence, the asker has none.

    Each help before ``now`` counts once when it was given in ``area``, once when it was given to ``asker``.
    """
    score = helps.count(helps.actor, weights_of(helps, area, asker, now))
    if asker is not None:
        score[asker] = 0.0
    return score


def weights_of(helps: Acts, area: int | None, asker: int | None, now: float) -> Floats:
    """What each help contributes to ``expertise``."""
    age = now - helps.day
    fresh = sum((decayed(age, half_life) / np.sqrt(half_life) for half_life in HALF_LIVES), np.zeros(len(helps)))
    near = np.full(len(helps), ELSEWHERE)
    if area is not None:
        near += helps.area == area
    if asker is not None:
        near += helps.other == asker
    return near * fresh
