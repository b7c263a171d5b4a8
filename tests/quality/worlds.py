"""Worlds of which the truth about an effect is known: people who act, of whom some are turned to and then act more.

The more somebody did lately, the likelier it is that we turn to them: the plain difference is wrong in every world.
"""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PEOPLE = 1_500
EXPOSED = 100
BEFORE = 360  # days
AFTER = 84
HALVES = (14, 42, 180)
TRAITS = ("act14", "act42", "act180", "idle", "tenure", "before")


def write(path: Path, worlds: int, effect: float, seed: int) -> None:
    """Write so many worlds, in which exposure adds a share of what people do."""
    chance = np.random.default_rng(seed)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["world", "exposed", "outcome", "community", "effect", *TRAITS])
        for world in range(worlds):
            traits, exposed, outcome, truth = _world(chance, effect)
            community = chance.integers(0, 6, PEOPLE)
            for i in range(PEOPLE):
                rows.writerow([world, int(exposed[i]), outcome[i], community[i], truth, *traits[i].tolist()])


def _world(
    chance: np.random.Generator, effect: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64], float]:
    rate = chance.gamma(1.0, 0.07, PEOPLE)
    drift = np.exp(chance.normal(0, 0.5, (PEOPLE, 13)).cumsum(axis=1) / 2)
    acts = chance.poisson(rate[:, None] * np.repeat(drift[:, :12], BEFORE // 12, axis=1))
    ago = np.arange(BEFORE)[::-1]
    lately = [np.log1p((acts * 0.5 ** (ago / half)).sum(axis=1)) for half in HALVES]
    idle = np.where(acts.any(axis=1), np.argmax(acts[:, ::-1] > 0, axis=1), BEFORE)
    tenure = chance.exponential(500, PEOPLE)
    traits = np.column_stack((*lately, np.log1p(idle), np.log1p(tenure), np.log1p(acts[:, -AFTER:].sum(axis=1))))
    exposed = np.zeros(PEOPLE, np.bool_)
    exposed[np.argsort(-0.2 * lately[1] - chance.gumbel(size=PEOPLE))[:EXPOSED]] = True
    expected = rate * AFTER * drift[:, 12]
    outcome = chance.poisson(expected) + np.where(exposed, chance.poisson(expected * effect), 0)
    return traits, exposed, outcome, float((expected * effect)[exposed].mean())
