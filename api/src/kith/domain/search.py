"""Search: how well a name or a text answers what was asked for, and which parts of it to show."""

import math
import re
from typing import Literal, NamedTuple, TypeAlias, get_args

from rapidfuzz import fuzz

from kith.domain.matching import Identity, Profile, blocking_keys
from kith.domain.matching.names import fold

Type: TypeAlias = Literal["person", "organization", "community", "topic", "channel", "conversation", "interaction"]
TYPES: tuple[Type, ...] = get_args(Type)

ALIKE = 0.75
"""Least likeness of two names, in letters of ASCII, for one to be taken for the other misspelt."""

_SHOWN = 240  # characters of a text
_BEFORE = 60  # of them before the first match
_OF_NAMES = ("name:", "letters:", "sound:", "word:", "handle:")
_WORDS = re.compile(r"[^\W_]+")
_YEAR = 365.0


class Part(NamedTuple):
    """A stretch of a name or text. matched: it is what was asked for."""

    text: str
    matched: bool


def score_name(words: str, name: str) -> float:
    """Return how well a name answers, in (0, 1]: the same 1, its beginning 0.9, that of a word 0.8, a part 0.7; 0.05
    more where the word ends there; else less, by likeness in letters of ASCII.
    """
    asked, found = words.casefold().strip(), name.casefold()
    if asked == found:
        return 1.0
    place = found.find(asked)
    if place < 0:
        return 0.6 * likeness(words, name)
    whole = 0.0 if found[place + len(asked) :][:1].isalnum() else 0.05
    return whole + (0.9 if place == 0 else 0.7 if found[place - 1].isalnum() else 0.8)


def likeness(words: str, name: str) -> float:
    """Return how alike two names are in letters of ASCII, whatever their scripts and the order of words: 0 to 1."""
    asked, found = fold(words), fold(name)
    whole = fuzz.token_sort_ratio(asked, found)
    within = fuzz.partial_ratio(asked, found) if len(asked) <= len(found) else 0.0
    return max(whole, 0.95 * within) / 100.0


def score_text(rank: float, age_days: float) -> float:
    """Return how well a text answers, in [0, 0.85]: half of it is how densely it has the words, the rest how new it is.

    rank: ts_rank_cd with normalization 32, in [0, 1).
    """
    return 0.15 + 0.4 * rank + 0.3 * math.exp(-max(age_days, 0.0) / _YEAR)


def name_keys(words: str) -> set[str]:
    """Return the keys under which resolution has noted names that may be meant, in whatever script."""
    keys = blocking_keys(Profile(Identity("", name=words, kind="human")))
    return {key for key in keys if key.startswith(_OF_NAMES)}


def mark(text: str, words: str) -> list[Part]:
    """Return the part of a text around the first of the words, or its beginning, cut where they are."""
    wanted = sorted(set(_WORDS.findall(words)), key=len, reverse=True)
    if not wanted:
        return _cut(text, [])
    found = [match.span() for match in re.finditer("|".join(map(re.escape, wanted)), text, re.IGNORECASE)]
    return _cut(text, found)


def _cut(text: str, spans: list[tuple[int, int]]) -> list[Part]:
    start = max(0, spans[0][0] - _BEFORE) if spans else 0
    end, parts = min(len(text), start + _SHOWN), list[Part]()
    place = start
    for since, until in spans:
        if until > end:
            break
        if since > place:
            parts.append(Part(text[place:since], matched=False))
        parts.append(Part(text[since:until], matched=True))
        place = until
    if place < end:
        parts.append(Part(text[place:end], matched=False))
    return parts


START, STOP = "\x02", "\x03"
"""Around what matched, in what PostgreSQL shows of a text."""


def read_marks(headline: str) -> list[Part]:
    """Return the parts of a text with marks in it."""
    parts = list[Part]()
    for n, piece in enumerate(headline.split(START)):
        matched, stop, rest = piece.partition(STOP)
        if n and stop:
            parts.append(Part(matched, matched=True))
            piece = rest
        if piece:
            parts.append(Part(piece, matched=False))
    return parts
