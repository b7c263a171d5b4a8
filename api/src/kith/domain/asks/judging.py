"""Asks of many texts at once: what the model says of each, summed over arrays."""

import math
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kith.domain.asks.model import KNOWN, SHOWN, Model, chance_of, shipped
from kith.domain.asks.parts import LENGTH, LONG, LONGEST, OPENERS, mark, requests
from kith.domain.asks.words import own_words, sentences, words_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_LEAST = math.log(SHOWN / (1 - SHOWN))
_REMEMBERED = 50_000  # runs of characters between blanks, whose words are remembered
_SHORT = 30  # characters of these
_OTHER, _LETTERS, _BEGIN, _END = range(4)  # words that the model does not know, without letters and with; either end


class Ask(NamedTuple):
    """The sentence that makes a text an ask, as ``kith.domain.asks.model.Judgment`` has it."""

    sentence: str
    chance: float
    learnt: bool


class Judge:
    """Judges as ``Model.ask`` does, and much faster. Words are numbers here, and phrases runs of these."""

    def __init__(self, model: Model) -> None:
        words = dict.fromkeys(chain("<>", OPENERS, *(phrase.split(" ") for phrase in model.phrases)))
        numbers = {word: number for number, word in enumerate(words, start=_BEGIN)}
        self._model = model
        self._runs = _Runs(numbers)
        self._alphabetic = np.array([False, True, *(word[0].isalpha() for word in words)])
        self._known = np.array([False, False, *(word in model.phrases for word in words)])
        self._opens = np.array([False, False, *(word in OPENERS for word in words)])
        self._weights = [_Weights(model.phrases, numbers, size) for size in range(1, LONGEST + 1)]

    def asks(self, texts: Sequence[str]) -> list[Ask | None]:
        """Return what each text asks; None where it is no ask."""
        found: list[Ask | None] = [None] * len(texts)
        said, numbers = list[str](), list[int]()
        text, ends, marks = list[int](), list[int](), list[str | None]()
        for place, each in enumerate(texts):
            for sentence in sentences(own_words(each)):
                words = list(chain.from_iterable(map(self._runs.__getitem__, sentence.lower().split())))
                numbers += (_BEGIN, *words, _END)
                said.append(sentence)
                text.append(place)
                ends.append(len(numbers))
                marks.append(mark(sentence, words))
        if not said:
            return found
        log_odds, learnt = self._sums(np.array(numbers), np.array(ends), np.array(marks))
        request = self._model.named.get("request", 0.0)
        for i in np.flatnonzero(log_odds + learnt * max(request, 0.0) >= _LEAST).tolist():
            chance = chance_of(log_odds[i] + learnt[i] * request * requests(said[i]))
            best = found[text[i]]
            if chance >= SHOWN and (best is None or chance > best.chance):
                found[text[i]] = Ask(said[i], chance, bool(learnt[i]))
        return found

    def _sums(self, numbers: Ints, ends: Ints, marks: NDArray[np.object_]) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the log-odds of each sentence, but for phrases of request, and whether its language is known."""
        model, count = self._model, len(ends)
        sentence = np.repeat(np.arange(count), np.diff(ends, prepend=0))
        spoken = np.flatnonzero(self._alphabetic[numbers])
        words = np.bincount(sentence[spoken], minlength=count)
        learnt = np.bincount(sentence[spoken], self._known[numbers[spoken]], count) >= KNOWN * words
        having, first = np.unique(sentence[spoken], return_index=True)
        opens = np.zeros(count)
        opens[having] = self._opens[numbers[spoken[first]]]
        sizes = {"opener": opens, "length": np.minimum(words, LONG) / LENGTH}
        sizes |= {part: marks == part for part in ("mark", "mark inside")}
        named = sum((model.named.get(part, 0.0) * size for part, size in sizes.items()), np.zeros(count))
        phrases = sum((weights.sums(numbers, sentence, count) for weights in self._weights), np.zeros(count))
        intercept, marked = model.unknown
        unknown = intercept + marked * (sizes["mark"] + sizes["mark inside"])
        return np.where(learnt, model.intercept + named + phrases, unknown), learnt


class _Runs(dict[str, tuple[int, ...]]):
    """The words of runs of characters between blanks, as numbers; those of many short runs are remembered."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        super().__init__()
        self._numbers = numbers

    def __missing__(self, run: str) -> tuple[int, ...]:
        found = tuple(self._numbers.get(word, _LETTERS if word[0].isalpha() else _OTHER) for word in words_of(run))
        if len(run) <= _SHORT:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[run] = found
        return found


class _Weights:
    """Weights of the phrases of so many words. A phrase of the words a, b and c has the key (a · n + b) · n + c."""

    def __init__(self, phrases: Mapping[str, float], numbers: Mapping[str, int], size: int) -> None:
        self._size, self._n = size, len(numbers) + _BEGIN
        weights = {
            self._key([numbers[word] for word in words]): weight
            for phrase, weight in phrases.items()
            if len(words := phrase.split(" ")) == size
        }
        self._keys = np.array([*sorted(weights), np.iinfo(np.int64).max])
        self._weights = np.array([*(weights[key] for key in sorted(weights)), 0.0])

    def sums(self, numbers: Ints, sentence: Ints, count: int) -> Floats:
        """Return the sum of each sentence, in which every phrase counts once."""
        keys = self._key([numbers[start : len(numbers) - self._size + 1 + start] for start in range(self._size)])
        place = np.searchsorted(self._keys, keys)
        found = np.flatnonzero(self._keys[place] == keys)
        held = np.sort(sentence[found] * len(self._keys) + place[found])
        once = held[np.diff(held, prepend=-1) > 0]  # np.unique takes five times as long
        return np.bincount(once // len(self._keys), self._weights[once % len(self._keys)], count).astype(np.float64)

    def _key(self, words: Sequence[Any]) -> Any:
        return reduce(lambda key, word: key * self._n + word, words)


@cache
def shipped_judge() -> Judge:
    """Return the judge with the weights that come with this version of kith."""
    return Judge(shipped())
