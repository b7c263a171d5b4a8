"""Copies: backports and cherry-picks, which repeat in their messages what happened to the original."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

from kith.connectors import InteractionRef
from kith.connectors.git.acts import FIELDS, FORMAT, Commit, Copy, read_commit, said
from kith.connectors.git.repository import Repository

_HASHES = (40, 64)
#: Of the messages that name an original, as git's own search finds them.
_NAMING = ("-E", "-i", "--grep=cherry|port|upstream|mainline|original|linus|linux")


class Copies:
    """What the commits that a walk reaches repeat of one another."""

    def __init__(self, repository: Repository, tips: Sequence[str]) -> None:
        self._repository = repository
        self._tips = tips

    def of(self, commits: Iterable[Commit]) -> dict[str, Copy]:
        """Return for each of the commits that is a copy what it repeats."""
        copies = [commit for commit in commits if commit.message.origins]
        if not copies:
            return {}
        whole = self._repository.whole({origin for commit in copies for origin in commit.message.origins})
        here = {commit.hash: commit for commit in self._read(filter(self._is_here, whole.values()))}
        return {commit.hash: _copy(commit, whole, here) for commit in copies}

    def naming(self, hashes: Iterable[str]) -> Iterator[Commit]:
        """Yield the commits that say they are a copy of one of these."""
        wanted = defaultdict(list)
        for commit in hashes:
            wanted[commit[:7]].append(commit)
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


def _copy(commit: Commit, whole: dict[str, str], here: dict[str, Commit]) -> Copy:
    origins = commit.message.origins
    full = {origin: whole.get(origin) or (origin if len(origin) in _HASHES else "") for origin in origins}
    originals = [here[full[origin]] for origin in origins if full[origin] in here]
    away = {origin: full[origin] for origin in origins if full[origin] not in here}
    root = here.get(full[origins[0]])
    author = root.author if root else commit.author
    first = InteractionRef("git", full[origins[0]] or commit.hash, "contribute", actor=author.ref)
    return Copy(first, frozenset(chain.from_iterable(map(said, originals))), away)
