"""``kith evaluate roles``: do the people whom kith names today matter tomorrow?

Time order throughout: what came before the moment at which 80 % of the interactions have happened is known, the rest is
the future that judges. Beside each number stand the baselines, measured in the same run.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kith.cli.evaluate.files import UnreadableFile, encode, integers, read_columns
from kith.cli.evaluate.kinds import known
from kith.domain.metrics import auc
from kith.domain.roles.acts import HELP, NO_AREA, Acts, acts, decayed
from kith.domain.roles.connectors import betweenness, effective_size, living_ties
from kith.domain.roles.experts import ELSEWHERE, HALF_LIVES
from kith.domain.roles.fading import Fading
from kith.domain.roles.mavens import helping, people_helped
from kith.domain.topics import areas

Floats = NDArray[np.float64]

KNOWN = 0.8
TOP = 50
FUTURE_HELPS = 5

# Fewer helps than this in an area: nobody can know yet whom to ask there.
AREA_FLOOR = 3


def roles(file: Path) -> None:
    """Name mavens, connectors and experts from the first 80 % of FILE and judge them by the rest; prints JSON.

    Args:
        file: csv or csv.zst with columns ts,src,dst and optionally kind, area and commit (rows of one commit are one
            request for help). Mavens need kinds of help, experts need areas as well; what is missing is null.
    """
    print(json.dumps(evaluation(file)))


def evaluation(file: Path) -> dict[str, Any]:
    """All that the file can be judged by; None for what it lacks."""
    everything, requests = read_acts(file)
    if not len(everything):
        raise UnreadableFile(f"{file}: no interaction between two people")
    split = split_of(everything)
    helps = everything.helps()
    return {
        "maven": mavens(everything, helps, split) if len(helps) else None,
        "connector": connectors(everything, split),
        "experts": experts(helps, requests, split) if len(helps) and everything.areas else None,
        "people": len(everything.people),
        "interactions": len(everything),
    }


def read_acts(file: Path) -> tuple[Acts, NDArray[np.int64]]:
    """The acts of a file, oldest first, and of each help the request that it met."""
    columns = read_columns(file, ["ts", "src", "dst"], optional=["kind", "area", "commit"])
    people, (actor, other) = encode(columns["src"], columns["dst"])
    seconds = integers(columns["ts"], "ts")
    named = columns.get("commit") or [f"{at} {to}" for at, to in zip(seconds, other, strict=True)]
    first, request = np.unique(np.array(named), return_index=True, return_inverse=True)[1:]
    order = np.lexsort((first[request], seconds))
    order = order[actor[order] != other[order]]

    def ordered(name: str) -> list[str] | None:
        return [columns[name][i] for i in order] if name in columns else None

    kind = known(ordered("kind") or []) or None
    meant = [areas.area(name) for name in ordered("area") or []] or None
    found = acts(people, seconds[order] / 86_400, actor[order], other[order], kind, meant)
    once = found.told_once()
    found = found.where(once)
    return found, request[order][once][found.of_kind(HELP)]


def split_of(everything: Acts) -> float:
    """The day on which 80 % of the interactions have happened."""
    return float(everything.day[int(KNOWN * len(everything))])


def mavens(everything: Acts, helps: Acts, split: float) -> dict[str, Any]:
    """How well the pace of helping ranks everyone active before the split by the help that they give after it."""
    known = everything.before(split)
    active = np.flatnonzero(known.count(known.actor) + known.count(known.other))
    past, future = helps.before(split), helps.since(split)
    given = future.count(future.actor)[active]
    age = split - past.day
    rivals = {
        "answers_given": past.count(past.actor),
        "people_helped": people_helped(past).astype(float),
        "given_exp30": past.count(past.actor, decayed(age, 30)),
        "given_exp180": past.count(past.actor, decayed(age, 180)),
    }
    return {
        **_maven_metrics(given, helping(past, split)[active]),
        "people": len(active),
        "baselines": {name: _maven_metrics(given, score[active]) for name, score in rivals.items()},
    }


def _maven_metrics(given: Floats, score: Floats) -> dict[str, float | None]:
    ranked = np.argsort(-score, kind="stable")[:TOP]
    best = np.argsort(-given, kind="stable")[:TOP]
    gain, discount = np.log2(1 + given), 1 / np.log2(np.arange(2, len(ranked) + 2))
    ideal = float((gain[best] * discount).sum())
    return {
        "auc": _rounded(auc(given >= FUTURE_HELPS, score)),
        "p50": _share(np.isin(ranked, best)),
        "ndcg50": _rounded(float((gain[ranked] * discount).sum()) / ideal) if ideal else None,
    }


def connectors(everything: Acts, split: float) -> dict[str, Any]:
    """How well brokerage before the split finds the tenth of people with the highest betweenness after it."""
    known = everything.before(split)
    past, future = known.contacts(), everything.since(split).contacts()
    judged = np.flatnonzero((np.diff(past.indptr) > 0) & (np.diff(future.indptr) > 0))
    between = betweenness(future)[judged]
    tenth = max(1, round(len(judged) / 10))
    top = between >= np.sort(between)[-tenth:].min(initial=np.inf)
    rivals = {
        "degree": np.diff(past.indptr).astype(float),
        "effective_size": effective_size(past.reweighted(np.ones(len(past.weights)))),
        "betweenness": betweenness(past),
    }
    return {
        "auc_top_decile": _rounded(auc(top, effective_size(living_ties(known, split))[judged])),
        "people": len(judged),
        "baselines": {name: {"auc_top_decile": _rounded(auc(top, score[judged]))} for name, score in rivals.items()},
    }


def experts(helps: Acts, request: NDArray[np.int64], split: float) -> dict[str, Any]:
    """How high those who helped stand in the list that the past gives for the asker and the area."""
    ranks: dict[str, list[float]] = {}
    known = _Known(helps)
    bounds = [0, *(np.flatnonzero(np.diff(request)) + 1), len(request)]
    for start, end in pairwise(bounds):
        now, asker, area = float(helps.day[start]), int(helps.other[start]), int(helps.area[start])
        if now >= split and area != NO_AREA and known.in_area(area) >= AREA_FLOOR:
            for name, score in known.scores(area, asker, now).items():
                best = score[helps.actor[start:end]].max()
                ranks.setdefault(name, []).append(1 + int((score > best).sum()) if best > 0 else np.inf)
        known.add(start, end)
    mine = np.array(ranks.pop("", []))
    rivals = {name: _expert_metrics(np.array(places)) for name, places in ranks.items()}
    return {**_expert_metrics(mine), "requests": len(mine), "baselines": rivals}


class _Known:
    """All help up to a request: at large, by area, and by who asked."""

    def __init__(self, helps: Acts) -> None:
        half_lives = (*HALF_LIVES, 180.0, np.inf)
        self.helps, self.people = helps, len(helps.people)
        self.tables = [
            Fading(group, helps.actor, half_lives)
            for group in (np.zeros(len(helps), np.int64), helps.area - NO_AREA, helps.other)
        ]

    def add(self, start: int, end: int) -> None:
        for act in range(start, end):
            for table in self.tables:
                table.add(act, float(self.helps.day[act]))

    def in_area(self, area: int) -> int:
        return int(self.tables[1].acts[area - NO_AREA])

    def scores(self, area: int, asker: int, now: float) -> dict[str, Floats]:
        """The score of everyone, under no name, and those of the rivals."""
        everyone, here, asked = (
            self._spread(*table.of(group, now))
            for table, group in zip(self.tables, (0, area - NO_AREA, asker), strict=True)
        )
        fresh = np.array([1 / np.sqrt(half_life) for half_life in HALF_LIVES])
        near = (ELSEWHERE * everyone + here + asked)[:, : len(fresh)]
        scores = {
            "": near @ fresh,
            "global_exp180": everyone[:, -2],
            "area_count": here[:, -1],
            "area_exp90": here[:, 3],
            "pair_exp180": asked[:, -2],
            "area+pair_exp90": here[:, 3] + asked[:, 3],
        }
        for score in scores.values():
            score[asker] = 0.0
        return scores

    def _spread(self, people: NDArray[np.int64], counts: Floats) -> Floats:
        found = np.zeros((self.people, counts.shape[1]))
        found[people] = counts
        return found


def _expert_metrics(place: Floats) -> dict[str, float | None]:
    return {"hit1": _share(place <= 1), "hit3": _share(place <= 3), "mrr": _share(1 / place)}


def _share(hits: NDArray[Any]) -> float | None:
    return _rounded(float(hits.mean())) if len(hits) else None


def _rounded(number: float) -> float | None:
    """Four digits; None where nothing could be measured."""
    return None if np.isnan(number) else round(number, 4)
