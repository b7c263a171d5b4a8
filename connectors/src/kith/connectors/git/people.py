"""Who a line of git names: (name, address) pairs, because that pair is what git has for an identity.

One address may serve several people (a build account) and one person uses many pairs; joining them is kith's decision,
for which ``.mailmap`` and the address are evidence.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from kith.connectors import Ref

_BARE = re.compile(r"[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+")
_BOT = re.compile(r"\[bot\]$|^(dependabot|renovate|greenkeeper|pre-commit-ci|github-actions)\b", re.IGNORECASE)

NAME_CHARACTERS = 500
ADDRESS_CHARACTERS = 320


class Human(NamedTuple):
    """A name and a lower-case address as git shows them, either perhaps empty."""

    name: str
    address: str

    @property
    def ref(self) -> Ref:
        return _ref(self)

    @property
    def is_bot(self) -> bool:
        return _BOT.search(self.name) is not None

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
    """Return whom a trailer's value names: ``Ada <ada@x.org>, Bob <bob@x.org>``, ``<ada@x.org>`` or ``ada@x.org``.

    Words after the last address are a comment. Without any address nobody is named: a bare name is no identity.
    """
    found = []
    position = 0
    while (start := value.find("<", position)) >= 0 and (end := value.find(">", start)) >= 0:
        name, address = value[position:start], value[start + 1 : end].strip()
        position = end + 1
        if "@" in address and not any(map(str.isspace, address)):
            found.append(human(name.lstrip(" ,;&\t").strip().strip("\"'"), address))
    words = () if found else value.partition("#")[0].replace(",", " ").replace(";", " ").split()
    return (*found, *(human("", word) for word in words if _BARE.fullmatch(word)))
