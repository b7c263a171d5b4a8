"""Repositories made by real git commands, the same bytes on every machine."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C",
}


class Author:
    def __init__(self, name: str, address: str) -> None:
        self.name, self.address = name, address

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


ADA, BOB = Author("Ada", "ada@example.org"), Author("Bob", "bob@example.org")
CARL, DORA = Author("Carl", "carl@example.org"), Author("Dora", "dora@example.org")


class Repo:
    """A repository in a folder; each commit happens one hour after the one before."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.hour = 0
        self.git("init", "--quiet", "--initial-branch=main", *options)
        self.git("config", "commit.gpgsign", "false")

    def git(self, *arguments: str, given: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, input=given, env=_ENVIRONMENT | dict(env or {}), capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode(errors="replace").strip()

    def commit(
        self,
        message: str | bytes,
        author: Author = ADA,
        committer: Author | None = None,
        path: str = "README",
        merge: tuple[str, ...] = (),
        dates: tuple[str, str] | None = None,
    ) -> str:
        """Change a file and commit; with ``merge``, make the commit a merge of HEAD and those."""
        self.hour += 1
        when = f"{1_700_000_000 + self.hour * 3600} +0200"
        committer = committer or author
        env = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.address,
            "GIT_AUTHOR_DATE": dates[0] if dates else when,
            "GIT_COMMITTER_NAME": committer.name,
            "GIT_COMMITTER_EMAIL": committer.address,
            "GIT_COMMITTER_DATE": dates[1] if dates else when,
        }
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{self.hour}\n")
        self.git("add", "--all")
        tree = self.git("write-tree")
        head = [] if self.is_unborn() else ["-p", self.git("rev-parse", "HEAD")]
        parents = [word for parent in merge for word in ("-p", self.git("rev-parse", parent))]
        text = message if isinstance(message, bytes) else message.encode()
        commit = self.git("commit-tree", tree, *head, *parents, given=text, env=env)
        self.git("update-ref", "HEAD", commit)
        return commit

    def raw_commit(self, text: bytes) -> str:
        """Store a commit object that git itself would not make, and put the branch on it."""
        commit = self.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", given=text)
        self.git("update-ref", "HEAD", commit)
        return commit

    def is_unborn(self) -> bool:
        return self.git("rev-parse", "--revs-only", "--quiet", "HEAD") == ""

    def branch(self, name: str, start: str = "HEAD") -> None:
        self.git("checkout", "--quiet", "-B", name, start)

    def switch(self, name: str) -> None:
        self.git("checkout", "--quiet", name)
