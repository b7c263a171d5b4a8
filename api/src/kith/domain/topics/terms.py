"""Terms of texts: words, and phrases of words that belong together."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

# Letters of any script with inner hyphens, dots, underscores and pluses: "co-author", "node.js", "c++", "utf8".
_WORD = re.compile(r"[^\W\d_][\w+#]*(?:[-./'’][\w+#]+)*", re.UNICODE)
_NOISE = re.compile(r"https?://\S+|\S+@\S+|<[^>\n]*>|`{3}.*?`{3}|^[ \t]*>[^\n]*", re.DOTALL | re.MULTILINE)
_SHORTEST = 3

# Words that carry grammar in the languages of most communities; what else is common, counting finds out.
_GRAMMAR_WORDS = """
about after all also and any are because been before but can could did does doing don't for from get had has have her
here hers him his how however i'm into isn't it's its itself just let like make may me mine more most much must need new
not now off one only other our out over own please same she should so some such than thank thanks that the their them
then there these they this those through too under until use used uses using very via want was way were what when where
which while who why will with would you your
auf aus bei das dass dem den der des die durch ein eine einem einen einer für hat ich im ist mit nach nicht noch oder
sich sie sind und vom von war wie wir zu zum zur
avec ces dans des elle est les mais nous par pas pour que qui sont sur une vous
como con del desde los las más para pero por sin sobre una
"""
_GRAMMAR = frozenset(_GRAMMAR_WORDS.split())

# A pair of words is a phrase from three occurrences and a normalized mutual information of a half on.
_PHRASE_COUNT = 3
_PHRASE_NPMI = 0.5


def words(text: str) -> list[str]:
    """Return the words of a text in order, lower case; no links, addresses, quoted lines, code blocks or grammar."""
    found = (match.group().casefold() for match in _WORD.finditer(_NOISE.sub(" ", text)))
    return [word for word in found if len(word) >= _SHORTEST and word not in _GRAMMAR]


def terms(texts: Sequence[str]) -> list[list[str]]:
    """Return the terms of each text; words that belong together in these texts become one term, "merge conflict"."""
    tokens = [words(text) for text in texts]
    phrases = _phrases(tokens)
    return [_joined(each, phrases) for each in tokens]


def npmi(both: float, one: float, other: float, total: float) -> float:
    """Normalized pointwise mutual information of counts (Bouma 2009): -1 never together, 0 by chance, 1 always."""
    if not both:
        return -1.0
    if both >= total:
        return 1.0
    return math.log(both * total / (one * other)) / -math.log(both / total)


def _phrases(tokens: Iterable[Sequence[str]]) -> set[tuple[str, str]]:
    single: Counter[str] = Counter()
    double: Counter[tuple[str, str]] = Counter()
    for each in tokens:
        single.update(each)
        double.update(pairwise(each))
    total = sum(single.values())
    return {
        pair
        for pair, count in double.items()
        if count >= _PHRASE_COUNT
        and pair[0] != pair[1]
        and npmi(count, single[pair[0]], single[pair[1]], total) >= _PHRASE_NPMI
    }


def _joined(tokens: Sequence[str], phrases: set[tuple[str, str]]) -> list[str]:
    found: list[str] = []
    place = 0
    while place < len(tokens):
        pair = tuple(tokens[place : place + 2])
        taken = 2 if pair in phrases else 1
        found.append(" ".join(tokens[place : place + taken]))
        place += taken
    return found
