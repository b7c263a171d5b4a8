"""What is characteristic of one among several: the terms, areas or channels that are more its own than the others'."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence


def characteristic(counts: Sequence[Mapping[str, float]], most: int = 5) -> list[list[tuple[str, float]]]:
    """Return for each use of names those most its own, with their weight, best first.

    ``counts[i][name]`` says how much i uses a name. Weight is use × ln(use / what an even spread of all use gives i),
    what the name adds to the log-likelihood that i differs; names used no more than evenly are left out.
    """
    overall: Counter[str] = Counter()
    for each in counts:
        overall.update(each)
    total = sum(overall.values())
    found = []
    for each in counts:
        mine = sum(each.values())
        weight = {
            name: use * math.log(use * total / (mine * overall[name])) if len(counts) > 1 else use
            for name, use in each.items()
            if use > 0
        }
        best = sorted(weight, key=lambda name: (-weight[name], name))
        found.append([(name, weight[name]) for name in best[:most] if weight[name] > 0])
    return found
