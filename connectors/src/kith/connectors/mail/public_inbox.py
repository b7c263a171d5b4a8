"""public-inbox: a mailing list in git. In version 2 each commit of an epoch sets a file ``m``; version 1 is a tree."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from kith.connectors.git.program import Git
from kith.connectors.git.repository import Repository, open_local
from kith.connectors.mail.archives import MAIL_BYTES, Item

BLOBS = 100  # fetched from git at once


class InboxCursor(msgspec.Struct, frozen=True, tag="public_inbox"):
    """The last commit read of each epoch."""

    epochs: dict[str, str]


class _Change(NamedTuple):
    """A mail that a commit added, or took out. is_last: nothing else of the commit follows."""

    commit: str
    made: datetime | None
    blob: str
    is_gone: bool
    is_last: bool = True


class PublicInbox:
    """Epochs in order, commits in order, from the first on."""

    def __init__(self, path: str, cursor: InboxCursor | None) -> None:
        self._git = Git()
        self._cursor = cursor or InboxCursor({})
        self._epochs = [(folder.name, open_local(self._git, str(folder))) for folder in epochs(Path(path))]

    def close(self) -> None:
        self._git.close()

    def items(self) -> Iterator[Item]:
        """Yield the mails; one that was taken out comes again, as gone.

        An epoch whose last commit read is no longer in its history (it was edited or purged) is read anew.
        """
        read = self._cursor.epochs
        for name, repository in self._epochs:
            last = read.get(name, "")
            is_old = bool(last) and self._reaches(repository, last)
            commit = ""
            changes = self._changes(repository)
            while batch := list(islice(changes, BLOBS)):
                blobs = _blobs(repository, [change.blob for change in batch])
                for change in batch:
                    if change.commit != commit:
                        is_old = is_old and commit != last
                        commit = change.commit
                    if change.is_last:
                        read = {**read, name: commit}
                    if data := blobs.get(change.blob):
                        place = f"commit {commit}"
                        yield Item(place, data, InboxCursor(read), is_old, change.is_gone, change.made)

    def _reaches(self, repository: Repository, commit: str) -> bool:
        return repository.maybe("merge-base", "--is-ancestor", commit, "HEAD") is not None

    def _changes(self, repository: Repository) -> Iterator[_Change]:
        if repository.maybe("rev-parse", "--verify", "--quiet", "HEAD^{commit}") is None:
            return
        stream = repository.stream(
            "log", "--reverse", "--topo-order", "--raw", "--root", "--no-abbrev", "--no-renames", "-z",
            "--format=tformat:%H %at", "HEAD",
        )  # fmt: skip
        try:
            words = (word for [word] in stream.records(1))
            waiting: _Change | None = None
            for change in _read_changes(words):
                if waiting:
                    yield waiting._replace(is_last=change.commit != waiting.commit)
                waiting = change
            if waiting:
                yield waiting
        finally:
            stream.close()


def _read_changes(words: Iterator[bytes]) -> Iterator[_Change]:
    """Read what ``git log --raw -z`` prints: a commit, then for each path its blobs before and after."""
    commit, made = "", None
    for word in words:
        text = word.decode("ascii", "replace").strip()
        if text.startswith(":"):
            _, _, old, new, status = text.split()
            path = next(words)
            is_gone = path == b"d" if status != "D" else path not in (b"m", b"d")
            if status != "D" or is_gone:
                yield _Change(commit, made, old if status == "D" else new, is_gone)
        elif text:
            commit, _, seconds = text.partition(" ")
            made = datetime.fromtimestamp(int(seconds), UTC) if seconds.isdigit() else None


def epochs(path: Path) -> list[Path]:
    """Return the repositories of an archive, oldest first; none where this is no public-inbox."""
    for folder in (path / "git", path):
        found = [entry for entry in folder.glob("*.git") if entry.stem.isdigit() and (entry / "HEAD").is_file()]
        if found:
            return sorted(found, key=lambda entry: int(entry.stem))
    return [path] if (path / "HEAD").is_file() or (path / ".git").exists() else []


def _blobs(repository: Repository, names: list[str]) -> dict[str, bytes]:
    printed = repository.run("cat-file", "--batch", given="".join(f"{name}\n" for name in names).encode())
    found, start = {}, 0
    while start < len(printed):
        end = printed.index(b"\n", start)
        words = printed[start:end].decode().split()
        start = end + 1
        if words[1] == "blob":
            found[words[0]] = printed[start : start + min(int(words[2]), MAIL_BYTES)]
            start += int(words[2]) + 1
    return found
