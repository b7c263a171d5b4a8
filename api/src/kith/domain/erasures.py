"""Erasure: what a person is known by, as keyed hashes, and how texts are told without it.

A hash can be looked up by whoever has the name, and gives nobody the name back who lacks the workspace's key. Its first
two bytes are of the first word alone, and cheap: few texts have to be looked at closely.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, NamedTuple, get_args
from uuid import UUID

import msgspec

Kind = Literal["identity", "address", "name", "handle", "mention", "number"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What a hash is of: an identity's or a retired person's id; all else is looked for in texts, ``mention`` behind @."""

_WORDED: tuple[Kind, ...] = ("address", "name", "handle", "mention")

SOMEONE = "someone"
LONGEST = 8  # words of a name
_SHORTEST = 3  # characters of a handle that is looked for without an @
_OPAQUE = 15  # digits of a network's own number that is no word by chance

# Scripts without spaces between words: each character counts as a word.
_SOLO = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0903\u093a-\u094f"
)
_WORD = re.compile(rf"[{_SOLO}]|(?:[^\W_{_SOLO}]|[{_MARKS}])+")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_ONE_SOLO = re.compile(rf"[{_SOLO}]")
_GAP = re.compile(r"[\s.,·・'’‐-―-]{0,3}")
_HANDLE = re.compile(rf"(?<![\w.{_MARKS}-])@?\w(?:[\w.{_MARKS}-]*[\w{_MARKS}])?")
_ADDRESS = re.compile(r"(?<![\w.+'%-])[\w.+'%-]+(?:@|\s?[(\[]?\bat\b[)\]]?\s?)[\w-]+(?:\.[\w-]+)+")
_AT = re.compile(r"\s?[(\[]?\bat\b[)\]]?\s?")
_NUMBER = re.compile(r"(?<!\w)\+?\(?\d[\d\s().\u00a0/-]{5,}\d(?!\w)")
_DIGITS = 7  # of a telephone number at least


class Trait(NamedTuple):
    """Something that a person is known by, as it stands in texts."""

    kind: Kind
    text: str


class Known(msgspec.Struct, frozen=True):
    """What is known of one identity, as far as it stands in texts."""

    network: str
    key: str
    name: str | None = None
    handle: str | None = None
    address: str | None = None


class Mark(NamedTuple):
    """The hash of a trait or an id."""

    kind: Kind
    hash: bytes


def traits(known: Iterable[Known], further_names: Iterable[str] = ()) -> list[Trait]:
    """Return by what texts may name this person: full names, handles, addresses, numbers; no single given names."""
    each = list(known)
    names = [one.name for one in each if one.name] + list(further_names)
    found: dict[Trait, None] = {}
    spoken = {word for name in names for word in _words(name)}
    for name in names:
        words = _words(name)
        if "@" in name and _ADDRESS.fullmatch(name.strip()):
            found[Trait("address", name.strip())] = None
        elif 1 < len(words) <= LONGEST:
            found[Trait("name", name)] = None
            if not _ONE_SOLO.search(name):
                found |= {Trait("name", " ".join(words[n:] + words[:n])): None for n in range(1, len(words))}
    for one in each:
        for text in filter(None, (one.handle, one.address, *_telling(one.key))):
            text = text.strip().lstrip("@")
            if _ADDRESS.fullmatch(text):
                found[Trait("address", text)] = None
            elif _number(text):
                found[Trait("number", text)] = None
            elif _HANDLE.fullmatch(text):
                common = len(text) < _SHORTEST or _norm(text) in spoken
                found[Trait("mention" if common else "handle", text)] = None
    return list(found)


