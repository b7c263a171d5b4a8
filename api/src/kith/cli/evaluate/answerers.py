"""``kith evaluate answerers`` and ``waiting``: who will answer a request, and when?"""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kith.cli.evaluate.files import UnreadableFile, encode, read_columns, read_header
from kith.cli.evaluate.roles import AREA_FLOOR, read_acts, split_of
from kith.domain.asks.answerers import ELSEWHERE, Helps, History, rank
from kith.domain.asks.waiting import Usual, Waited, usual
from kith.domain.roles.acts import NO_AREA

DAY = 86_400.0
_EARLIER = 30
"""Questions before the first whose wait is foretold."""


class Request(NamedTuple):
    """When (days) somebody asked, how much help was before, who, in which topics, who helped, whether it is judged."""

    day: float
    before: int
    asker: int
    topics: tuple[str, ...]
    helpers: frozenset[int]
    judged: bool


def answerers(file: Path) -> None:
    """Name who will answer each request of the later part of FILE, from what was before; prints metrics as JSON.

    A request is a hit at k where one of those who answered is among the first k. Requests count that somebody answered
    who had helped before: of questions and answers those of the later half, of interactions those of the last fifth.

    Args:
        file: csv or csv.zst with ts, kind (question, answer, ...), id, reply_to, actor and topics; or with ts, src,
            dst, kind, area and perhaps commit (rows of one commit are one request).
    """
    print(json.dumps(evaluation(file), indent=2))


def waiting(file: Path) -> None:
    """Say for each question of FILE when its first answer will come, from the questions before; prints JSON.

    Args:
        file: csv or csv.zst with ts, kind (question, answer, ...), id, reply_to and actor.
    """
    print(json.dumps(waits(file), indent=2))


def evaluation(file: Path) -> dict[str, Any]:
    """How high the real helpers stand, with the weight of help elsewhere that the past chose, and with each fixed."""
    helps, people, requests = _questions(file) if "src" not in read_header(file) else _trailers(file)
    history = History(helps, people)
    places: dict[str, list[float]] = {}
    chosen: list[float] = []
    for request in requests:
        history.take(request.before)
        found = history.evidence(request.asker, request.topics, request.day)
        if request.judged and history.knows(request.helpers):
            chosen.append(history.elsewhere)
            fixed = {f"help elsewhere {weight}": weight for weight in ELSEWHERE}
            for name, weight in ({"": history.elsewhere} | fixed).items():
                places.setdefault(name, []).append(rank(found.score(weight), request.helpers))
        history.learn(found, request.helpers)
    if not chosen:
        raise UnreadableFile(f"{file}: no request that could be judged")
    measured = {name: _metrics(np.array(place)) for name, place in places.items()}
    return {
        **measured.pop(""),
        "requests": len(chosen),
        "help_elsewhere": max(set(chosen), key=chosen.count),
        "baselines": measured,
    }


def waits(file: Path) -> dict[str, Any]:
    """How often the range that should hold 80 % does, beside that of answered questions alone."""
    asked, first = _first_answers(file)
    held: list[bool] = []
    rival: list[bool] = []
    for i in range(_EARLIER, len(asked)):
        now, truth = asked[i], first[i] - asked[i]
        known = [Waited(min(first[k], now) - asked[k], first[k] <= now) for k in range(i)]
        held.append(_holds(usual(known), truth))
        done = np.array([wait.seconds for wait in known if wait.answered][-100:])
        low, high = np.quantile(done, [0.1, 0.9]) if len(done) else (0.0, np.inf)
        rival.append(bool(low <= truth <= high))
    if not held:
        raise UnreadableFile(f"{file}: {_EARLIER} questions are too few")
    return {
        "held": _rounded(np.mean(held)),
        "questions": len(held),
        "answered": _rounded(np.mean(np.isfinite(first))),
        "baselines": {"percentiles of the answered": {"held": _rounded(np.mean(rival))}},
    }


