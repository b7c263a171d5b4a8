"""Names of humans: reading them, and how well two of them agree."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

from anyascii import anyascii
from rapidfuzz.distance import JaroWinkler

from kith.domain.matching.addresses import find_address
from kith.domain.matching.vocabulary import HONORIFICS, NICKNAMES, NOBODY

_FOLDED = re.compile(r"(?<=[aou])e")
_BRACKETS = re.compile(r"[(\[{<]([^)\]}>]*)[)\]}>]")
_VIA = re.compile(r"\s+via\s+.+$", re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9]+")
_SEPARATED = re.compile(r"[._\-\s]+")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_APART = str.maketrans({"'": None, "-": None, ".": " ", "_": " "})
# What is left of ISO 2022, as old mail programs write it: ``K\x1b,Av\x1b(Bnig`` is ``König``.
_ISO_2022 = re.compile(r"\x1b[,-]([A-HLM])([^\x1b]*)\x1b\(B")
_PARTS = dict(zip("ABCDGHFLM", (1, 2, 3, 4, 6, 8, 7, 5, 9), strict=True))
_HAN = re.compile(r"^[\u4e00-\u9fff]{2,4}$")


_NO_GROUP: frozenset[int] = frozenset()
_CACHED = 2**16  # pairs of words, of which a few make most


class Name(NamedTuple):
    """A name that was read. At most one of `full` and `bare` is set.

    `full`: two or more words which the bearer wrote apart. `guessed`: words found inside one (JaneDoe, jane.doe).
    `bare`: a single word: a given name or a handle. `asides`: words in brackets. `address`: an address inside the name.
    `relayed`: the bearer writes ``via`` a relay, so that the address beside the name is the relay's.
    """

    full: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    bare: str = ""
    asides: tuple[str, ...] = ()
    address: str = ""
    relayed: bool = False


def fold(text: str) -> str:
    """Lower-case ASCII for any script."""
    return text.lower() if text.isascii() else anyascii(unicodedata.normalize("NFKC", text)).lower()


def squash(text: str) -> str:
    """Letters and digits alone, in lower-case ASCII."""
    return text.lower() if text.isascii() and text.isalnum() else "".join(_WORD.findall(fold(text)))


def parse_name(raw: str) -> Name:
    """Read a name in any script, order (``Last, First``) and dress (titles, quotes, brackets, ``via`` a relay)."""
    if "\x1b" in raw:
        raw = _ISO_2022.sub(_decoded, raw)
    text = _VIA.sub("", raw.strip())
    relayed = len(text) < len(raw.strip())
    address = find_address(text) if "@" in text or " [at] " in text else ""
    if address:
        text = text.replace(address, " ")
    asides: tuple[str, ...] = ()
    if any(bracket in text for bracket in "([{<"):
        inside = " ".join(_BRACKETS.findall(text))
        outside = _BRACKETS.sub(" ", text).strip()
        latin_inside = not outside.isascii() and " " in inside and inside.isascii()
        text, aside = (inside, "") if latin_inside or not squash(outside) else (outside, inside)
        asides = tuple(word for word in [squash(aside.partition(" ")[0])] if len(word) > 2)
    words = _words(_straight(text))
    if not words or "".join(words) in NOBODY:
        return Name((), (), "", asides, address, relayed)
    if len(words) > 1:
        return Name(words, (), "", asides, address, relayed)
    return Name((), _guess(text), words[0], asides, address, relayed)


def _decoded(found: re.Match[str]) -> str:
    part = _PARTS.get(found[1])
    high = bytes(ord(sign) & 0x7F | 0x80 for sign in found[2])
    return high.decode(f"iso8859_{part}", errors="replace") if part else ""


def _straight(text: str) -> str:
    """Turn ``Last, First`` round, and drop titles behind a comma."""
    last, comma, first = text.partition(",")
    if not comma or not last.strip() or not first.strip():
        return text.replace(",", " ")
    if set(_WORD.findall(fold(first))) & HONORIFICS:
        return last
    return f"{first} {last}".replace(",", " ")


def _words(text: str) -> tuple[str, ...]:
    if not text.isascii():
        text = text.strip()
        if _HAN.match(text):  # a Han name: the family name comes first and, but for a few, is one sign
            return tuple("".join(_WORD.findall(anyascii(part).lower())) for part in (text[1:], text[0]))
        text = anyascii(unicodedata.normalize("NFKC", text))
    apart = text.lower().translate(_APART).split()
    if len(text.split(None, 1)) == 1:
        apart = ["".join(apart)]  # one run of letters is a handle, whatever joins its parts
    words = [word if word.isalnum() else "".join(_WORD.findall(word)) for word in apart]
    kept = tuple([word for word in words if word and word not in HONORIFICS])
    return kept if len(kept) > 1 else tuple([word for word in words if word])


def _guess(text: str) -> tuple[str, ...]:
    plain = anyascii(text.strip()).strip("._-\"'") if not text.isascii() else text.strip(" ._-\"'")
    parts = [
        word.lower()
        for part in _SEPARATED.split(plain)
        for word in (_CAMEL.findall(part) if part.isalpha() else [part])
    ]
    whole = all(map(str.isalpha, parts)) and len(parts[0]) > 1 and len(parts[-1]) > 1
    if 2 <= len(parts) <= 4 and whole and sum(map(len, parts)) > 6:
        return tuple(parts)
    return ()


DIMINUTIVE = 0.8
_SLIP = 0.79  # among words; of names it counts as a diminutive
_SWAP = 0.795  # likewise: two letters changed places, which makes another given name but no other family name
SHORTEST_SWAP = 5  # letters
_ENDING = 2  # letters more at the end that make another name: Paula, Martina, Roberto
INITIAL = 0.6
_LONGER = 0.5
NAMESAKES = 2.0
SHARED_WORD = 0.3  # what two names that share a word, but cannot be one, have of a full difference


class NameAgreement(NamedTuple):
    """`value`: 1 all words agree exactly, a slip or a diminutive 0.8, initials 0.6, a longer form 0.5, none 0.

    `longer`: one name has a word more than the other. `slip`: a word is only nearly the same, misspelt or another's.
    `swap`: the same but for two letters of the family name that changed places.
    """

    value: float
    longer: bool
    slip: bool = False
    swap: bool = False

    @property
    def exact(self) -> bool:
        """Whether the two are one name, rightly spelled or not."""
        return self.value == 1.0 or self.swap


_AGREE = NameAgreement(1.0, False)
_DISAGREE = NameAgreement(0.0, False)


def agreement(first: tuple[str, ...], second: tuple[str, ...]) -> NameAgreement:
    """How well two names of two or more words agree, whatever the order of the words.

    At least one word must agree exactly, and another too or, beside the family name, by its initial. Of a longer name
    the shared words come in the same order.
    """
    if first == second or "".join(first) == "".join(second):
        return _AGREE
    if not _share_a_word(first, second):
        return _DISAGREE
    if len(first) == len(second) and sorted(first) == sorted(second):
        return _AGREE
    short, long = (first, second) if (len(first), first) < (len(second), second) else (second, first)
    exact = {word for word in short if len(word) > 1 and word in long}
    rest = [word for word in long if word not in short]
    worst, full = 1.0, len(short)
    for word in sorted([word for word in short if word not in long], key=lambda word: (-len(word), word)):
        value, other = _best(word, rest)
        if not value:
            return _DISAGREE
        rest.remove(other)
        if value == INITIAL:
            full -= 1
        else:
            worst = min(worst, value)
            if value == 1.0 and len(word) > 1:
                exact.add(word)
    longer = len(rest) > 0 or full < len(short)
    if full == 1:  # and initials, which tell something only beside a family name
        return NameAgreement(INITIAL, longer) if {short[-1], long[-1]} <= exact else _DISAGREE
    in_order = sorted(exact, key=short.index) == sorted(exact & set(long), key=long.index)
    if not exact:
        return _DISAGREE
    value = DIMINUTIVE if worst in (_SLIP, _SWAP) else worst
    swap = worst == _SWAP and _is_swapped(short[-1], long[-1])
    slip = worst == _SLIP or (worst == _SWAP and not swap)
    return NameAgreement(value if in_order or not longer else _LONGER, longer, slip, swap)


def _best(word: str, others: Sequence[str]) -> tuple[float, str]:
    """Which of the others agrees best with a word, and how well; of equals that of the likest length."""
    best, found = (0.0, 0), ""
    for other in others:
        rank = _word_agreement(word, other), -abs(len(other) - len(word))
        if rank[0] and (not found or (*rank, other) > (*best, found)):
            best, found = rank, other
    return best[0], found


def name_difference(first: Collection[tuple[str, ...]], second: Collection[tuple[str, ...]]) -> float:
    """How far the full names of two sides exclude each other: the mean of 0 (agree), `SHARED_WORD` and 1.

    It is NAMESAKES where two share a name but for middle names that exclude one another: no third one without a middle
    name, who may be either, makes them one.
    """
    if not (first and second):
        return 0.0
    if any(are_namesakes(a, b) for a in first for b in second):
        return NAMESAKES
    return sum(_difference(a, b) for a in first for b in second) / (len(first) * len(second))


def are_namesakes(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether the two share given name and family name, and each has a middle name that the other's excludes."""
    if first == second or len(first) < 3 or len(second) < 3 or (first[0], first[-1]) != (second[0], second[-1]):
        return False
    return not any(_word_agreement(a, b) for a in first[1:-1] for b in second[1:-1])


