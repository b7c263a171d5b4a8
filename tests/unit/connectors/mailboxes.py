"""Mailboxes made on the spot."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from tests.unit.connectors.repositories import Author, Repo

START = datetime(2024, 5, 1, 12, tzinfo=UTC)
LIST = "dev@lists.example.org"


def mail(
    number: int,
    subject: str = "Hello",
    body: str = "Text.",
    sender: str = "Ada <ada@example.org>",
    *headers: str,
    answers: Sequence[int] = (),
    to: str = LIST,
    minutes: int | None = None,
) -> bytes:
    """A mail with the id <NUMBER@example.org>; answers: References, the last of them also in In-Reply-To."""
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: <{number}@example.org>"]
    lines.append(f"Date: {format_datetime(START + timedelta(minutes=number if minutes is None else minutes))}")
    if answers:
        lines.append(f"In-Reply-To: <{answers[-1]}@example.org>")
        lines.append(f"References: {' '.join(f'<{answer}@example.org>' for answer in answers)}")
    return "\n".join([*lines, *headers, "", body, ""]).encode()


def mbox(*mails: bytes) -> bytes:
    return b"".join(b"From ada@example.org Wed May  1 12:00:00 2024\n" + data + b"\n" for data in mails)


THREAD = (
    mail(1, "[Dev] Plan", "Shall we?"),
    mail(2, "Re: [Dev] Plan", "On Wed, Ada wrote:\n> Shall we?\nYes.", "Bob <bob@example.org>", answers=[1]),
    mail(3, "Re: [Dev] Plan", "Fine.", "Carl <carl@example.org>", "Cc: Bob <bob@example.org>", answers=[1, 2]),
    mail(4, "Other", "New.", "Bob <bob@example.org>"),
    mail(5, "AW: [dev] Plan", "Late.", "Dora <dora@example.org>", to=f"{LIST}, ada@example.org"),
)


class Inbox:
    """A public-inbox of version 2 as its own tools lay it out: one epoch, a commit a mail."""

    def __init__(self, folder: Path, epoch: int = 0) -> None:
        self.folder = folder
        self.repo = Repo(folder / "git" / f"{epoch}.git", "--bare")

    def add(self, data: bytes) -> str:
        return self._commit("m", data)

    def remove(self, data: bytes) -> str:
        return self._commit("d", data)

    def _commit(self, path: str, data: bytes) -> str:
        blob = self.repo.git("hash-object", "-w", "--stdin", given=data)
        tree = self.repo.git("mktree", given=f"100644 blob {blob}\t{path}\n".encode())
        author = Author("Ada", "ada@example.org")
        head = [] if self.repo.is_unborn() else ["-p", "HEAD"]
        self.repo.hour += 1
        when = f"{1_700_000_000 + self.repo.hour} +0000"
        names = {"NAME": author.name, "EMAIL": author.address, "DATE": when}
        env = {f"GIT_{who}_{name}": value for who in ("AUTHOR", "COMMITTER") for name, value in names.items()}
        commit = self.repo.git("commit-tree", tree, *head, given=b"a subject", env=env)
        self.repo.git("update-ref", "HEAD", commit)
        return commit
