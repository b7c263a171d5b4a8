"""Aliases in a text: one automaton for all of them, with misspellings of long words.

Aho and Corasick (1975), by pyahocorasick: a text is walked once, whatever the number of aliases.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import ahocorasick
from rapidfuzz.distance import OSA

from kith.domain.matching.names import fold as folded_name
from kith.domain.watches import names
from kith.domain.watches.words import CHARACTERS, common, fold, is_bounded, own

Rule = Literal["always", "in_context"]
MISSPELT = 8
"""Letters from which on one may be wrong, missing, too many or in its neighbor's place."""
MOST = 200  # hits of one text that are judged
REMEMBERED = 100_000  # words whose spelling was looked up
FINDERS = 4  # automata that are kept

_LONG = re.compile(rf"\w{{{MISSPELT - 1},40}}")


class Alias(NamedTuple):
    """What somebody or something is called. watch: the number of the watch that it belongs to."""

    watch: int
    text: str
    rule: Rule


class Hit(NamedTuple):
    """An alias in a text. alias: its number. sure: meant, whatever else the conversation says. word: folded."""

    alias: int
    start: int
    stop: int
    sure: bool
    word: str


class Finder:
    """Finds aliases in texts. It remembers how words are spelled, and answers alike whatever it was asked before."""

    def __init__(self, aliases: Sequence[Alias]) -> None:
        self.aliases = aliases
        bearers = defaultdict[str, list[int]](list)
        self._names = defaultdict[int, list[tuple[str, ...]]](list)
        for number, alias in enumerate(aliases):
            if said := fold(alias.text.strip())[0]:
                bearers[said].append(number)
            if len(words := alias.text.split()) > 1:
                self._names[alias.watch].append(tuple(folded_name(word) for word in words))
        self._bearers = dict(bearers)
        self._automaton = ahocorasick.Automaton()
        for said in self._bearers:
            self._automaton.add_word(said, said)
        if self._bearers:
            self._automaton.make_automaton()
        self._spellings = _spellings(self._bearers)
        self._known = dict[str, str]()

    def find(self, text: str) -> list[Hit]:
        """Return what stands in a text and may be meant, by place."""
        if not self._bearers:
            return []
        text = text[:CHARACTERS]
        said, places = self._spelled(*fold(text))
        found = [
            (number, places[end + 1 - len(word)], places[end] + 1, word)
            for end, word in self._automaton.iter(said)
            if is_bounded(said, end + 1 - len(word), end + 1)
            for number in self._bearers[word]
        ]
        if not found:
            return []
        heard = own(text)
        return self._judged(heard, [each for each in found if heard[each[1] : each[2]].strip()][:MOST])

    def _judged(self, text: str, found: Sequence[tuple[int, int, int, str]]) -> list[Hit]:
        hits = list[Hit]()
        for number, start, stop, word in found:
            alias = self.aliases[number]
            if alias.rule == "always":
                hits.append(Hit(number, start, stop, True, word))
            elif (place := names.read(text, start, stop, folded_name(word), self._names[alias.watch])) and is_bounded(
                text, place.start, place.stop
            ):
                hits.append(Hit(number, place.start, place.stop, place.whole, folded_name(word)))
        return sorted(self._longest(hits), key=lambda hit: (hit.start, hit.alias))

    def _longest(self, hits: Sequence[Hit]) -> Iterator[Hit]:
        """Leave out what stands within a longer name of the same watch, and what may be meant within any."""
        for i, hit in enumerate(hits):
            if not any(
                (other.stop - other.start, -j) > (hit.stop - hit.start, -i)
                and other.start <= hit.start
                and hit.stop <= other.stop
                and (self._watch(other) == self._watch(hit) or (other.sure and not hit.sure))
                for j, other in enumerate(hits)
            ):
                yield hit

    def _watch(self, hit: Hit) -> int:
        return self.aliases[hit.alias].watch

    def _spelled(self, said: str, places: Sequence[int]) -> tuple[str, Sequence[int]]:
        """Write words that are nearly one of an alias as that; places: where each sign stood."""
        if not self._spellings:
            return said, places
        wrong = [(found, right) for found in _LONG.finditer(said) if (right := self._right(found[0])) != found[0]]
        if not wrong:
            return said, places
        parts, stood, last = list[str](), list[int](), 0
        for found, right in wrong:
            parts += [said[last : found.start()], right]
            stood += places[last : found.start()]
            stood += [places[min(found.start() + i, found.end() - 1)] for i in range(len(right) - 1)]
            stood.append(places[found.end() - 1])
            last = found.end()
        return "".join([*parts, said[last:]]), [*stood, *places[last:]]

    def _right(self, word: str) -> str:
        """Return the word of an alias that this one is but for one edit, or the word itself."""
        if (known := self._known.get(word)) is not None:
            return known
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        likely = {right for shape in (word, *_shorter(word)) for right in self._spellings.get(shape, ())}
        near = sorted(right for right in likely if right[0] == word[0] and OSA.distance(word, right) == 1)
        self._known[word] = near[0] if near and word not in likely and word not in common() else word
        return self._known[word]


def _spellings(aliases: Collection[str]) -> dict[str, set[str]]:
    """Return the long words of aliases by what is left of each without one letter, and by themselves."""
    found = defaultdict[str, set[str]](set)
    for alias in aliases:
        for word in alias.split():
            if len(word) >= MISSPELT and word.isalpha():
                for shape in (word, *_shorter(word)):
                    found[shape].add(word)
    return dict(found)


def _shorter(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


@lru_cache(maxsize=FINDERS)
def finder(aliases: tuple[Alias, ...]) -> Finder:
    """Return the automaton of these aliases; the latest few are kept."""
    return Finder(aliases)
