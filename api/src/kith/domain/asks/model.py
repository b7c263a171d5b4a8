"""The versioned weights of asks, and what they make of a sentence."""

import hashlib
import math
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

import msgspec

from kith.domain.asks.parts import named, phrases
from kith.domain.asks.words import own_words, sentences, words

SHOWN = 0.5
"""The chance from which words are an ask."""
LISTED = 0.7
"""The chance from which an ask stands in lists."""
KNOWN = 0.4  # of the words of a sentence; below, it is in a language that the model does not know


class Contribution(msgspec.Struct, frozen=True):
    """What a part adds to the log-odds: one that has a name, or learnt words."""

    part: str
    weight: float


class Judgment(msgspec.Struct, frozen=True):
    """A sentence and the chance that it is an ask: the logistic function of the sum of intercept and contributions.

    ``learnt`` is false where the language is not known, and the mark alone decides.
    """

    sentence: str
    chance: float
    log_odds: float
    intercept: float
    contributions: list[Contribution]
    learnt: bool


class Model(msgspec.Struct, frozen=True):
    """Log-odds = intercept + named parts + learnt phrases; of an unknown language, intercept and mark alone.

    ``taught`` is the ``fingerprint`` of the sentences that it has learnt from.
    """

    version: str
    taught: str
    intercept: float
    named: dict[str, float]
    phrases: dict[str, float]
    unknown: tuple[float, float]

    def log_odds(self, sentence: str) -> float:
        """Return the log-odds that a sentence asks something of the reader."""
        intercept, parts, _ = self._parts(sentence)
        return _sum(intercept, parts)

    def chance(self, sentence: str) -> float:
        """Return the chance that a sentence asks something of the reader."""
        return chance_of(self.log_odds(sentence))

    def judge(self, sentence: str) -> Judgment:
        """Judge a sentence and say why, largest contribution first."""
        return _judgment(sentence, *self._parts(sentence))

    def ask(self, text: str) -> Judgment | None:
        """Return the sentence of a text that is an ask most likely; None where the writer said nothing.

        Of sentences with the same chance the first counts.
        """
        said = [(sentence, *self._parts(sentence)) for sentence in sentences(own_words(text))]
        return _judgment(*max(said, key=lambda each: _sum(*each[1:3]))) if said else None

    def _parts(self, sentence: str) -> tuple[float, list[tuple[str, float]], bool]:
        spoken = words(sentence)
        present = named(sentence, spoken)
        if not self._knows(spoken):
            intercept, mark = self.unknown
            return intercept, [("mark", mark)] if present.keys() & {"mark", "mark inside"} else [], False
        return self.intercept, [*self._named(present), *self._learnt(spoken)], True

    def _named(self, present: dict[str, float]) -> Iterator[tuple[str, float]]:
        for part, size in present.items():
            if weight := self.named.get(part):
                yield part, weight * size

    def _learnt(self, spoken: list[str]) -> Iterator[tuple[str, float]]:
        known = self.phrases
        for phrase in known.keys() & set(phrases(spoken)):
            if weight := known[phrase]:
                yield phrase, weight

    def _knows(self, spoken: list[str]) -> bool:
        alphabetic = [word for word in spoken if word[0].isalpha()]
        return sum(word in self.phrases for word in alphabetic) >= KNOWN * len(alphabetic)


def _sum(intercept: float, parts: Iterable[tuple[str, float]]) -> float:
    return math.fsum([intercept, *(weight for _, weight in parts)])


def _judgment(sentence: str, intercept: float, parts: Iterable[tuple[str, float]], learnt: bool) -> Judgment:
    total = _sum(intercept, parts)
    why = [Contribution(part, weight) for part, weight in sorted(parts, key=lambda part: (-abs(part[1]), part[0]))]
    return Judgment(sentence, chance_of(total), total, intercept, why, learnt)


def fingerprint(said: Iterable[str]) -> str:
    """Return what tells one set of sentences from another, whatever their order."""
    return hashlib.sha256("\n".join(sorted(said)).encode()).hexdigest()[:16]


def chance_of(log_odds: float) -> float:
    """Return the logistic function."""
    return 1 / (1 + math.exp(-log_odds)) if log_odds >= 0 else 1 - 1 / (1 + math.exp(log_odds))


@cache
def shipped() -> Model:
    """Return the weights that come with this version of kith."""
    return parse(files(__package__).joinpath("model.json").read_bytes())


def parse(text: bytes) -> Model:
    """Read the JSON of trained weights.

    Raises:
        ValueError: it is no such file.
    """
    return msgspec.json.decode(text, type=Model)
