"""public-inbox: a mailing list in git. In version 2 each commit of an epoch sets a file ``m``; version 1 is a tree."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from kith.connectors import Limits
from kith.connectors.git.program import Git
from kith.connectors.git.repository import Repository, open_local
from kith.connectors.mail import mailboxes
from kith.connectors.mail.dates import Arrival
from kith.connectors.mail.mailboxes import MAIL_BYTES, Item

BATCH = 200  # commits whose mails are fetched from git at once


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

    def __init__(self, path: str, cursor: InboxCursor | None, limits: Limits) -> None:
        self._git = Git()
        self._cursor = cursor or InboxCursor({})
        self._epochs = [(folder.name, open_local(self._git, str(folder), limits)) for folder in epochs(Path(path))]

    def close(self) -> None:
        self._git.close()

    def items(self) -> Iterator[Item]:
        """Yield the mails; one that was taken out comes again, as gone.

        An epoch whose last commit read is no longer in its history (it was edited or purged) is read again.
        """
        read = self._cursor.epochs
        for name, repository, history, old in self._plan():
            width = history.find(b"\n") + 1
            position = old[0]
            while lines := history[position * width : (position + BATCH) * width]:
                changes = list(_last_marked(_changes(repository, lines)))
                blobs = repository.blobs([change.blob for change in changes], MAIL_BYTES + 1)
                numbers = {commit: position + number for number, commit in enumerate(lines.decode().split())}
                for change, data in zip(changes, blobs, strict=True):
                    if change.is_last:
                        read = {**read, name: change.commit}
                    if data:
                        is_old = numbers[change.commit] < old[1]
                        place = f"commit {change.commit}"
                        yield Item(
                            place, data[:MAIL_BYTES], InboxCursor(read), is_old, change.is_gone,
                            Arrival(change.made, False), is_cut=len(data) > MAIL_BYTES,
                        )  # fmt: skip
                position += BATCH

    def _plan(self) -> list[tuple[str, Repository, bytes, tuple[int, int]]]:
        """Return what to read of each epoch: its history, where to begin, and up to where it was read before."""
        plan = []
        warm = mailboxes.WARM
        for name, repository in reversed(self._epochs):
            tip = repository.maybe("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
            last = self._cursor.epochs.get(name, "")
            if tip is None or (warm <= 0 and tip.decode().strip() == last):
                continue
            history = repository.history([tip.decode().strip()], ())
            found = history.find(f"{last}\n".encode()) if last else -1
            read = found // (history.find(b"\n") + 1) + 1 if found >= 0 else 0
            plan.append((name, repository, history, (max(0, read - max(0, warm)), read)))
            warm -= read
        return plan[::-1]


def _changes(repository: Repository, lines: bytes) -> Iterator[_Change]:
    stream = repository.stream(
        "log", "--stdin", "--no-walk=unsorted", "--raw", "--root", "--no-abbrev", "--no-renames", "-z",
        "--format=tformat:%H %at", given=lines,
    )  # fmt: skip
    try:
        yield from _read_changes(word for [word] in stream.records(1))
    finally:
        stream.close()


def _last_marked(changes: Iterator[_Change]) -> Iterator[_Change]:
    waiting: _Change | None = None
    for change in changes:
        if waiting:
            yield waiting._replace(is_last=change.commit != waiting.commit)
        waiting = change
    if waiting:
        yield waiting


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
