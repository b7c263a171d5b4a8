"""Whose commits a merge brought in, found in the commits just read, without running git for each merge."""

import heapq
from collections import Counter

from kith.connectors.git.acts import Commit
from kith.connectors.git.people import Human

WINDOW = 200_000  # commits kept, about 100 MB at most; what lies further back is asked from git
_VISITS = 100_000


class Graph:
    """The last commits of a walk in which parents come before children."""

    def __init__(self) -> None:
        self._number: dict[bytes, int] = {}
        self._parents: list[tuple[int, ...]] = []
        self._authors: list[Human | None] = []
        self._first = 0

    def add(self, commit: Commit) -> None:
        """Add the next commit. Its number grows from parent to child; a parent that is not here has the number -1."""
        if len(self._parents) >= 2 * WINDOW:
            self._forget()
        number = self._number.get
        self._parents.append(tuple([number(bytes.fromhex(parent), -1) for parent in commit.parents]))
        self._authors.append(None if commit.is_merge else commit.author)
        self._number[bytes.fromhex(commit.hash)] = self._first + len(self._parents) - 1

    def merged(self, merge: Commit) -> Counter[Human] | None:
        """Count by author the commits that only the other parents of a merge reach; None where that leads out of here.

        Both sides are painted from the newest commit backwards; a commit's colors are final when it is taken, because
        all its children have been.
        """
        main, other = 1, 2
        colors: dict[int, int] = {}
        for position, parent in enumerate(merge.parents):
            number = self._number.get(bytes.fromhex(parent), -1)
            if number >= 0:
                colors[number] = colors.get(number, 0) | (other if position else main)
            elif position:
                return None
        heap = [-number for number in colors]
        heapq.heapify(heap)
        undecided = sum(color == other for color in colors.values())
        counts: Counter[Human] = Counter()
        for _ in range(_VISITS):
            if not undecided:
                return counts
            number = -heapq.heappop(heap)
            color = colors[number]
            if color == other:
                undecided -= 1
                if author := self._authors[number - self._first]:
                    counts[author] += 1
            for earlier in self._parents[number - self._first]:
                if earlier < self._first:
                    if color == other:
                        return None
                    continue
                known = colors.get(earlier)
                if known is None:
                    heapq.heappush(heap, -earlier)
                    undecided += color == other
                elif known == other and color != other:
                    undecided -= 1
                colors[earlier] = (known or 0) | color
        return None

    def _forget(self) -> None:
        self._first += len(self._parents) - WINDOW
        self._parents = self._parents[-WINDOW:]
        self._authors = self._authors[-WINDOW:]
        self._number = {commit: number for commit, number in self._number.items() if number >= self._first}
