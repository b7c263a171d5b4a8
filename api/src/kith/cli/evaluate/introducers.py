"""``kith evaluate introducers``: who introduces two people to each other?"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations, groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kith.cli.evaluate.files import UnreadableFile, encode, read_columns, reals
from kith.domain.introductions import decayed, worth

DAY = 86_400.0
SOON = 90.0
"""Days within which people who were introduced are in touch."""


class Case(NamedTuple):
    """An introduction that worked: who made it, and the contact of each who knew both, with the one and the other."""

    introducer: int
    contact: dict[int, tuple[float, float]]
    acquaintances: dict[int, int]


Guess = Callable[[Case, int], float]
GUESSES: dict[str, Guess] = {
    "weaker side": lambda case, who: min(case.contact[who]),
    "stronger side": lambda case, who: max(case.contact[who]),
    "best-connected": lambda case, who: case.acquaintances[who],
}


def introducers(file: Path) -> None:
    """Name who introduced two people, from contact before; prints metrics as JSON.

    An introduction is a message to two people who were never in touch, from somebody who knew both, where the two are
    in touch within 90 days. Those count in which at least two people could have made it.

    Args:
        file: csv or csv.zst with ts, src, dst and message (rows of one message are one act).
    """
    print(json.dumps(evaluation(file), indent=2))


def evaluation(file: Path) -> dict[str, Any]:
    """How often the introducer is named first, and among three, beside other guesses."""
    cases = [case for case in _cases(file) if len(case.contact) > 1]
    if not cases:
        raise UnreadableFile(f"{file}: no introduction that could be judged")
    candidates = np.array([len(case.contact) for case in cases])
    chance = {"hit1": _rounded((1 / candidates).mean()), "hit3": _rounded(np.minimum(3 / candidates, 1).mean())}
    return {
        **_metrics(cases, lambda case, who: worth(case.contact[who])),
        "introductions": len(cases),
        "candidates": _rounded(candidates.mean()),
        "baselines": {name: _metrics(cases, guess) for name, guess in GUESSES.items()} | {"chance": chance},
    }


def _metrics(cases: list[Case], guess: Guess) -> dict[str, float]:
    places = np.array([_place(case, guess) for case in cases])
    return {"hit1": _rounded((places == 1).mean()), "hit3": _rounded((places <= 3).mean())}


def _place(case: Case, guess: Guess) -> int:
    """Return how high the introducer stands; who is as likely stands before them."""
    own = guess(case, case.introducer)
    return 1 + sum(guess(case, who) >= own for who in case.contact if who != case.introducer)


def _cases(file: Path) -> Iterator[Case]:
    """Go through the messages in time order, and yield each introduction when the two are in touch."""
    past, met, proposed = _Past(), set[tuple[int, int]](), dict[tuple[int, int], tuple[float, Case]]()
    for day, sender, receivers in _messages(file):
        for receiver in receivers:
            pair = (min(sender, receiver), max(sender, receiver))
            if pair not in met:
                met.add(pair)
                since, case = proposed.pop(pair, (-np.inf, None))
                if case is not None and day - since <= SOON:
                    yield case
        for pair in combinations(receivers, 2) if len(receivers) == 2 else ():
            if pair not in met and sender in (both := past.who_knows(pair)):
                contact = {who: (past.contact(who, pair[0], day), past.contact(who, pair[1], day)) for who in both}
                proposed[pair] = (day, Case(sender, contact, {who: len(past.known[who]) for who in both}))
        for receiver in receivers:
            past.add(sender, receiver, day, len(receivers) ** -0.5)


class _Past:
    """Who was in touch with whom, and how much, halved every 90 days."""

    def __init__(self) -> None:
        self.known: defaultdict[int, set[int]] = defaultdict(set)
        self._sums: dict[tuple[int, int], tuple[float, float]] = {}

    def who_knows(self, pair: tuple[int, int]) -> set[int]:
        return self.known[pair[0]] & self.known[pair[1]]

    def contact(self, one: int, other: int, day: float) -> float:
        """Return the contact of two, both ways."""
        total, at = self._sums[min(one, other), max(one, other)]
        return decayed(total, day - at)

    def add(self, one: int, other: int, day: float, weight: float) -> None:
        pair = (min(one, other), max(one, other))
        before = self.contact(one, other, day) if pair in self._sums else 0.0
        self._sums[pair] = (before + weight, day)
        self.known[one].add(other)
        self.known[other].add(one)


def _messages(file: Path) -> Iterator[tuple[float, int, list[int]]]:
    """Yield when each message was sent, by whom, and to whom, oldest first."""
    columns = read_columns(file, ["ts", "src", "dst", "message"])
    _, (source, target) = encode(columns["src"], columns["dst"])
    day = reals(columns["ts"], "ts") / DAY
    rows = sorted(zip(day.tolist(), columns["message"], source.tolist(), target.tolist(), strict=True))
    for (at, _, sender), of_one in groupby(rows, key=lambda row: row[:3]):
        if receivers := sorted({row[3] for row in of_one} - {sender}):
            yield at, sender, receivers


def _rounded(value: Any) -> float:
    return round(float(value), 3)
