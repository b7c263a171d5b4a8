"""Learns the weights of replies from chat in which people have marked what each line answers."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array, hstack, vstack

from kith.domain.replies.lines import Floats, Lines
from kith.domain.replies.model import AND, Model, product, softmax
from kith.domain.replies.said import BEFORE
from kith.domain.replies.signs import ALONE, GAPS, NEAR, SILENT, Signs, second_signs, signs

_PULL = 8.0  # what a weight of 1 costs, twice, in log-likelihood
_LEAST = 0.02  # weight times spread of a part, below which it is left out

_EACH = {
    "NEAR": tuple(NEAR),
    "GAP": tuple(GAPS),
    "SILENT": tuple(f"{ALONE} {name}" for name in SILENT),
    "CALLED": tuple(f"{ALONE} {name.replace('silent', 'called')}" for name in SILENT),
}
_FIRST = """
NEAR
NEAR & I name you
NEAR & mine
NEAR & yours & I name none & you name none
GAP
GAP & I name you
GAP & mine
GAP & yours & I name none
to you
to you & your last
to you & your second last
I name you
I name you & your last
I name you & your second last
I name you & you name me
I name you & you name me & your last
I name you & you name me & not since I spoke
I name you & last to me
I name you & you name none
I name you & you name none & question
I name you & question
I name you & you name others
I name you & you are new
I name you & named since
I name you & I spoke since
I name you & I spoke twice since
I name you & your partner is me
I name you & you begin
I name you & you go on
I name you & your last question
I name you & your last question & you name none
I name you & long
I name you & short
I name you & rare words
I name you & words in common
I name you & you assent
I name you & you thank
I name you & I ask
I name you & I ask & question
I name you & I am new
I name you & I am new & your last question
I name you & others to me since
I name you & you name none & not since I spoke
I name you & yours
yours & I name others
yours & I name others & same name
mine & same name
mine & same name & your last
mine & I name others
mine & I name others & your last
you name me
you name me & I name none
you name me & I name none & your last
you name me & I name none & last to me
you name me & I name none & last to me & not since I spoke
you name me & I name none & not since I spoke
you name me & I name none & question
you name me & I spoke twice since
you name me & I thank
you name me & you begin
you name me & you go on
you name me & I name none & your last question
you name me & I ask
you name me & I assent
you name me & to you
yours & you name others
yours & you name others & I name none
mine
mine & your last
mine & your last & I name none
mine & your last & others to me since
mine & your last & you name none
mine & your last & I name none & you name others
mine & your last & question
mine & your last & I ask
mine & next
mine & next & I name none
mine & your last & same minute
mine & you are new
mine & second next & your last
mine & your last & I thank
mine & your last & I assent
mine & your last & you assent
mine & your last & long
mine & your last & short
yours & I name none & my partner
yours & I name none & my partner & your last
yours & I name none & my partner & not since I spoke
yours & I name none & named me last
yours & I name none & named me last & your last
yours & I name none & your partner is me
yours & I name none & your partner is me & your last
yours & I name none & your partner is me & your last & you name none
yours & I name none & your last
yours & I name none & your last & not since I spoke
yours & I name none & I spoke since
yours & I name none & I spoke twice since
yours & I name none & question
yours & I name none & question & you name none
yours & I name none & question & you name none & not named since
yours & I name none & question & I ask
yours & I name none & you are new
yours & I name none & I am new
yours & I name none & you name none & you open
yours & I name none & I assent
yours & I name none & I assent & question
yours & I name none & I ask
yours & I name none & your last question
yours & I name none & you begin
yours & I name none & you go on
yours & I name none & before mine
yours & both greet
mine & I thank
yours & question & I thank
yours & you thank
yours & named since
rare words
words in common
rare words & yours & I name none
rare words & mine
rare words & yours & question & you name none
yours & long
yours & short
alone
alone I name one
alone to one
alone I name a stranger
SILENT
SILENT & alone I name none
CALLED
CALLED & alone I name none
alone I am new
alone I am new & alone I name none
alone I am new & alone I name none & alone I ask
alone I am new & alone called
alone called since I spoke
alone I ask
alone I ask & alone I name none
alone I greet
alone I greet & alone I name none
alone I thank
alone I assent
alone I assent & alone I name none
alone I open
alone I open & alone I name none
alone long
alone long & alone I name none
alone short & alone I name none
alone pause
alone words in common
alone I have a partner
alone I have a partner & alone I name none
"""
_SECOND = """
yours & answers me
yours & answers me & I name none
yours & answers me & I name none & your last
yours & answers me & I name none & not since I spoke
yours & answers me & I name none & not since I spoke & your last
yours & answers me & you name none
yours & answers me & I name none & you name none & not since I spoke
I name you & answers me
yours & I answered you last
yours & I answered you last & I name none
yours & I answered you last & I name none & your last
yours & I answered you last & I name none & not since I spoke
yours & I answered you last & I name none & not since I spoke & your last
I name you & I answered you last
yours & I answered you last & answers me
yours & I answered you last & answers me & I name none
yours & answered
yours & answered & I name none
yours & I answered
yours & I answered & I name none
I name you & I answered
I name you & answered
yours & answered & I name none & question
mine & answered
mine & answered & your last
mine & I answered
yours & began
yours & began & I name none
I name you & began
mine & began
mine & began & your last
yours & began & question
yours & began & question & I name none
yours & began & question & I name none & not answered
mine & answers me
mine & answers me & your last
mine & your last & waiting
mine & your last & waiting & I name none
yours & I name none & waiting & not to me
alone waiting
alone waiting & alone I name none
alone mine began
alone mine answered
"""


class Lesson(NamedTuple):
    """The lines of a room, and which candidate is right: of the lines from ``start`` on, shape (lines, BEFORE + 1).

    A line with no right candidate teaches nothing.
    """

    lines: Lines
    start: int
    right: NDArray[np.bool_]


def train(lessons: Sequence[Lesson], version: str) -> Model:
    """Return the most likely weights, of the parts that matter.

    The second look learns from first looks that have not seen the same room.
    """
    parts = list(_parts(_FIRST))
    seen = [_signs(lesson) for lesson in lessons]
    designs = [_design(each, parts) for each in seen]
    kept, first = _fit_twice(designs, lessons, parts)
    place = [parts.index(part) for part in kept]
    designs = [design[:, place] for design in designs]
    halves = [_fit(designs[side::2], lessons[side::2], first) for side in (1, 0)]
    more = list(_parts(_SECOND))
    both = []
    for number, (lesson, each) in enumerate(zip(lessons, seen, strict=True)):
        begin, count = _begin(lesson), len(lesson.lines.actor)
        looked = np.zeros((count, BEFORE + 1))
        odds = designs[number] @ halves[number % 2]
        looked[begin:] = softmax(odds.reshape(-1, BEFORE + 1), begin, count)
        both.append(
            hstack([designs[number], _design(each | second_signs(lesson.lines, begin, count, looked), more)]).tocsr()
        )
    kept_both, second = _fit_twice(both, lessons, [*kept, *more])
    return Model(version, _named(kept, first), _named(kept_both, second))


def _parts(text: str) -> Iterator[str]:
    for line in text.strip().splitlines():
        head, *rest = line.split(AND)
        yield from (AND.join((each, *rest)) for each in _EACH.get(head, (head,)))


def _begin(lesson: Lesson) -> int:
    return max(0, lesson.start - BEFORE)


def _signs(lesson: Lesson) -> Signs:
    return signs(lesson.lines, _begin(lesson), len(lesson.lines.actor))


def _design(seen: Signs, parts: Sequence[str]) -> csr_array:
    """Parts in columns; a row a candidate of a line."""
    return hstack([csr_array(product(seen, part).reshape(-1, 1)) for part in parts]).tocsr()


def _named(parts: Sequence[str], weights: Floats) -> dict[str, float]:
    return {part: round(weight, 4) for part, weight in zip(parts, weights.tolist(), strict=True)}


def _fit_twice(
    designs: Sequence[csr_array], lessons: Sequence[Lesson], parts: Sequence[str]
) -> tuple[list[str], Floats]:
    """Fit, leave out what matters little, and fit again."""
    weights = _fit(designs, lessons)
    stacked = vstack(designs)
    mean = np.asarray(stacked.mean(axis=0)).ravel()
    spread = np.sqrt(np.maximum(np.asarray(stacked.multiply(stacked).mean(axis=0)).ravel() - mean**2, 0.0))
    kept = np.flatnonzero(np.abs(weights) * spread >= _LEAST)
    return [parts[i] for i in kept.tolist()], _fit([design[:, kept] for design in designs], lessons, weights[kept])


def _fit(designs: Sequence[csr_array], lessons: Sequence[Lesson], start: Floats | None = None) -> Floats:
    """Conditional logit (McFadden 1974); of several right candidates any will do."""
    rows, right, there = [], [], []
    for design, lesson in zip(designs, lessons, strict=True):
        begin = _begin(lesson)
        line = np.flatnonzero(lesson.right.any(1))
        at = line + lesson.start - begin
        rows.append(design[(at[:, None] * (BEFORE + 1) + np.arange(BEFORE + 1)).ravel()])
        right.append(lesson.right[line])
        there.append(np.hstack([(at + begin)[:, None] >= np.arange(1, BEFORE + 1), np.ones((len(at), 1), dtype=bool)]))
    values, truth, known = vstack(rows).tocsr(), np.vstack(right), np.vstack(there)
    turned = values.T.tocsr()

    def cost(weights: Floats) -> tuple[float, Floats]:
        odds = np.where(known, (values @ weights).reshape(truth.shape), -np.inf)
        odds = np.exp(odds - odds.max(1, keepdims=True))
        chance = odds / odds.sum(1, keepdims=True)
        hit = (chance * truth).sum(1)
        gap = chance - chance * truth / hit[:, None]
        return float(_PULL / 2 * weights @ weights - np.log(hit).sum()), turned @ gap.ravel() + _PULL * weights

    first = np.zeros(values.shape[1]) if start is None else start
    found: Floats = minimize(cost, first, jac=True, method="L-BFGS-B", options={"maxiter": 200, "ftol": 1e-6}).x
    return found
