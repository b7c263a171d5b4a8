"""The versioned weights of replies, and what they make of the lines of a room."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np

from kith.domain.replies.lines import MEMORY, Floats, Lines
from kith.domain.replies.said import BEFORE
from kith.domain.replies.signs import Signs, candidates, second_signs, signs

POINTER = 0.5
"""The chance from which a link counts as a reply for asks and dialogue."""
CONTACT = 0.8
"""The chance from which a link counts as contact of two people."""
AND = " & "
_AT_ONCE = 500  # lines


class Contribution(msgspec.Struct, frozen=True):
    """What a part adds to the log-odds of a link."""

    part: str
    weight: float


class Link(msgspec.Struct, frozen=True):
    """The best guess of a line: the index of the line that it answers, None where it begins something."""

    answers: int | None
    chance: float


class Model(msgspec.Struct, frozen=True):
    """Chances = softmax over the candidates of the sum of weights; a part is a product of signs.

    The ``first`` look sees names, times and words alone; the ``second`` also what the first says of the lines before.
    """

    version: str
    first: dict[str, float]
    second: dict[str, float]

    def chances(self, lines: Lines, start: int) -> Floats:
        """Return the chances of each line from ``start`` on; shape (lines, BEFORE + 1).

        Column k is that it answers the line k + 1 before it, the last one that it answers none.
        """
        count = len(lines.actor)
        looked = np.zeros((count, BEFORE + 1))
        early = max(0, start - MEMORY)
        for begin in range(early, count, _AT_ONCE):
            end = min(begin + _AT_ONCE, count)
            looked[begin:end] = softmax(total(signs(lines, begin, end), self.first), begin, end)
        found = np.zeros((count - start, BEFORE + 1))
        for begin in range(start, count, _AT_ONCE):
            end = min(begin + _AT_ONCE, count)
            seen = signs(lines, begin, end) | second_signs(lines, begin, end, looked)
            found[begin - start : end - start] = softmax(total(seen, self.second), begin, end)
        return found

    def why(self, lines: Lines, line: int, answers: int | None) -> list[Contribution]:
        """Return what speaks for a link, and against it, largest first; the parts add up to its log-odds."""
        early = max(0, line - MEMORY)
        looked = np.zeros((line + 1, BEFORE + 1))
        looked[early:] = softmax(total(signs(lines, early, line + 1), self.first), early, line + 1)
        seen = signs(lines, line, line + 1) | second_signs(lines, line, line + 1, looked)
        place = BEFORE if answers is None else line - answers - 1
        parts = ((part, weight * float(product(seen, part)[0, place])) for part, weight in self.second.items())
        present = [Contribution(part, size) for part, size in parts if size]
        return sorted(present, key=lambda each: -abs(each.weight))


def links(chances: Floats, start: int) -> list[Link]:
    """Return the best guess of each line."""
    best = chances.argmax(1)
    return [
        Link(None if back == BEFORE else start + i - int(back) - 1, float(chances[i, back]))
        for i, back in enumerate(best)
    ]


def conversations(chances: Floats, start: int) -> list[int]:
    """Return the first line of the conversation of each line: the one to whose lines it is tied most, in sum."""
    home: dict[int, int] = {}
    for i, row in enumerate(chances):
        line = start + i
        tied: dict[int, float] = {line: float(row[BEFORE])}
        for back in np.flatnonzero(row[:BEFORE]).tolist():
            first = home.get(line - back - 1, line - back - 1)
            tied[first] = tied.get(first, 0.0) + float(row[back])
        home[line] = max(tied, key=lambda first: (tied[first], first))
    return [home[start + i] for i in range(len(chances))]


def unanswered(chances: Floats, actor: Iterable[int]) -> Floats:
    """Return the chance of each line that nobody but its speaker answers it: the product of one minus each chance.

    ``chances`` begin with the first of the lines, ``actor`` says who spoke each.
    """
    speaker = np.fromiter(actor, dtype=np.int64)
    nobody = np.ones(len(speaker))
    for back in range(1, min(BEFORE, len(speaker) - 1) + 1):
        answer = np.where(speaker[back:] != speaker[:-back], chances[back:, back - 1], 0.0)
        nobody[:-back] *= 1.0 - answer
    return nobody


def total(seen: Signs, weights: Mapping[str, float]) -> Floats:
    """Add up the parts of each candidate, in the order of the weights."""
    some = next(iter(seen.values()))
    added = np.zeros(some.shape)
    for part, weight in weights.items():
        added += weight * product(seen, part)
    return added


def product(seen: Signs, part: str) -> Floats:
    """Return the size of a part: the product of its signs."""
    first, *others = part.split(AND)
    size = seen[first]
    for other in others:
        size = size * seen[other]
    return size


def softmax(log_odds: Floats, start: int, end: int) -> Floats:
    """Return chances over the candidates that there are."""
    there = np.ones((end - start, BEFORE + 1), dtype=bool)
    there[:, :BEFORE] = candidates(start, end)[2]
    known = np.where(there, log_odds, -np.inf)
    odds = np.exp(known - known.max(1, keepdims=True))
    chances: Floats = odds / odds.sum(1, keepdims=True)
    return chances


@cache
def shipped() -> Model:
    """Return the weights that come with this version of kith."""
    return msgspec.json.decode(files(__package__).joinpath("model.json").read_bytes(), type=Model)
