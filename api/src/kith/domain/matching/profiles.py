"""A profile: one identity, read once, ready to be compared and found."""

import re
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from kith.domain.kinds import judge
from kith.domain.kinds.places import HOSTS, is_machine
from kith.domain.kinds.words import ROLES
from kith.domain.matching.addresses import Address, organization_domain, parse_address
from kith.domain.matching.names import SHORTEST_SWAP, Name, fold, parse_name, squash
from kith.domain.matching.records import Identity
from kith.domain.matching.vocabulary import NICKNAMES, NOBODY

_NOTHING: frozenset[str] = frozenset()
_SHORTEST_HANDLE = 3
_CLIP = 5  # letters with which a handle begins that was clipped or lengthened
_SHORTEST_NUMBER = 6  # of digits alone, for a handle

_CACHED = 2**15  # words of names and domains, of which a few make most

_PAGE = re.compile(r"(?i)https?://(?:www\.)?([^/?#@\s]+)/([^?#\s]*[^/?#\s])/*")
_NO_LETTERS = re.compile(r"[^a-z]+")
_SEPARATOR = re.compile(r"[._-]+")
_VOWELS = re.compile(r"[aeiouyhw]")
_DOUBLED = re.compile(r"(.)\1+")
_DIGITS = re.compile(r"\d+")


class Profile:
    """The comparable parts of an identity; of what is not human there are none.

    `address` is a mailbox of one human as far as its spelling tells; `weak_address` one of a machine, a role or a list.
    `accounts` holds (network, immutable id) and (network, @handle), `handles` one of these for each network; `pages`
    are its own, without what varies. `words` are handle-like, each with its stem; `name` is the full name, declared or
    else guessed; `aliases` are names with a nickname that stands in brackets; `spelled` are handles commonly made of
    the name, each with its strength; `local` are the words of a mailbox's local part, `around` those of a machine or a
    domain that may be called by its owner.
    """

    __slots__ = (
        "accounts", "address", "aliases", "around", "born", "domain", "full", "handles", "human", "id", "identity",
        "local", "name", "number", "pages", "place", "place_numbers", "spelled", "verified", "weak_address", "words",
    )  # fmt: skip

    def __init__(self, identity: Identity) -> None:
        self.identity, self.human = identity, _is_human(identity)
        if not self.human:
            identity = Identity(identity.id)
        name = parse_name(identity.name) if identity.name else Name()
        address = None if name.relayed else parse_address(identity.address) or parse_address(name.address)
        self.id = identity.id
        self.local, self.around = _local_words(address), _owner_words(address)
        self.full = _written_out(name.full, self.local)
        self.name = self.full or name.guessed
        self.address, self.weak_address, self.domain = _mailbox(address)
        self.accounts, self.handles = _accounts(identity, address)
        self.pages = _pages(identity)
        self.aliases = _aliases(name)
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


def _aliases(name: Name) -> tuple[tuple[str, ...], ...]:
    """``Xiaoming Wang (Kevin)``, family name first or last, is Kevin Wang too."""
    asides = [word for word in name.asides if word.isalpha() and word not in name.full] if name.full else ()
    return tuple((word, end) for word in asides for end in {name.full[-1], name.full[0]})


def _written_out(name: tuple[str, ...], local: tuple[str, ...]) -> tuple[str, ...]:
    """``A. Lovelace`` at ``ada.lovelace@…`` is Ada Lovelace."""
    shortened = any(len(word) == 1 for word in name) and len(name) == len(local)
    return local if shortened and all(map(str.startswith, local, name)) and local[-1] == name[-1] else name


def _local_words(address: Address | None) -> tuple[str, ...]:
    if address is None or address.kind not in ("mailbox", "machine"):
        return ()
    found = tuple([word for word in _NO_LETTERS.split(address.local) if word])
    return found if found and not ROLES.intersection(found) else ()


def _owner_words(address: Address | None) -> frozenset[str]:
    """``root@sachin-Inspiron.(none)`` and ``hi@cathcart.us``: words that may name the owner."""
    if address is None or address.kind == "code_host":
        return _NOTHING
    if is_machine(address.domain):
        return frozenset(_NO_LETTERS.split(address.text)) - HOSTS
    return frozenset(_NO_LETTERS.split(organization_domain(address.domain).partition(".")[0]))


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


