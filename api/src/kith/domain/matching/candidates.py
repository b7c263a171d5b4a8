"""Blocking: which pairs are compared at all. Never all of them; no block is larger than the cap."""

from array import array
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from kith.domain.matching.names import agreement
from kith.domain.matching.profiles import Profile, blocking_keys

# Identities that may share one key. More of them make the key a mass-used one, which says nothing about anybody.
CAP = 40
# The same for what alone says little: a handle's stem, an initial with a family name, how a name sounds.
WEAK_CAP = 10
_WEAK = ("stem:", "sound:")


def cap(key: str) -> int:
    return WEAK_CAP if key.startswith(_WEAK) else CAP


class Blocks:
    """Identities by blocking key, found by the key's hash; 64 bits of it, so that a million identities stay small."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        hashes, owners, caps = array("q"), array("i"), array("b")
        for position, profile in enumerate(profiles):
            keys = blocking_keys(profile)
            hashes.extend(map(hash, keys))
            owners.extend([position] * len(keys))
            caps.extend(map(cap, keys))
        order = np.argsort(np.array(hashes, np.int64), kind="stable")
        self._owners = np.array(owners, np.int32)[order]
        self._keys, self._starts, self._sizes = np.unique(
            np.array(hashes, np.int64)[order], return_index=True, return_counts=True
        )
        usable = self._sizes <= np.array(caps, np.int8)[order][self._starts]
        self._block_starts, self._block_sizes = self._starts[usable], self._sizes[usable]
        self._profiles = profiles
        self._crowds: dict[str, int] = {}

    def crowd(self, key: str) -> int:
        """Count the dissimilar full names of the bearers of `key`, of a name their mailboxes and accounts; at least 1.

        It is the cap where they are too many.
        """
        if key not in self._crowds:
            bearers = self._bearers(key)
            count = count_contacts if key.startswith("name:") else count_names
            self._crowds[key] = CAP if len(bearers) > CAP else count(self._profiles[i] for i in bearers)
        return self._crowds[key]

    def _bearers(self, key: str) -> NDArray[np.int32]:
        wanted = hash(key)
        block = int(np.searchsorted(self._keys, wanted))
        if block == len(self._keys) or self._keys[block] != wanted:
            return self._owners[:0]
        return self._owners[self._starts[block] : self._starts[block] + self._sizes[block]]

    def pairs(self) -> NDArray[np.int64]:
        """Return the distinct pairs of positions (lower, higher), shape (pairs, 2), in order."""
        found = []
        for size in range(2, CAP + 1):
            starts = self._block_starts[self._block_sizes == size]
            rows = self._owners[starts[:, None] + np.arange(size)].astype(np.int64)
            left, right = np.triu_indices(size, 1)
            a, b = rows[:, left].ravel(), rows[:, right].ravel()
            found.append((np.minimum(a, b) << 32) | np.maximum(a, b))
        packed = np.unique(np.concatenate(found))
        return np.stack((packed >> 32, packed & 0xFFFFFFFF), axis=1)


def count_contacts(profiles: Iterable[Profile]) -> int:
    """Count the mailboxes and accounts of the bearers of one name; at least 1."""
    return len({profile.address or profile.accounts for profile in profiles}) or 1


def count_names(profiles: Iterable[Profile]) -> int:
    """Count the dissimilar full names among the bearers of one address or handle; at least 1."""
    groups: list[list[tuple[str, ...]]] = []
    for name in sorted({profile.full for profile in profiles if profile.full}):
        alike = [group for group in groups if any(agreement(name, other).value for other in group)]
        groups = [group for group in groups if group not in alike]
        groups.append([name, *(other for group in alike for other in group)])
    return max(1, len(groups))
