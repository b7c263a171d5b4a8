"""How long communities take beside the bare library on the same graph, and how much memory.

Run: ``python -m tests.bench.communities [TIES ...]``; without arguments 1 and 10 million ties.
"""

import random
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import igraph
import numpy as np

from kith.domain.communities.agreement import nmi
from kith.domain.communities.detect import detect, evidence
from kith.domain.communities.update import update
from kith.domain.graph import Graph, from_ties

MIXING = 0.25
PEOPLE_PER_TIE = 0.1


def planted(ties: int, seed: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Ties of people with heavy-tailed activity in communities of 30 to 1,000: first, second, community."""
    draw = np.random.default_rng(seed)
    people = int(ties * PEOPLE_PER_TIE)
    sizes = (30 / (1 - draw.random(people // 30) * (1 - 30 / 1000))).astype(int)
    membership = np.repeat(np.arange(len(sizes)), sizes)[:people]
    until = np.cumsum(draw.pareto(2.5, people) + 1)
    starts, ends = np.searchsorted(membership, membership), np.searchsorted(membership, membership, side="right")
    first = np.searchsorted(until, draw.random(ties) * until[-1])
    inside = draw.random(ties) > MIXING
    low = np.where(inside & (starts[first] > 0), until[starts[first] - 1], 0.0)
    high = np.where(inside, until[ends[first] - 1], until[-1])
    return first, np.searchsorted(until, low + draw.random(ties) * (high - low)), membership


def timed(job: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return job(), time.perf_counter() - began


def bare(graph: Graph) -> float:
    """Seconds of igraph alone: the graph from arrays, Leiden with its defaults at resolution 1."""
    first, second, weights = graph.pairs()
    began = time.perf_counter()
    ties = igraph.Graph(n=len(graph), edges=np.column_stack((first, second)))
    random.seed(0)
    ties.community_leiden("modularity", weights=evidence(weights).tolist())
    return time.perf_counter() - began


def changed(graph: Graph, share: float = 0.01) -> tuple[Graph, np.ndarray[Any, Any]]:
    """The graph with this share of its ties replaced, and the people at their ends."""
    draw = np.random.default_rng(1)
    first, second, weights = graph.pairs()
    out = draw.choice(len(first), int(share * len(first)), replace=False)
    new = draw.integers(0, len(graph), (2, len(out)))
    kept = np.delete(np.arange(len(first)), out)
    touched = np.unique(np.concatenate([first[out], second[out], *new]))
    joined = [np.append(first[kept], new[0]), np.append(second[kept], new[1]), np.append(weights[kept], weights[out])]
    return from_ties(graph.ids, *joined), touched


def main() -> None:
    """Print the table."""
    print("| ties | bare s | detect s | ratio | update of 1 % s | of a full run | NMI | communities | peak GB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for ties in [int(float(argument)) for argument in sys.argv[1:]] or [1_000_000, 10_000_000]:
        first, second, membership = planted(ties)
        graph = from_ties(range(len(membership)), first, second)
        library = bare(graph)
        found, full = timed(partial(detect, graph))
        later, touched = changed(graph)
        _, again = timed(partial(update, later, found, touched))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        linked = found.membership >= 0
        agreement = nmi(membership[linked], found.membership[linked])
        print(
            f"| {len(graph.indices) // 2:,} | {library:.2f} | {full:.2f} | {full / library:.2f} | {again:.3f} "
            f"| {again / full:.1%} | {agreement:.3f} | {len(found):,} | {peak:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