class Keys(NamedTuple):
    """Keys of which two identities share at least one if they can be one person at all.

    `strong` ones few share who are not one person. `weak` ones alone say little: a handle without its digits or without
    its end, how a name sounds, a single name. `spelled` ones are handles and single names that could be made of the
    name; they find those who use one, and not one another.
    """

    strong: set[str]
    weak: set[str]
    spelled: set[str]


def blocking_keys(profile: Profile) -> set[str]:
    """Return all keys; a store may index them."""
    return set().union(*keys_of(profile))


def keys_of(profile: Profile) -> Keys:
    weak = _weak_keys(profile)
    return Keys(_strong_keys(profile), weak, _spelled_keys(profile) - weak)


def _strong_keys(profile: Profile) -> set[str]:
    name = profile.name
    keys = {f"handle:{word}" for word in profile.words}
    keys.update([f"handle:{handle}" for handle, whole in profile.spelled.items() if whole == 1.0])
    if profile.accounts:
        keys.update([f"account:{network}:{account}" for network, account in profile.accounts])
    if profile.pages:
        keys.update([f"page:{page}" for page in profile.pages])
    if address := profile.address or profile.weak_address:
        keys.add(f"address:{address}")
    if name:
        keys.add(name_key(name))
        if len(name[-1]) >= SHORTEST_SWAP:
            keys.add(f"letters:{name[0]} {''.join(sorted(name[-1]))}")
        keys.update([name_key(alias) for alias in profile.aliases])
    if profile.number:
        keys.add(f"number:{profile.number}")
    if profile.born:
        keys.update([f"born:{profile.born}:{word[0]}" for word in name or profile.words])
    if profile.place_numbers:
        keys.add(f"place:{profile.place_numbers}")
    return keys


def _weak_keys(profile: Profile) -> set[str]:
    stems = {stem for stem in profile.words.values() if len(stem) > 3}
    keys = {f"stem:{stem}" for stem in stems} | {f"clip:{stem[:_CLIP]}" for stem in stems if len(stem) >= _CLIP}
    local = profile.local
    if len(local) == 2:
        keys.add(f"stem:{local[1]}{local[0]}")
    if name := profile.name:
        keys.add(f"sound:{skeleton(name)}")
        if len(name) > 2:  # Juan Pérez García is Juan Pérez, and Nguyễn Văn Anh is Văn Anh Nguyễn
            keys.update(_sounds(name))
        for given, family in ((name[0], name[-1]), (name[-1], name[0])):
            if given in NICKNAMES:
                keys.update([f"sound:{group} {_consonants(family)}" for group in NICKNAMES[given]])
    if len(local) > 1:
        keys.update(_sounds(local))
    if not profile.full:  # a single name, or that of a machine's owner
        singles = {*profile.words, *profile.words.values(), *profile.around}
        keys.update([f"word:{word}" for word in singles if len(word) >= _SHORTEST_HANDLE and word not in ROLES])
    return keys


def _spelled_keys(profile: Profile) -> set[str]:
    name, local = profile.name, profile.local
    keys = {f"stem:{handle}" for handle, whole in profile.spelled.items() if whole < 1.0}
    keys.update([f"clip:{handle[:_CLIP]}" for handle in profile.spelled if len(handle) >= _CLIP])
    keys.update([f"word:{''.join([word[0] for word in words])}" for words in (name, local) if len(words) > 2])
    parts = (*profile.full, *local) if len(local) > 1 else profile.full
    keys.update([f"word:{word}" for word in parts if len(word) >= _SHORTEST_HANDLE])
    return keys


def _sounds(words: tuple[str, ...]) -> list[str]:
    return [f"sound:{skeleton(two)}" for two in combinations([word for word in words if len(word) > 1], 2)]


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


def _pages(identity: Identity) -> frozenset[str]:
    """The page of an account, also as it is called after the handle, or the page that an identity is.

    An account's link to what is not its own page (a homepage, a firm's) tells of nobody.
    """
    match = _PAGE.fullmatch(identity.page)
    if match is None:
        return _NOTHING
    page = f"{match[1]}/{match[2]}".lower()
    if not identity.network:
        return frozenset({page})
    before, _, last = page.rpartition("/")
    handle, account = identity.handle.lower().lstrip("@"), identity.account.lower()
    if last == account and handle:
        return frozenset({page, f"{before}/{handle}"})
    return frozenset({page}) if last.lstrip("@") in {account, handle.partition("@")[0]} - {""} else _NOTHING


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
