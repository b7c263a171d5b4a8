"""A profile: one identity, read once, ready to be compared and found."""

import re
from functools import lru_cache
from itertools import combinations

from kith.domain.kinds import judge
from kith.domain.kinds.words import ROLES
from kith.domain.matching.addresses import Address, organization_domain, parse_address
from kith.domain.matching.names import Name, fold, parse_name, squash
from kith.domain.matching.records import Identity
from kith.domain.matching.vocabulary import NICKNAMES, NOBODY

_NOTHING: frozenset[str] = frozenset()
_SHORTEST_HANDLE = 3
_SHORTEST_NUMBER = 6  # of digits alone, for a handle

_CACHED = 2**15  # words of names and domains, of which a few make most

_SEPARATOR = re.compile(r"[._-]+")
_VOWELS = re.compile(r"[aeiouyhw]")
_DOUBLED = re.compile(r"(.)\1+")
_DIGITS = re.compile(r"\d+")


class Profile:
    """The comparable parts of an identity; of what is not human there are none.

    `address` is a mailbox of one human as far as its spelling tells; `weak_address` one of a machine, a role or a list.
    `accounts` holds (network, immutable id) and (network, @handle), `handles` one of these for each network. `words`
    are handle-like, each with its stem; `name` is the full name, declared or else guessed; `spelled` are handles
    commonly made of it, each with its strength.
    """

    __slots__ = (
        "accounts", "address", "born", "domain", "full", "handles", "human", "id", "identity", "name", "number",
        "place", "place_numbers", "spelled", "verified", "weak_address", "words",
    )  # fmt: skip

    def __init__(self, identity: Identity) -> None:
        self.identity, self.human = identity, _is_human(identity)
        if not self.human:
            identity = Identity(identity.id)
        name = parse_name(identity.name) if identity.name else Name()
        address = None if name.relayed else parse_address(identity.address) or parse_address(name.address)
        self.id = identity.id
        self.full = name.full
        self.name = name.full or name.guessed
        self.address, self.weak_address, self.domain = _mailbox(address)
        self.accounts, self.handles = _accounts(identity, address)
        self.verified = identity.verified
        self.words = {word: without_digits(word) for word in _handles(identity, name, address)}
        self.spelled = spellings(self.name)
        self.born = "".join(_DIGITS.findall(identity.born)) if identity.born else ""
        self.place = frozenset(_trigrams(fold(identity.place))) if identity.place else _NOTHING
        self.place_numbers = " ".join(sorted(_DIGITS.findall(identity.place))) if identity.place else ""
        self.number = squash(identity.number) if identity.number else ""

    @property
    def order(self) -> tuple[str, ...]:
        """A key of content alone, never of arrival, by which ties are broken."""
        it = self.identity
        return it.address, it.network, it.account, it.handle, it.name, it.id


def spellings(name: tuple[str, ...]) -> dict[str, float]:
    """Handles which people make of a name: ``lucascolley`` and ``colleylucas`` 1, ``lcolley`` 0.6, ``lucasc`` 0.4."""
    if len(name) < 2:
        return {}
    first, last = name[0], name[-1]
    made = {
        first + last[0]: 0.4,
        last + first[0]: 0.5,
        "".join(word[0] for word in name[:-1]) + last: 0.6,
        first[0] + last: 0.6,
        "".join(name): 1.0,
        last + first: 1.0,
        first + last: 1.0,
    }
    return {handle: strength for handle, strength in made.items() if len(handle) > 4}


def without_digits(handle: str) -> str:
    """``dschmitz89`` gives ``dschmitz``."""
    return handle.rstrip("0123456789")


def skeleton(name: tuple[str, ...]) -> str:
    """The consonants of the first and last word: equal for most misspellings of one name, in either order."""
    return " ".join(sorted((_consonants(name[0]), _consonants(name[-1]))))


@lru_cache(maxsize=_CACHED)
def _consonants(word: str) -> str:
    return word[0] + _DOUBLED.sub(r"\1", _VOWELS.sub("", word[1:]))


def name_key(name: tuple[str, ...]) -> str:
    return f"name:{' '.join(sorted((name[0], name[-1])))}"


