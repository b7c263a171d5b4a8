"""``kith evaluate communities``: do detected communities agree with groups that are known?"""

import json
import time
from pathlib import Path

import numpy as np

from kith.api.cli.evaluate.files import UnreadableFile, encode, read_columns, read_header, reals
from kith.domain.communities.agreement import ari, nmi
from kith.domain.communities.detect import ALONE, detect
from kith.domain.graph import Graph, from_ties


def communities(edges: Path, groups: Path, *, seed: int = 0) -> None:
    """Detect communities in EDGES and compare them with GROUPS; prints JSON.

    Args:
        edges: csv or csv.zst with columns a,b or src,dst, optionally weight and ts; rows of the same two people add up.
        groups: csv or csv.zst with columns id,group; people without a tie are left out of the comparison.
        seed: of the search.
    """
    print(json.dumps(evaluation(edges, groups, seed)))


def evaluation(edges: Path, groups: Path, seed: int = 0) -> dict[str, float]:
    """Agreement with the known groups, and what was found in which time."""
    graph = read_graph(edges)
    truth = read_columns(groups, ["id", "group"])
    group = dict(zip(truth["id"], truth["group"], strict=True))
    began = time.perf_counter()
    found = detect(graph, seed)
    seconds = time.perf_counter() - began
    known = [i for i, person in enumerate(graph.ids) if person in group and found.membership[i] != ALONE]
    if not known:
        raise UnreadableFile(f"{groups}: none of its people has a tie in {edges}")
    mine, theirs = found.membership[known], [group[str(graph.ids[i])] for i in known]
    return {
        "nmi": round(nmi(mine, theirs), 4),
        "ari": round(ari(mine, theirs), 4),
        "communities": len(found),
        "groups": len(set(theirs)),
        "people": len(graph),
        "compared": len(known),
        "ties": len(graph.indices) // 2,
        "resolution": round(found.resolution, 4),
        "seconds": round(seconds, 3),
    }


def read_graph(path: Path) -> Graph:
    """The undirected graph of a file of ties or of interactions."""
    ends = ("src", "dst") if "src" in read_header(path) else ("a", "b")
    columns = read_columns(path, ends, optional=["weight"])
    people, (first, second) = encode(*(columns[end] for end in ends))
    weight = reals(columns["weight"], "weight") if "weight" in columns else np.ones(len(first))
    try:
        return from_ties(people, first, second, weight)
    except ValueError as error:
        raise UnreadableFile(f"{path}: {error}") from None
