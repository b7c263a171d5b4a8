"""Copies: backports and cherry-picks, which repeat in their messages what happened to the original."""

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain, pairwise
from typing import NamedTuple

from kith.connectors import InteractionRef
from kith.connectors.git.acts import FIELDS, FORMAT, Commit, Copy, decoded, read_commit, said
from kith.connectors.git.patches import SPAN, Patches, Titled, plain
from kith.connectors.git.people import Human, human
from kith.connectors.git.repository import Repository

_BRIEF = "%x00".join(["%H", "%P", "%an", "%ae", "%at", "%s"])
_TITLED = "%x00".join(["%H", "%P", "%s"])
_LAST = datetime.max.replace(tzinfo=UTC)
_HASHES = (40, 64)
#: Of the messages that name an original, as git's own search finds them.
_NAMING = (
    "-E",
    "-i",
    "--grep=cherry|port|upstream|mainline|original|linus|linux|graft|transplant|picked|master commit",
)


class Patch(NamedTuple):
    """What stays the same when a change is applied elsewhere. authored: seconds since 1970."""

    author: Human
    authored: int
    title: str


class Copies:
    """What the commits that a walk reaches repeat of one another.

    done: tips of which all was told before. Commits that say of no other that they copy it, but have the author, the
    author's date, the title and the paths of another, are copies too: of the one that was committed first. So are those
    that are the same patch.
    """

    def __init__(self, repository: Repository, tips: Sequence[str], done: Sequence[str]) -> None:
        self._repository = repository
        self._tips = tips
        self._done = done
        self._patches = Patches(repository, tips)

    @property
    def left(self) -> int:
        """Return how many commits were not compared by their patches, since they are too many."""
        return self._patches.left

    def read(self, lines: bytes) -> list[Commit]:
        """Return the commits, each with what it is a copy of."""
        return [self._marked(commit) for commit in map(read_commit, self._repository.log(lines, FORMAT, FIELDS))]

    def told_before(self, gone: Collection[Commit]) -> Iterator[Commit]:
        """Yield the commits told before that have to be told again.

        Some of what they told is told by commits that come only now, or was told for them by those that are gone.
        """
        hashes = {commit.hash for commit in self._naming(gone)}
        hashes.update(self._alike(gone))
        if self._done:
            hashes.update(commit for commit, original in self._same.items() if original in self._new)
            hashes -= self._new
        lines = "".join(f"{commit}\n" for commit in sorted(hashes)).encode()
        yield from self.read(lines)

    def of(self, commits: Iterable[Commit]) -> dict[str, Copy]:
        """Return for each of the commits that is a copy what it repeats."""
        copies = [commit for commit in commits if commit.message.origins]
        if not copies:
            return {}
        whole = self._repository.whole({origin for commit in copies for origin in commit.message.origins})
        here = {commit.hash: commit for commit in self._read(filter(self._is_here, whole.values()))}
        return {commit.hash: _copy(commit, whole, here) for commit in copies}

    def _marked(self, commit: Commit) -> Commit:
        original = self._same.get(commit.hash)
        if original is None or commit.message.origins:
            return commit
        trailers = tuple(trailer._replace(origin=original) for trailer in commit.message.trailers)
        return commit._replace(message=commit.message._replace(trailers=trailers, origins=(original,)))

    @cached_property
    def _new(self) -> frozenset[str]:
        return frozenset(self._repository.history(self._tips, self._done).decode().split())

    @cached_property
    def _is_read_whole(self) -> bool:
        """Whether commits of any age may be told again: at first, and where history was rewritten."""
        return not self._done or self._repository.history(self._done, self._tips) != b""

    @cached_property
    def _same(self) -> dict[str, str]:
        """Which commits are copies of which, whatever shows it."""
        twins = self._twins
        wanted = None if self._is_read_whole else self._new | {twins[commit] for commit in self._new if commit in twins}
        found = self._patches.copies(self._titled(twins, wanted), wanted) | twins
        return {commit: found.get(original, original) for commit, original in found.items()}

    def _titled(self, twins: Collection[str], wanted: Collection[str] | None) -> Iterator[Titled]:
        """Yield the commits that share their title with another, without those known as copies already.

        wanted: only those whose title one of these has too; None for all.
        """
        since = SPAN if wanted is None else self._oldest(wanted, "%ct")
        history = b"" if since is None else self._repository.history(self._tips, (), since - SPAN)
        lines = history.decode().split()
        told = self._repository.log(history, _TITLED, 3)
        marks = array(
            "q", (hash(commit if b" " in parents else plain(decoded(title))) for commit, parents, title in told)
        )
        several = {one for one, other in pairwise(sorted(marks)) if one == other}
        if wanted is not None:
            several &= {mark for commit, mark in zip(lines, marks, strict=True) if commit in wanted}
        found = "".join(
            f"{commit}\n" for commit, mark in zip(lines, marks, strict=True) if mark in several and commit not in twins
        )
        for commit in map(read_commit, self._repository.log(found.encode(), FORMAT, FIELDS)):
            if commit.committed and not commit.is_merge:
                moment = int(commit.committed.timestamp())
                yield Titled(moment, commit.hash, plain(commit.message.title), bool(commit.message.origins))

    @cached_property
    def _twins(self) -> dict[str, str]:
        """Which commits are copies of which, as far as commits are concerned that were not told before."""
        since = 0 if self._is_read_whole else self._oldest(self._new)
        history = b"" if since is None else self._repository.history(self._tips, (), since)
        marks = array("q", (hash(patch) for _, patch in self._briefs(history)))
        several = {one for one, other in pairwise(sorted(marks)) if one == other}
        lines = history.split()
        found = b"".join(lines[place] + b"\n" for place, mark in enumerate(marks) if mark in several)
        alike = defaultdict(list)
        for commit in map(read_commit, self._repository.log(found, FORMAT, FIELDS)):
            alike[_patch(commit)].append((commit.committed or _LAST, commit.hash))
        groups = [sorted(group) for group in alike.values() if len(group) > 1]
        paths = self._repository.paths(commit for group in groups for _, commit in group)
        return {
            commit: group[0][1]
            for group in groups
            for _, commit in group[1:]
            if commit in paths and paths[commit] == paths.get(group[0][1])
        }

    def _alike(self, gone: Collection[Commit]) -> Iterator[str]:
        """Yield the commits that may be the patch that one of these was."""
        patches = [patch for patch in map(_patch, gone) if patch]
        wanted = {plain(patch.title) for patch in patches}
        since = min((patch.authored for patch in patches), default=0)
        history = self._repository.history(self._tips, (), since) if wanted else b""
        for commit, patch in self._briefs(history):
            if isinstance(patch, Patch) and plain(patch.title) in wanted:
                yield commit

    def _briefs(self, history: bytes) -> Iterator[tuple[str, "Patch | str"]]:
        """Yield each commit and what it is as a patch, a merge as itself."""
        for commit, parents, name, address, authored, title in self._repository.log(history, _BRIEF, 6):
            if b" " in parents or not authored.isdigit():
                yield commit.decode(), commit.decode()
            else:
                who, words = human(decoded(name), decoded(address)), decoded(title).split()
                yield commit.decode(), Patch(who, int(authored), " ".join(words))

    def _oldest(self, commits: Iterable[str], form: str = "%at") -> int | None:
        """Return when the oldest of these commits was written, in seconds since 1970; None of none."""
        lines = "".join(f"{commit}\n" for commit in commits).encode()
        moments = (int(moment) for (moment,) in self._repository.log(lines, form, 1) if moment.isdigit())
        return min(moments, default=None)

    def _naming(self, gone: Iterable[Commit]) -> Iterator[Commit]:
        """Yield the commits that say they are a copy of one of these, or of the same commit."""
        wanted = defaultdict(list)
        for named in {origin for commit in gone for origin in (commit.hash, *commit.message.origins)}:
            wanted[named[:7]].append(named)
        history = self._repository.history(self._tips, ()) if wanted else b""
        for copy in map(read_commit, self._repository.log(history, FORMAT, FIELDS, *_NAMING)):
            pairs = ((origin, named) for origin in copy.message.origins for named in wanted.get(origin[:7], ()))
            if any(origin.startswith(named) or named.startswith(origin) for origin, named in pairs):
                yield copy

    def _read(self, hashes: Iterable[str]) -> Iterator[Commit]:
        lines = "".join(f"{commit}\n" for commit in sorted(set(hashes))).encode()
        return map(read_commit, self._repository.log(lines, FORMAT, FIELDS))

    def _is_here(self, commit: str) -> bool:
        return bytes.fromhex(commit) in self._reached

    @cached_property
    def _reached(self) -> frozenset[bytes]:
        lines = self._repository.history(self._tips, ()).split()
        return frozenset(bytes.fromhex(line.decode()) for line in lines)


def _patch(commit: Commit) -> Patch | None:
    if commit.is_merge or commit.authored is None:
        return None
    return Patch(commit.author, int(commit.authored.timestamp()), commit.message.title)


def _copy(commit: Commit, whole: dict[str, str], here: dict[str, Commit]) -> Copy:
    origins = commit.message.origins
    full = {origin: whole.get(origin) or (origin if len(origin) in _HASHES else "") for origin in origins}
    originals = [here[full[origin]] for origin in origins if full[origin] in here]
    away = {origin: full[origin] for origin in origins if full[origin] not in here}
    root = here.get(full[origins[0]])
    author = root.author if root else commit.author
    first = InteractionRef("git", full[origins[0]] or commit.hash, "contribute", actor=author.ref)
    return Copy(first, frozenset(chain.from_iterable(map(said, originals))), away)
