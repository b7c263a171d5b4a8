"""``kith evaluate plans``: how near does a plan come to the best one?"""

import json
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta

from kith.cli.evaluate.files import UnreadableFile
from kith.domain.plans import Steps, plan, worth

MOST_STEPS = 16
"""Of a case, for every set of them is tried."""

Share = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=0, le=1e9)]


class Step(msgspec.Struct, frozen=True):
    """What could be done. person: a place in ``values`` of the case. followers: what a naive order goes by."""

    person: Annotated[int, Meta(ge=0)]
    minutes: Amount
    chance: Share
    followers: Amount = 0.0


class Case(msgspec.Struct, frozen=True):
    """A goal: minutes there are, steps, and what each person brings to each part of the goal."""

    minutes: Amount
    steps: Annotated[list[Step], Meta(min_length=1, max_length=MOST_STEPS)]
    values: Annotated[list[list[Amount]], Meta(min_length=1)]


def plans(file: Path) -> None:
    """Compare the plans for the cases of FILE with the best of all sets of steps; prints JSON.

    Args:
        file: a JSON object a line with minutes, steps (person, minutes, chance, perhaps followers; at most 16) and
            values (a row a person, a column a part of the goal).
    """
    print(json.dumps(evaluation(file), indent=2))


def evaluation(file: Path) -> dict[str, Any]:
    """Return which share of the best worth the plans reach, on average and at worst, beside steps by followers."""
    shares, naive = [], []
    for case in _read(file):
        steps = Steps(
            np.array([step.person for step in case.steps]), np.array([step.minutes for step in case.steps]),
            np.array([step.chance for step in case.steps]), np.array(case.values, dtype=np.float64),
        )  # fmt: skip
        if (most := best(steps, case.minutes)) > 0:
            shares.append(worth(steps, plan(steps, case.minutes)) / most)
            naive.append(worth(steps, _by_followers(case)) / most)
    if not shares:
        raise UnreadableFile(f"{file}: no case in which a step is worth something")
    return {**_metrics(shares), "cases": len(shares), "baselines": {"by followers": _metrics(naive)}}


def best(steps: Steps, minutes: float) -> float:
    """Return the worth of the best of all sets of steps that fit."""
    count = len(steps.person)
    sets = (np.arange(2**count)[:, None] >> np.arange(count) & 1).astype(bool)
    return max(worth(steps, np.flatnonzero(taken).tolist()) for taken in sets[sets @ steps.minutes <= minutes])


def _by_followers(case: Case) -> list[int]:
    left, taken = case.minutes, []
    for place in sorted(range(len(case.steps)), key=lambda place: -case.steps[place].followers):
        if case.steps[place].minutes <= left:
            left -= case.steps[place].minutes
            taken.append(place)
    return taken


def _metrics(shares: list[float]) -> dict[str, float]:
    return {"mean": round(float(np.mean(shares)), 3), "worst": round(min(shares), 3)}


def _read(file: Path) -> list[Case]:
    try:
        lines = file.read_bytes().splitlines()
        cases = [msgspec.json.decode(line, type=Case) for line in islice(lines, 10_000) if line.strip()]
    except (OSError, msgspec.MsgspecError) as error:
        raise UnreadableFile(f"{file}: {error}") from error
    for case in cases:
        if any(step.person >= len(case.values) for step in case.steps) or len({len(row) for row in case.values}) > 1:
            raise UnreadableFile(
                f"{file}: a step names a person without values, or the rows of values differ in length"
            )
    return cases