def _holds(range_: Usual | None, wait: float) -> bool:
    if range_ is None:
        return False
    low, high = (np.inf if bound is None else bound for bound in (range_.low, range_.high))
    return bool(low <= wait <= high)


def _questions(file: Path) -> tuple[Helps, int, Iterator[Request]]:
    columns = read_columns(file, ["ts", "kind", "id", "reply_to", "actor", "topics"])
    people, (actor,) = encode(columns["actor"])
    day = _seconds(columns["ts"]) / DAY
    order = np.argsort(day, kind="stable").tolist()
    question = {columns["id"][i]: i for i in order if columns["kind"][i] == "question"}
    topics = {i: tuple(columns["topics"][i].split()) for i in question.values()}
    answers = [
        (i, question[columns["reply_to"][i]])
        for i in order
        if columns["kind"][i] == "answer" and columns["reply_to"][i] in question
    ]
    answers = [(i, asked) for i, asked in answers if actor[i] != actor[asked]]
    helpers: dict[int, set[int]] = {}
    for i, asked in answers:
        helpers.setdefault(asked, set()).add(int(actor[i]))
    helps = Helps(
        day[[i for i, _ in answers]],
        actor[[i for i, _ in answers]],
        actor[[asked for _, asked in answers]],
        [topics[asked] for _, asked in answers],
    )
    asked_all = sorted(question.values(), key=order.index)

    def requests() -> Iterator[Request]:
        for place, i in enumerate(asked_all):
            if i in helpers:
                later = place >= len(asked_all) / 2
                before = int(np.searchsorted(helps.day, day[i]))
                yield Request(float(day[i]), before, int(actor[i]), topics[i], frozenset(helpers[i]), later)

    return helps, len(people), requests()


def _trailers(file: Path) -> tuple[Helps, int, Iterator[Request]]:
    everything, request = read_acts(file)
    helps, split = everything.helps(), split_of(everything)
    areas = [() if area == NO_AREA else (everything.areas[area],) for area in helps.area.tolist()]
    starts = [0, *(np.flatnonzero(np.diff(request)) + 1).tolist(), len(request)]

    def requests() -> Iterator[Request]:
        seen: dict[tuple[str, ...], int] = {}
        for start, end in pairwise(starts):
            if end > start:
                known = seen.get(areas[start], 0) >= AREA_FLOOR and bool(areas[start])
                day = float(helps.day[start])
                helpers = frozenset(helps.actor[start:end].tolist())
                yield Request(day, start, int(helps.other[start]), areas[start], helpers, known and day >= split)
                for place in range(start, end):
                    seen[areas[place]] = seen.get(areas[place], 0) + 1

    return Helps(helps.day, helps.actor, helps.other, areas), len(everything.people), requests()


def _first_answers(file: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each question was asked, oldest first, and when another answered first; infinite for never."""
    columns = read_columns(file, ["ts", "kind", "id", "reply_to", "actor"])
    seconds = _seconds(columns["ts"])
    order = np.argsort(seconds, kind="stable").tolist()
    questions = [i for i in order if columns["kind"][i] == "question"]
    place = {columns["id"][i]: k for k, i in enumerate(questions)}
    first = np.full(len(questions), np.inf)
    for i in order:
        asked = place.get(columns["reply_to"][i])
        if (
            columns["kind"][i] == "answer"
            and asked is not None
            and columns["actor"][i] != columns["actor"][questions[asked]]
        ):
            first[asked] = min(first[asked], seconds[i])
    return seconds[questions], first


def _seconds(column: list[str]) -> NDArray[np.float64]:
    try:
        return np.array([datetime.fromisoformat(text).timestamp() for text in column])
    except ValueError as error:
        raise UnreadableFile(f"column ts: {error}") from None


def _metrics(place: NDArray[np.float64]) -> dict[str, float]:
    return {
        "hit1": _rounded((place <= 1).mean()),
        "hit3": _rounded((place <= 3).mean()),
        "hit10": _rounded((place <= 10).mean()),
        "mrr": _rounded((1 / place).mean()),
    }


def _rounded(number: Any) -> float:
    return round(float(number), 4)