class Marks:
    """Hashes of one workspace. id_key: its own key, which stays whatever the operator rotates."""

    def __init__(self, id_key: bytes) -> None:
        key = blake2b(b"kith suppressions", key=id_key, digest_size=32).digest()
        self._seed = int.from_bytes(key[:4])
        self._keyed = {kind: blake2b(f"{kind}\x1f".encode(), key=key, digest_size=14) for kind in KINDS}

    def of_id(self, id_: UUID) -> bytes:
        """Return the hash of an identity's or a person's id."""
        return self._hash("identity", id_.hex, "")

    def of(self, trait: Trait) -> Mark:
        """Return the hash of a trait."""
        return Mark(trait.kind, self._hash(trait.kind, *_form(trait)))

    def address(self, address: str) -> bytes:
        return self.of(Trait("address", address)).hash

    def hint(self, first: str) -> bytes:
        """Return what all hashes begin with whose first word this is."""
        return (zlib.crc32(first.encode(), self._seed) & 0xFFFF).to_bytes(2)

    def _hash(self, kind: Kind, text: str, first: str) -> bytes:
        keyed = self._keyed[kind].copy()
        keyed.update(text.encode())
        return self.hint(first) + keyed.digest()

    def redactor(self, marks: Collection[Mark]) -> Callable[[str], str]:
        """Return what tells a text without those whom the marks are of."""
        by_kind = {kind: frozenset(mark.hash for mark in marks if mark.kind == kind) for kind in KINDS}
        hints = {mark.hash[:2] for mark in marks if mark.kind in _WORDED}

        @lru_cache(50_000)
        def may_begin(word: str) -> bool:
            return self.hint(_norm(word)) in hints

        def is_one(kind: Kind, text: str) -> bool:
            return self._hash(kind, *_form(Trait(kind, text))) in by_kind[kind]

        def find(text: str) -> Iterator[tuple[int, int]]:
            if by_kind["number"]:
                yield from (met.span() for met in _NUMBER.finditer(text) if is_one("number", met[0]))
            each = _ASCII_WORD if text.isascii() else _WORD
            if not any(map(may_begin, set(each.findall(text)))):
                return
            yield from (met.span() for met in _ADDRESS.finditer(text) if is_one("address", met[0]))
            for met in _HANDLE.finditer(text):
                word = met[0].lstrip("@")
                called = met[0] != word or text[met.start() - 1 : met.start()] == "/"
                if is_one("handle", word) or (called and is_one("mention", word)):
                    yield met.span()
            yield from names(text)

        def names(text: str) -> Iterator[tuple[int, int]]:
            words = list(_WORD.finditer(text))
            for i, met in enumerate(words):
                if not may_begin(met[0]):
                    continue
                end, said, whole = met.end(), met[0], None
                for further in words[i + 1 : i + LONGEST]:
                    if not _GAP.fullmatch(text, end, further.start()):
                        break
                    end, said = further.end(), f"{said} {further[0]}"
                    if is_one("name", said):
                        whole = end
                if whole is not None:
                    yield met.start(), whole

        def redact(text: str) -> str:
            spans = sorted(find(text))
            if not spans:
                return text
            parts, last = [], 0
            for start, end in spans:
                if start >= last:
                    parts += [text[last:start], SOMEONE]
                last = max(last, end)
            return "".join(parts) + text[last:]

        return redact


def _form(trait: Trait) -> tuple[str, str]:
    """Return how a trait is hashed, and its first word, which is hinted at."""
    if trait.kind == "number":
        return _number(trait.text), ""
    words = _words(trait.text)
    first = words[0] if words else ""
    if trait.kind == "name":
        return " ".join(words), first
    return _address(trait.text) if trait.kind == "address" else _norm(trait.text), first


def _telling(key: str) -> Iterator[str]:
    """Yield a network's own key where texts may name somebody by it and no other word is like it."""
    if (
        "@" in key
        or key.startswith("+")
        or (key.isdigit() and len(key) >= _OPAQUE)
        or (len(key) >= _SHORTEST and not key.isdigit() and _HANDLE.fullmatch(key))
    ):
        yield key


def _words(text: str) -> list[str]:
    return [_norm(met.group()) for met in _WORD.finditer(text)]


def _address(text: str) -> str:
    return _norm(_AT.sub("@", text.strip(), count=1))


def _number(text: str) -> str:
    """Return the digits of a telephone number without signs and leading zeros; nothing where it is none."""
    if not re.fullmatch(r"\+?[\d\s().\u00a0/-]+", text):
        return ""
    digits = re.sub(r"\D", "", text).lstrip("0")
    return digits if _DIGITS <= len(digits) <= 15 and (len(digits) < _OPAQUE or text.startswith("+")) else ""


def _norm(text: str) -> str:
    return (
        text.lower()
        if text.isascii()
        else unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    )
