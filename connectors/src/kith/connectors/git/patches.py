"""Copies that no word, author or date gives away: the same patch under the same title on another branch.

Commits are compared whose titles and paths are the same, no more than ``SPAN`` apart. One that has the other among its
ancestors is no copy of it: what was undone and done again is work again. Where a clone has no file contents, the names
of contents before and after have to be the same.
"""

import re
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from kith.connectors import Fatal, Reauthorize, Retry
from kith.connectors.git.ancestry import Ancestry
from kith.connectors.git.messages import TITLE_CHARACTERS
from kith.connectors.git.repository import Repository

SPAN = 2 * 365 * 86_400  # seconds between commits that may be one patch
MOST = 20_000  # commits whose patches are made in one run: half a minute of them
_BATCH = 250  # patches made at once
_ORIGINALS = 100  # that one commit is compared with
_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")
# No program of the repository's own runs, and what it sets changes nothing.
_DIFF = (
    "diff-tree", "--stdin", "--root", "--patch", "--full-index", "--no-renames", "--no-color", "--no-ext-diff",
    "--no-textconv", "--submodule=short", "--ignore-submodules=dirty", "--unified=3", "-O/dev/null",
)  # fmt: skip


#: What copies put before a title, and behind: ``[Backport 3.2] io: mend (#12)``.
_BEFORE = re.compile(
    r"\s*(?:\[[^\]]*\]\s*|(?:back[- ]?port|cherry[- ]?pick)(?:ed)?\b(?:\s+(?:of|from|to\s+\S+)\b)?"
    r"\s*(?:[#!]\d+)?[:\s-]*)+",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"(?:(?:^|\s+)(?:\([#!]\d+\)|\[[^\]]*\]))+\s*$")


def plain(title: str) -> str:
    """Return the title without what copies put around it; itself where nothing else is there."""
    title = " ".join(title[:TITLE_CHARACTERS].split())
    before = _BEFORE.match(title)
    return _BEHIND.sub("", title[before.end() if before else 0 :]) or title


class Titled(NamedTuple):
    """A commit as far as it is compared. committed: seconds since 1970. is_told: whether it says what it copies."""

    committed: int
    hash: str
    title: str
    is_told: bool


class Patches:
    """left: how many commits were not compared, since they were too many."""

    def __init__(self, repository: Repository, tips: Sequence[str]) -> None:
        self._repository = repository
        self._tips = tips
        self.left = 0

    def copies(self, commits: Iterable[Titled], wanted: Collection[str] | None) -> dict[str, str]:
        """Return which of the commits is a copy of which earlier one.

        wanted: commits that are looked for, each with all that may be its copy or original; None for all.
        """
        titled = _several((commit.title, commit) for commit in commits)
        if not titled:
            return {}
        changes = self._repository.changes(commit.hash for group in titled for commit in group)
        changed = (commit for group in titled for commit in group if commit.hash in changes)
        placed = _several(((commit.title, changes[commit.hash].paths), commit) for commit in changed)
        if wanted is not None:
            placed = [group for group in placed if any(commit.hash in wanted for commit in group)]
        oldest = min((commit.committed for group in placed for commit in group), default=0)
        ancestry = Ancestry(self._repository, self._tips, oldest)
        pairs = [pair for group in placed for pair in _pairs(sorted(group), ancestry)]
        ids = self._ids(sorted({commit for pair in pairs for commit in pair}))
        marks = {commit: ids.get(commit, change.contents) for commit, change in changes.items()}
        found: dict[str, str] = {}
        for copy, original in pairs:  # the earliest original of each first
            if copy not in found and marks[copy] == marks[original] and not ancestry.is_ancestor(original, copy):
                found[copy] = original
        return found

    def _ids(self, commits: Sequence[str]) -> dict[str, bytes]:
        """Return the patch-id of each of these commits, as git has it; of none where file contents are missing."""
        self.left += len(commits[MOST:])
        found: dict[str, bytes] = {}
        try:
            for first in range(0, min(len(commits), MOST), _BATCH):
                some = commits[first : min(first + _BATCH, MOST)]
                patches = self._repository.run(*_DIFF, given="".join(f"{commit}\n" for commit in some).encode())
                lines = self._repository.run("patch-id", "--stable", given=patches).split(b"\n")
                found |= {commit.decode(): id_ for id_, _, commit in (line.partition(b" ") for line in lines if line)}
        except (Fatal, Retry, Reauthorize):
            return {}
        return found


def _pairs(group: Sequence[Titled], ancestry: Ancestry) -> Iterator[tuple[str, str]]:
    """Yield each commit that does not say what it copies with those that it may be a copy of, the earliest first.

    group: in the order of time.
    """
    earlier: list[tuple[int, Titled]] = []  # by when the main line took them in
    for commit in group:
        if not commit.is_told:
            after = bisect_right(earlier, ancestry.base(commit.hash), key=lambda pair: pair[0])
            near = (other for _, other in earlier[after:] if commit.committed - other.committed <= SPAN)
            yield from ((commit.hash, other.hash) for other in islice(sorted(near), _ORIGINALS))
        insort(earlier, (ancestry.landed(commit.hash), commit))


def _several(pairs: Iterable[tuple[_K, _V]]) -> list[list[_V]]:
    """Return the values that share a key with another."""
    found = defaultdict[_K, list[_V]](list)
    for key, value in pairs:
        found[key].append(value)
    return [values for values in found.values() if len(values) > 1]
