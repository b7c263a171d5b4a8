"""How a word that may be somebody's name is written: whose name it is part of, and whether it is a name there."""

import re
from collections.abc import Collection
from typing import NamedTuple

from kith.domain.kinds.words import GIVEN
from kith.domain.matching.names import agreement, fold, parse_name
from kith.domain.matching.vocabulary import HONORIFICS, NICKNAMES
from kith.domain.watches.words import begins_sentence, common

_BEFORE = re.compile(r"([^\W\d_][\w'’.-]*)[ \t]+$")
_AFTER = re.compile(r"[ \t]+([^\W\d_][\w'’-]*)(\.?)")
_TURNED_BEFORE = re.compile(r"([^\W\d_][\w'’-]*)[ \t]*,[ \t]*$")
_TURNED_AFTER = re.compile(r"[ \t]*,[ \t]*([^\W\d_][\w'’-]*)")
_NEAR = 60  # characters
_MIDDLES = 3  # words between a given name and a family name
_ALONE = re.compile(r"[ \t]*[,:;!.–-]*[ \t]*(?:\r?\n|$)")
_GREETING = re.compile(r"(?i)(?:^|\W)(?:hi|hey|hello|dear|thanks|thank you|cheers)[ \t,]+$")


class Place(NamedTuple):
    """Where a name stands. whole: with given name and family name."""

    start: int
    stop: int
    whole: bool


def read(text: str, start: int, stop: int, word: str, names: Collection[tuple[str, ...]]) -> Place | None:
    """Return where the name stands of which this word is part; None where it is another's, or no name.

    word: folded. names: given names and family name of whom it would be, each folded; the word may be in none.
    """
    families = [name for name in names if len(name) > 1 and name[-1] == word]
    givens = [name for name in names if len(name) > 1 and name[0] == word]
    found = _family(text, start, stop, families) if families else None
    if found is None and (givens or not families):
        found = _given(text, start, stop, givens) if givens else Place(start, stop, False)
    if found and not found.whole and word in common() and not _is_name(text, start, stop):
        return None
    return found


def _family(text: str, start: int, stop: int, names: Collection[tuple[str, ...]]) -> Place | None:
    """A family name alone, behind a title, behind a given name or its short form, or before it and a comma."""
    turned = _TURNED_AFTER.match(text, stop)
    if turned and _agrees(turned[1], names):
        return Place(start, turned.end(1), True)
    begin = start
    for _ in range(_MIDDLES):
        before = _BEFORE.search(text, max(begin - _NEAR, 0), begin)
        if before is None or not before[1][0].isupper():
            break
        said = fold(before[1]).strip(".")
        if said in HONORIFICS or said == "professor":
            return Place(before.start(1), stop, False)
        if len(said) == 1:
            begin = before.start(1)
        elif _agrees(before[1], names):
            return Place(before.start(1), stop, True)
        elif said in common() and (begins_sentence(text, before.start(1)) or said not in NICKNAMES):
            break
        else:
            return None
    return Place(begin, stop, False)


def _given(text: str, start: int, stop: int, names: Collection[tuple[str, ...]]) -> Place | None:
    """A given name before its family name or alone; not before another's, and not as a family name."""
    turned = _TURNED_BEFORE.search(text, max(start - _NEAR, 0), start)
    if turned and _is_family(turned[1], names):
        return Place(turned.start(1), stop, True)
    end = stop
    for _ in range(_MIDDLES + 1):
        after = _AFTER.match(text, end)
        if after is None or not after[1][0].isupper():
            break
        said = after[1].removesuffix("'s").removesuffix("’s")
        if _is_family(said, names):
            return Place(start, after.start(1) + len(said), True)
        if len(said) == 1:
            end = after.end()
        elif fold(said) in common():
            break
        else:
            return None
    before = _BEFORE.search(text, max(start - _NEAR, 0), start)
    if before and before[1][0].isupper() and fold(before[1]) in NICKNAMES.keys() | GIVEN:
        return None
    return Place(start, stop, False)


def _agrees(said: str, names: Collection[tuple[str, ...]]) -> bool:
    given = fold(said).strip(".")
    return any(set(name[:-1]) <= HONORIFICS or agreement((given, name[-1]), name).value > 0 for name in names)


def _is_family(said: str, names: Collection[tuple[str, ...]]) -> bool:
    return any(fold(said) == name[-1] for name in names)


def _is_name(text: str, start: int, stop: int) -> bool:
    """Whether a common word is written as a name: large within a sentence, or alone as in a greeting."""
    if not text[start].isupper():
        return False
    if not begins_sentence(text, start):
        return True
    opens = not text[:start].rstrip(" \t") or text[:start].rstrip(" \t").endswith("\n")
    return bool(_GREETING.search(text, max(start - _NEAR, 0), start)) or (opens and bool(_ALONE.match(text, stop)))


def bears(name: str, word: str) -> bool:
    """Whether a word is the given name or the family name of who is called so. word: folded."""
    read_as = parse_name(name)
    return word in (*read_as.full, read_as.bare)
