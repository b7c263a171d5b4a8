"""Blocking: which pairs are compared at all. Never all of them; no block is larger than the cap."""

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kith.domain.matching.names import agreement, are_namesakes
from kith.domain.matching.profiles import Profile, keys_of

# Identities that may share one key. More of them make the key a mass-used one, which says nothing about anybody.
CAP = 40
# Of one kind, no human has more mail addresses.
MOST_ADDRESSES = 15
# The same for what alone says little: a handle's stem, an initial with a family name, how a name sounds.
WEAK_CAP = 10
# And for what says least: how a handle begins.
CLIP_CAP = 3
_WEAK = ("stem:", "sound:", "word:")


def cap(key: str) -> int:
    return WEAK_CAP if key.startswith(_WEAK) else CLIP_CAP if key.startswith("clip:") else CAP


class Blocks:
    """Identities by blocking key, found by the key's hash; 64 bits of it, so that a million identities stay small."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        hashes, counts, caps = array("q"), array("i"), array("b")
        for profile in profiles:
            for keys in keys_of(profile):
                hashes.extend(map(hash, keys))
                caps.extend(map(cap, keys))
                counts.append(len(keys))
        order = np.argsort(np.frombuffer(hashes, np.int64))
        parts = np.repeat(np.arange(len(counts), dtype=np.int32), np.frombuffer(counts, np.int32))[order]
        self._owners, kinds = parts // 3, parts % 3
        self._spelled = kinds == 2
        found, starts, sizes = np.unique(np.frombuffer(hashes, np.int64)[order], return_index=True, return_counts=True)
        usable = sizes <= np.frombuffer(caps, np.int8)[order][starts]
        self._starts, self._sizes = starts[usable], sizes[usable]
        shared = sizes > 1
        self._found = dict(
            zip(found[shared].tolist(), zip(starts[shared].tolist(), sizes[shared].tolist(), strict=True), strict=True)
        )
        self._profiles = profiles
        self._crowds: dict[str, int] = {}

    def crowd(self, key: str) -> int:
        """Count the dissimilar full names of the bearers of `key`, of a name the humans among them; at least 1.

        Of a word only full names that have it count. It is CAP where the bearers are too many.
        """
        if key not in self._crowds:
            start, size = self._found.get(hash(key), (0, 0))
            few = size <= cap(key)
            self._crowds[key] = self._count(key, self._owners[start : start + size].tolist()) if few else CAP
        return self._crowds[key]

    def _count(self, key: str, bearers: Sequence[int]) -> int:
        profiles = [self._profiles[position] for position in bearers]
        kind, _, word = key.partition(":")
        if kind == "word":
            return count_names(profile for profile in profiles if word in profile.full)
        return count_humans(profiles) if kind == "name" else count_names(profiles)

    def pairs(self) -> NDArray[np.int64]:
        """Return the distinct pairs of positions (lower, higher), shape (pairs, 2), in order."""
        found = [np.empty(0, np.int64)]
        for size in np.unique(self._sizes[self._sizes > 1]).tolist():
            starts = self._starts[self._sizes == size]
            rows = starts[:, None] + np.arange(size)
            left, right = _corner(size)
            a, b = rows[:, left].ravel(), rows[:, right].ravel()
            worn = ~(self._spelled[a] & self._spelled[b])
            a, b = self._owners[a[worn]].astype(np.int64), self._owners[b[worn]].astype(np.int64)
            found.append((np.minimum(a, b) << 32) | np.maximum(a, b))
        packed = np.unique(np.concatenate(found))
        return np.stack((packed >> 32, packed & 0xFFFFFFFF), axis=1)


@lru_cache(maxsize=CAP)
def _corner(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every two of so many, once."""
    return np.triu_indices(size, 1)


def count_humans(profiles: Sequence[Profile]) -> int:
    """Count the humans that the bearers of one name are at least; 1 where nothing tells them apart.

    Different humans have middle names that exclude one another, or accounts on one network; many mailboxes has one
    human too, but no more than MOST_ADDRESSES.
    """
    middles = {profile.full[1:-1] for profile in profiles if len(profile.full) > 2}
    accounts = Counter(network for network, _ in {item for profile in profiles for item in profile.handles.items()})
    mailboxes = len({profile.address for profile in profiles if profile.address})
    return max(
        1,
        count_apart([("", *middle, "") for middle in middles]),
        max(accounts.values(), default=0) - 1,  # some have a second one
        1 + (mailboxes - MOST_ADDRESSES) // 2,
    )


def count_names(profiles: Iterable[Profile]) -> int:
    """Count the dissimilar full names among the bearers of one address or handle; at least 1."""
    names = {profile.full for profile in profiles if profile.full}
    return count_apart(names, lambda one, other: agreement(one, other).value > 0) if len(names) > 1 else 1


def count_apart(
    names: Collection[tuple[str, ...]],
    alike: Callable[[tuple[str, ...], tuple[str, ...]], bool] = lambda one, other: not are_namesakes(one, other),
) -> int:
    """Count the groups of names of which each is like another of its group."""
    groups: list[list[tuple[str, ...]]] = []
    for name in sorted(names):
        near = [group for group in groups if any(alike(name, other) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([name, *(other for group in near for other in group)])
    return len(groups)