def _difference(first: tuple[str, ...], second: tuple[str, ...]) -> float:
    if agreement(first, second).value:
        return 0.0
    return disagreement(first, second)


def disagreement(first: tuple[str, ...], second: tuple[str, ...]) -> float:
    """How far two names that do not agree exclude each other."""
    return SHARED_WORD if set(first) & set(second) and not are_namesakes(first, second) else 1.0


def _share_a_word(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    for word in first:
        if len(word) > 1 and word in second:
            return True
    if not (_FOLDED.search(" ".join(first)) or _FOLDED.search(" ".join(second))):
        return False
    return any(len(word) > 1 for word in _folded(first) & _folded(second))


def _folded(words: tuple[str, ...]) -> set[str]:
    """Müller, Mueller and Muller are one."""
    return {_FOLDED.sub("", word) if "e" in word else word for word in words}


@lru_cache(maxsize=_CACHED)
def _word_agreement(a: str, b: str) -> float:
    if a == b:
        return 1.0
    if _is_swapped(a, b):
        return _SWAP
    if a[0] != b[0]:
        same_group = NICKNAMES.get(a, _NO_GROUP) & NICKNAMES.get(b, _NO_GROUP)
        near = min(len(a), len(b)) > 4 and JaroWinkler.similarity(a, b) > 0.92
        return DIMINUTIVE if same_group else _SLIP if near else 0.0
    if len(a) == 1 or len(b) == 1:
        return INITIAL
    if _folded((a,)) == _folded((b,)):
        return 1.0
    if NICKNAMES.get(a, _NO_GROUP) & NICKNAMES.get(b, _NO_GROUP):
        return DIMINUTIVE
    short, long = (a, b) if len(a) < len(b) else (b, a)
    if len(short) > 3 and long.startswith(short):
        return _LONGER if len(long) - len(short) > _ENDING else _SLIP
    return _SLIP if len(short) > 3 and JaroWinkler.similarity(a, b) >= 0.92 else 0.0


def _is_swapped(a: str, b: str) -> bool:
    """Whether one is the other but for two neighboring letters that changed places."""
    if len(a) != len(b) or len(a) < SHORTEST_SWAP:
        return False
    apart = [at for at, (one, other) in enumerate(zip(a, b, strict=True)) if one != other]
    return len(apart) == 2 and apart[1] == apart[0] + 1 and a[apart[0]] == b[apart[1]] and a[apart[1]] == b[apart[0]]
