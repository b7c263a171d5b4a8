"""A synthetic community: identities with known persons, with the noise and the collisions of real ones.

``python -m tests.bench.identities.generate 1000000 FILE.csv.zst`` writes the format of ``kith evaluate identities``.
Names follow the frequencies of Faker's lists, so that there are dozens of John Smiths; handles and addresses are taken
once.
"""

import csv
import io
import random
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple, TypeVar

import zstandard
from anyascii import anyascii

_LOCALES = {"en_US": 40, "en_IN": 15, "de_DE": 12, "fr_FR": 8, "es_ES": 8, "pt_BR": 8, "it_IT": 5, "sv_SE": 4}
_FREE_MAIL = {"gmail.com": 60, "outlook.com": 12, "hotmail.com": 10, "yahoo.com": 8, "gmx.de": 4, "protonmail.com": 6}
_IDENTITIES = {1: 66, 2: 18, 3: 8, 4: 4, 5: 2, 6: 1, 8: 1}  # identities of a person: share of the persons, in percent
_NICKNAMES = {"Michael": "Mike", "Robert": "Bob", "William": "Bill", "Christopher": "Chris", "Daniel": "Dan"}
_NOWHERE = ("devnull@localhost", "root@localhost", "none@none", "user@example.com", "noreply@localhost.localdomain")
_SHARE_NOWHERE = 0.01  # of the identities
_SHARE_TEAM = 0.005  # of the identities: written from a mailbox which a whole firm shares
_PEOPLE_PER_FIRM = 60
# Faker lists only the commonest thousand surnames of a country; about half of the people have a rarer one.
_SHARE_RARE = 0.45
_SYLLABLES = [consonant + vowel + end for consonant in "bcdfghjklmnprstvwz" for vowel in "aeio" for end in "lnr"]
Item = TypeVar("Item")


class Row(NamedTuple):
    name: str
    email: str
    person: int


class _Names:
    def __init__(self, locale: str) -> None:
        provider = import_module(f"faker.providers.person.{locale}").Provider
        self.first = _Weighted(provider.first_names)
        self.last = _Weighted(provider.last_names)


class _Weighted:
    """Draws by weight; a list without weights is taken to follow Zipf's law with a flattened head, as names do."""

    def __init__(self, items: object) -> None:
        if isinstance(items, dict):
            self._items, weights = list(items), list(items.values())
        else:
            self._items = sorted(set(items))  # type: ignore[call-overload]  # Faker's lists are not typed
            weights = [1.0 / rank for rank in range(20, len(self._items) + 20)]
        self._bounds = list(accumulate(weights))

    def draw(self, random_: random.Random) -> str:
        return str(random_.choices(self._items, cum_weights=self._bounds)[0])


def community(size: int, seed: int = 0) -> Iterator[Row]:
    """Yield at least `size` identities, person after person."""
    rng = random.Random(seed)
    names = {locale: _Names(locale) for locale in _LOCALES}
    firms = max(3, size // _PEOPLE_PER_FIRM)
    taken: set[str] = set()
    written = person = 0
    while written < size:
        member = _Member(rng, names[_pick(rng, _LOCALES)], firms, taken)
        count = _pick(rng, _IDENTITIES)
        for row in {member.identity(rng) for _ in range(count)}:
            yield Row(*row, person)
            written += 1
        person += 1


class _Member:
    """One human: a name, a handle, and the addresses that are theirs."""

    def __init__(self, rng: random.Random, names: _Names, firms: int, taken: set[str]) -> None:
        self.first = names.first.draw(rng)
        self.last = (
            "".join(rng.choices(_SYLLABLES, k=3)).title() if rng.random() < _SHARE_RARE else names.last.draw(rng)
        )
        self.middle = rng.choice("ABCDEFGHJKLMNPRST") if rng.random() < 0.1 else ""
        first, last = _plain(self.first), _plain(self.last)
        patterns = (f"{first}{last}", f"{first[0]}{last}", f"{first}{last[0]}", f"{last}{first[0]}", f"{first}-{last}")
        self.handle = _free(rng, rng.choice(patterns) if rng.random() < 0.7 else _invented(rng), taken)
        self.firm = f"firm{int(firms * rng.random() ** 2)}.com"
        locals_ = (f"{first}.{last}", f"{first}{last}", self.handle, f"{first[0]}{last}", f"{last}.{first}")
        self.addresses = [_free_address(rng, rng.choice(locals_), _pick(rng, _FREE_MAIL), taken)]
        if rng.random() < 0.5:
            self.addresses.append(_free_address(rng, rng.choice(locals_[:1] + locals_[3:]), self.firm, taken))
        if rng.random() < 0.2:
            self.addresses.append(f"{rng.choice(('me', 'hello', first))}@{self.handle}.org")
        self.addresses.append(f"{rng.randrange(10**6, 10**8)}+{self.handle}@users.noreply.github.com")

    def identity(self, rng: random.Random) -> tuple[str, str]:
        chance = rng.random()
        if chance < _SHARE_NOWHERE:
            return self._name(rng), rng.choice(_NOWHERE)
        if chance < _SHARE_NOWHERE + _SHARE_TEAM:
            return self._name(rng), f"info@{self.firm}"
        return self._name(rng), rng.choice(self.addresses)

    def _name(self, rng: random.Random) -> str:
        first, last, chance = self.first, self.last, rng.random()
        if chance < 0.62:
            return f"{first} {self.middle + '. ' if self.middle else ''}{last}"
        if chance < 0.82:
            return self.handle
        if chance < 0.88:
            return anyascii(f"{first} {last}")
        if chance < 0.92:
            return first
        if chance < 0.95:
            return f"{_NICKNAMES.get(first, first)} {last}"
        if chance < 0.97:
            return f"{last}, {first}"
        return _slip(rng, f"{first} {last}")


def _pick(rng: random.Random, shares: dict[Item, int]) -> Item:
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, anyascii(text).lower())) or "x"


def _invented(rng: random.Random) -> str:
    parts = rng.choices(
        ("ka", "zor", "mi", "tek", "lu", "ra", "vex", "no", "qui", "shi", "dro", "pan", "el", "gro"), k=3
    )
    return "".join(parts) + rng.choice(("", "", str(rng.randrange(100))))


def _free(rng: random.Random, wanted: str, taken: set[str]) -> str:
    found = wanted
    while found in taken:
        found = f"{wanted}{rng.randrange(10_000)}"
    taken.add(found)
    return found


def _free_address(rng: random.Random, local: str, domain: str, taken: set[str]) -> str:
    found = f"{local}@{domain}"
    while found.replace(".", "") in taken:  # free mail often ignores dots
        found = f"{local}{rng.randrange(10_000)}@{domain}"
    taken.add(found.replace(".", ""))
    return found


def _slip(rng: random.Random, text: str) -> str:
    at = rng.randrange(1, len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :] if rng.random() < 0.5 else text[:at] + text[at + 1 :]


def main(size: int, file: Path, seed: int = 0) -> None:
    """Write the community in random order, compressed."""
    rows = list(community(size, seed))[:size]
    random.Random(seed).shuffle(rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "name", "email", "person", "in_mailmap"))
    writer.writerows((number, *row, 1) for number, row in enumerate(rows))
    file.write_bytes(zstandard.ZstdCompressor().compress(text.getvalue().encode()))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
