"""``kith evaluate communities``: do detected communities agree with groups that are known?"""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kith.cli.evaluate.files import UnreadableFile, encode, integers, read_columns, read_header, reals
from kith.domain.communities.agreement import ari, nmi
from kith.domain.communities.detect import ALONE, detect
from kith.domain.communities.leiden import leiden, ties_of
from kith.domain.graph import Graph, from_ties

Ints = NDArray[np.int64]


def communities(edges: Path, groups: Path, *, seed: int = 0) -> None:
    """Detect communities in EDGES and compare them with GROUPS; prints JSON.

    Args:
        edges: csv or csv.zst with columns a,b or src,dst, optionally weight and ts; rows of the same two people add up.
        groups: csv or csv.zst with columns id,group; people without a tie are left out of the comparison.
        seed: of the search.
    """
    print(json.dumps(evaluation(edges, groups, seed)))


def evaluation(edges: Path, groups: Path, seed: int = 0) -> dict[str, Any]:
    """Agreement with the known groups, and what was found in which time, beside plain Leiden on the same ties."""
    graph = read_graph(edges)
    truth = read_columns(groups, ["id", "group"])
    group = dict(zip(truth["id"], truth["group"], strict=True))
    began = time.perf_counter()
    found = detect(graph, seed)
    seconds = time.perf_counter() - began
    known = [i for i, person in enumerate(graph.ids) if person in group and found.membership[i] != ALONE]
    if not known:
        raise UnreadableFile(f"{groups}: none of its people has a tie in {edges}")
    theirs = [group[str(graph.ids[i])] for i in known]
    first, second, weights = graph.pairs()
    strengths = graph.strengths().tolist()
    plain = leiden(ties_of(len(graph), first, second), weights.tolist(), strengths, 1.0, seed=seed)[known]
    return {
        **_agreement(found.membership[known], theirs),
        "communities": len(found),
        "groups": len(set(theirs)),
        "people": len(graph),
        "compared": len(known),
        "ties": len(graph.indices) // 2,
        "resolution": round(found.resolution, 4),
        "seconds": round(seconds, 3),
        "baselines": {"leiden at resolution 1": {**_agreement(plain, theirs), "communities": len(np.unique(plain))}},
    }


def _agreement(found: NDArray[np.int64], known: list[str]) -> dict[str, float]:
    return {"nmi": round(nmi(found, known), 4), "ari": round(ari(found, known), 4)}


def read_graph(path: Path) -> Graph:
    """The undirected graph of a file of ties or of interactions; where these have times, it knows their days."""
    ends = ("src", "dst") if "src" in read_header(path) else ("a", "b")
    columns = read_columns(path, ends, optional=["weight", "ts"])
    people, (first, second) = encode(*(columns[end] for end in ends))
    weight = reals(columns["weight"], "weight") if "weight" in columns else np.ones(len(first))
    try:
        if "ts" in columns:
            return _with_days(people, first, second, weight, integers(columns["ts"], "ts") // 86_400)
        return from_ties(people, first, second, weight)
    except ValueError as error:
        raise UnreadableFile(f"{path}: {error}") from None


def _with_days(people: list[str], first: Ints, second: Ints, weight: NDArray[np.float64], day: Ints) -> Graph:
    """The graph in which the first contact of two people on a day is a day, and all others of it are none."""
    contact = np.stack([np.minimum(first, second), np.maximum(first, second), day])
    days = np.zeros(len(first))
    days[np.unique(contact, axis=1, return_index=True)[1]] = 1.0
    return from_ties(people, first, second, weight, days)