def blocking_keys(profile: Profile) -> list[str]:
    """Keys of which two identities share at least one if they can be one person at all. A store may index them."""
    return [*strong_keys(profile), *weak_keys(profile), *spelled_keys(profile)]


def strong_keys(profile: Profile) -> set[str]:
    """Keys that few share who are not one person."""
    name = profile.name
    keys = {f"handle:{word}" for word in profile.words}
    keys.update([f"handle:{handle}" for handle, whole in profile.spelled.items() if whole == 1.0])
    if profile.accounts:
        keys.update([f"account:{network}:{account}" for network, account in profile.accounts])
    if address := profile.address or profile.weak_address:
        keys.add(f"address:{address}")
    if name:
        keys.add(name_key(name))
    if profile.number:
        keys.add(f"number:{profile.number}")
    if profile.born:
        keys.update([f"born:{profile.born}:{word[0]}" for word in name or profile.words])
    if profile.place_numbers:
        keys.add(f"place:{profile.place_numbers}")
    return keys


def weak_keys(profile: Profile) -> set[str]:
    """Keys that alone say little: a handle without its digits, how a name sounds, a name by its short forms."""
    keys = {f"stem:{stem}" for stem in profile.words.values() if len(stem) > 3}
    if name := profile.name:
        keys.add(f"sound:{skeleton(name)}")
        if len(name) > 2:  # Juan Pérez García is Juan Pérez, and Nguyễn Văn Anh is Văn Anh Nguyễn
            keys.update([f"sound:{skeleton(two)}" for two in combinations([w for w in name if len(w) > 1], 2)])
        for given, family in ((name[0], name[-1]), (name[-1], name[0])):
            if given in NICKNAMES:
                keys.update([f"sound:{group} {_consonants(family)}" for group in NICKNAMES[given]])
    return keys


def spelled_keys(profile: Profile) -> list[str]:
    """Weak keys that are handles which could be made of the name; they find those who use one."""
    worn = profile.words.values()
    return [f"stem:{handle}" for handle, whole in profile.spelled.items() if whole < 1.0 and handle not in worn]


def _trigrams(text: str) -> set[str]:
    return {text[start : start + 3] for start in range(len(text) - 2)}


def _mailbox(address: Address | None) -> tuple[str, str, str]:
    if address is None or address.kind in ("nowhere", "code_host"):
        return "", "", ""
    if address.kind == "mailbox":
        return address.text, "", organization_domain(address.domain)
    return "", address.text, ""


def _accounts(identity: Identity, address: Address | None) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """Accounts by (network, immutable id or @handle), and the handle on each network."""
    if not (identity.network or (address and address.network)):
        return (), {}
    found: set[tuple[str, str]] = set()
    handles: dict[str, str] = {}
    of_address = (address.network, address.handle, address.account) if address and address.network else ("", "", "")
    for network, raw, account in ((identity.network, identity.handle, identity.account), of_address):
        handle = raw.lower().lstrip("@")
        if network and account:
            found.add((network, account))
        if network and handle:
            found.add((network, f"@{handle}"))
            handles[network] = account or f"@{handle}"
    return tuple(sorted(found)), handles


def _handles(identity: Identity, name: Name, address: Address | None) -> set[str]:
    local = address.local if address else ""
    found = {squash(local), name.bare, *name.asides}
    if identity.handle:
        found.add(squash(identity.handle))
    if len(parts := _SEPARATOR.split(local)) > 2:
        found.add("".join(sorted(parts)))  # smith.daniel.br and daniel.smith.br
    return {
        word
        for word in found
        if len(word) >= _SHORTEST_HANDLE
        and word not in NOBODY
        and word not in ROLES
        and not (len(word) < _SHORTEST_NUMBER and word.isdecimal())
    }


def _is_human(identity: Identity) -> bool:
    """Whether it is no robot and no list; what is not yet judged is judged by its own words."""
    if identity.kind != "unknown":
        return identity.kind == "human"
    judged = judge("unknown", identity.name, identity.handle, identity.address, vouched=identity.verified)
    return judged.kind in ("person", "unknown")
