"""Who a line of git names: (name, address) pairs, because that pair is what git has for an identity.

One address may serve several people (a build account) and one person uses many pairs; joining them is kith's decision,
for which ``.mailmap`` and the address are evidence.
"""

import re
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from kith.connectors import Ref
from kith.connectors._spelled import spelled

_BOT = re.compile(r"\[bot\]$|^(dependabot|renovate|greenkeeper|pre-commit-ci|github-actions)\b", re.IGNORECASE)
#: A quoted name, a mark that parts or encloses, or a word.
_TOKEN = re.compile(r'"([^"]*)"|([<>()\[\]{}‹›«»,;|])|([^\s<>()\[\]{}‹›«»,;|"]+)')
_COMMENT = re.compile(r"(?:^|\s)#")
_AND = {
    "and",
    "und",
    "et",
    "y",
    "e",
    "och",
    "og",
    "en",
    "with",
    "plus",
    "oraz",
    "ve",
    "sowie",
    "samt",
    "i",
    "a",
    "ja",
    "és",
    "și",
    "si",
    "και",
    "as",
    "well",
    "и",
    "та",
    "和",
    "与",
    "&",
    "+",
    "/",
}
_BRACKETED = re.compile(r"<([^<>]*)>")
#: Brackets and quotes of other scripts, and what markup puts before or around them.
_PLAIN_MARKS = str.maketrans(
    {"＜": "<", "＞": ">", "＠": "@", "“": '"', "”": '"', "„": '"', "\\": None,
     "（": "(", "）": ")", "、": ",", "，": ",",
     "；": ";", "《": "<", "》": ">", "〈": "<", "〉": ">", "【": "[", "】": "]", "「": '"', "」": '"'}
)  # fmt: skip
_LINKED = re.compile(r"\[([^\[\]@]+)\]\(mailto:([^()\s]+)\)", re.IGNORECASE)
#: What clings to an address or a name and is no part of it.
_CLINGING = "\"'`*_:.\u200b\u2060\ufeff"

NAME_CHARACTERS = 500
ADDRESS_CHARACTERS = 320
NAME_WORDS = 4  # before an address that nothing encloses; more are a sentence


class Human(NamedTuple):
    """A name and a lower-case address as git shows them, either perhaps empty."""

    name: str
    address: str

    @property
    def ref(self) -> Ref:
        return _ref(self)

    @property
    def shown(self) -> str:
        """Return the name to show: decoded, where a mail's encoding stayed in it (``=?UTF-8?Q?Ada_Birk?=``)."""
        if "=?" in self.name:
            with suppress(HeaderParseError, LookupError, ValueError):
                return " ".join(str(make_header(decode_header(self.name))).split())[:NAME_CHARACTERS]
        return self.name

    @property
    def is_bot(self) -> bool:
        return _BOT.search(self.name) is not None

    @property
    def known_by(self) -> str:
        """Return what tells this one from others whatever the name: the address, or the name where there is none."""
        return self.address or self.name

    def is_same(self, other: "Human") -> bool:
        """Whether these are one identity, or two names at one address: no act towards oneself."""
        return self == other or (self.address != "" and self.address == other.address)


@lru_cache(maxsize=50_000)
def human(name: str, address: str) -> Human:
    return Human(" ".join(name.split())[:NAME_CHARACTERS], address.strip().lower()[:ADDRESS_CHARACTERS])


@lru_cache(maxsize=50_000)
def _ref(who: Human) -> Ref:
    return Ref("git", f"{who.name} <{who.address}>".strip())


@lru_cache(maxsize=50_000)
def named_in(value: str) -> tuple[Human, ...]:
    """Return whom a trailer's value names, each address once, however it is dressed.

    ``Ada <ada@x.org>, bob@x.org and Carl (carl@x.org)`` names three. What follows ``#`` or an address, up to the next
    comma, is a comment. Without any address nobody is named: a bare name is no identity.
    """
    if "&" in value:
        value = unescape(value)
    value = value.translate(_PLAIN_MARKS)
    if "@" not in value:
        value = _BRACKETED.sub(_written, value)
    if "mailto:" in value:
        value = _LINKED.sub(r"\1 <\2>", value)
    if comment := _COMMENT.search(value):
        value = value[: comment.start()]
    names = _Names()
    for match in _TOKEN.finditer(value):
        quoted, mark, word = match.groups()
        if mark:
            names.mark(mark)
        elif word:
            names.word(word)
        else:
            names.words.append(quoted)
    return tuple(human(name, address) for address, name in names.found.items())


def _written(bracketed: re.Match[str]) -> str:
    """Return an address in brackets, written as usual where it is spelled in words."""
    words = spelled(bracketed[1])
    return f"<{words[1]}>" if words and not words[0].strip() else bracketed[0]


class _Names:
    """Reads a value word by word. words: of the name to come. behind: the address just read, until a comma."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.words: list[str] = []
        self._behind = ""
        self._enclosed = ""

    def mark(self, mark: str) -> None:
        if mark in ",;|":
            if self._behind:
                self.words = []
            elif self.words:
                self.words[-1] += ","
            self._behind = ""
        elif mark in ">)]}›»":
            self._close(mark)
        else:
            self._enclosed = mark
            self.words.append(mark)

    def word(self, word: str) -> None:
        address = word.lower().removeprefix("mailto:").strip(_CLINGING)
        local, _, domain = address.rpartition("@")
        if local and domain and (self._enclosed or ("." in domain and "@" not in local)):
            self._name(address)
        elif self.found and not self.words and word in _AND:
            self._behind = ""
        elif word.strip(_CLINGING):
            self.words.append(word)

    def _name(self, address: str) -> None:
        begun = self.words.index(self._enclosed) if self._enclosed in self.words else len(self.words)
        words = self.words[:begun]
        name = "" if not self._enclosed and len(words) > NAME_WORDS else _cleaned(words)
        if address not in self.found or not self.found[address]:
            self.found[address] = "" if name.lower() == address else name
        self.words, self._behind = [], address

    def _close(self, mark: str) -> None:
        """End what was enclosed: an address, the name of the address before it, or a part of the name to come."""
        opened, self._enclosed = self._enclosed, ""
        if opened not in self.words:
            return
        begun = self.words.index(opened)
        inner = " ".join(self.words[begun + 1 :])
        self.words = self.words[:begun]
        if self.words:
            self.words.append(f"{opened}{inner}{mark}")
        elif opened == "(" and self._behind and not self.found[self._behind]:
            self.found[self._behind] = _cleaned([inner])


def _cleaned(words: list[str]) -> str:
    return " ".join(words).lstrip(" ,-/&+").rstrip(" ,-([{").strip(_CLINGING.replace(".", "")).strip(" ,")
