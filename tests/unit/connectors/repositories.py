"""Repositories made by real git commands, the same bytes on every machine."""

import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

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

    def recorded(self, message: str, author: Author, moment: str) -> str:
        """Commit the files as they are, all at one moment."""
        env = {"GIT_AUTHOR_NAME": author.name, "GIT_AUTHOR_EMAIL": author.address, "GIT_AUTHOR_DATE": moment}
        env |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in env.items()}
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message, env=env)
        return self.git("rev-parse", "HEAD")

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


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which git itself serves the repositories of a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    daemon = subprocess.Popen(
        ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--export-all", f"--base-path={folder}", str(folder)],
        env=_ENVIRONMENT | {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"},
        start_new_session=True,
    )
    try:
        while not _listens(port):
            assert daemon.poll() is None
            time.sleep(0.02)
        yield f"git://127.0.0.1:{port}"
    finally:
        os.killpg(daemon.pid, signal.SIGTERM)
        daemon.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class _Redirect(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(301)
        self.send_header("Location", f"https://127.0.0.1/elsewhere{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def redirecting(folder: Path) -> Iterator[tuple[str, Path]]:
    """The address of an https server that sends everybody elsewhere, and its certificate."""
    with secured(folder, _Redirect) as found:
        yield found


@contextmanager
def secured(folder: Path, handler: type[BaseHTTPRequestHandler]) -> Iterator[tuple[str, Path]]:
    """The address of an https server, and its certificate."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = secure.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}", certificate
        server.shutdown()
