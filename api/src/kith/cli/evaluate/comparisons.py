"""``kith evaluate comparisons``: does the difference to people like them hold the truth?"""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from kith.cli.evaluate.files import UnreadableFile, encode, read_columns, read_header, reals
from kith.domain.comparisons import Comparison, People, compare

_OTHER = ("world", "exposed", "outcome", "community", "effect")


def comparisons(file: Path) -> None:
    """Compare the exposed people of each world of FILE with people like them; prints JSON.

    Of one world, the comparison. Of several with known effects, how often the interval holds the effect, and how often
    a gain is claimed where there is none, beside the plain difference of means.

    Args:
        file: csv or csv.zst with exposed (0 or 1), outcome, and a column for each trait from before; perhaps community
            (a name, within which people are compared), world (a name) and effect (the true mean effect on the exposed).
    """
    print(json.dumps(evaluation(file), indent=2))


def evaluation(file: Path) -> dict[str, Any]:
    """Return the comparison of one world, or what the comparisons of several are worth."""
    worlds, effects = _read(file)
    found = [compare(world) for world in worlds]
    if len(found) == 1:
        shown: dict[str, Any] = msgspec.to_builtins(found[0])
        return shown | {"baselines": {"plain difference": plain_difference(worlds[0])}}
    said = [(each, effect) for each, effect in zip(found, effects, strict=True) if each.reason is None]
    if not said:
        raise UnreadableFile(f"{file}: in none of {len(found)} worlds the exposed could be compared")
    none = [each for each, effect in said if effect == 0]
    plain = [plain_difference(world)[1] > 0 for world, effect in zip(worlds, effects, strict=True) if effect == 0]
    return {
        "worlds": len(found),
        "compared": len(said),
        "held": _share([_holds(each, effect) for each, effect in said]),
        "false_gains": _share([each.low is not None and each.low > 0 for each in none]),
        "baselines": {"plain difference": {"false_gains": _share(plain)}},
    }


def plain_difference(people: People) -> tuple[float, float, float]:
    """Return the difference of means between exposed and others, and its 90 % interval: what nobody should say."""
    one, other = people.outcome[people.exposed], people.outcome[~people.exposed]
    difference = float(one.mean() - other.mean())
    reach = 1.645 * float(np.sqrt(one.var() / len(one) + other.var() / len(other)))
    return difference, difference - reach, difference + reach


def _holds(found: Comparison, effect: float) -> bool:
    return found.low is not None and found.high is not None and found.low <= effect <= found.high


def _share(flags: list[bool]) -> float | None:
    return round(float(np.mean(flags)), 3) if flags else None


def _read(file: Path) -> tuple[list[People], list[float]]:
    names = [name for name in read_header(file) if name not in _OTHER]
    if not names:
        raise UnreadableFile(f"{file}: no column for a trait beside {', '.join(_OTHER)}")
    columns = read_columns(file, ["exposed", "outcome", *names], ["world", "community", "effect"])
    exposed = reals(columns["exposed"], "exposed") == 1
    outcome = reals(columns["outcome"], "outcome")
    traits = np.column_stack([reals(columns[name], name) for name in names])
    _, (world,) = encode(columns.get("world", [""] * len(exposed)))
    _, (community,) = encode(columns.get("community", [""] * len(exposed)))
    effect = reals(columns.get("effect", ["0"] * len(exposed)), "effect")
    if len(exposed) == 0:
        raise UnreadableFile(f"{file}: nobody is in it")
    worlds, effects = [], []
    for number in range(int(world.max()) + 1):
        rows = world == number
        worlds.append(People(exposed[rows], outcome[rows], traits[rows], community[rows]))
        effects.append(float(effect[rows][0]))
    return worlds, effects
