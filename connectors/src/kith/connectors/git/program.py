"""Running ``git`` on a repository that we do not trust: fixed options, closed protocols, nothing of its own run."""

import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from kith.connectors import ConnectorError, Fatal, Reauthorize, Retry
from kith.connectors.git.addresses import OFFLINE, Network

REMOTE_SECONDS = 4 * 3600.0  # that git may be silent: a clone says nothing, and the largest repositories take an hour
LOCAL_SECONDS = 300.0
OUTPUT_BYTES = 1 << 30  # of one git at once: the hashes of 25 million commits
FIELD_BYTES = 16 << 20  # of one message; what is longer is cut
_SAID_BYTES = 4000  # of git's complaints
_READ = 1 << 20
_REAUTHORIZE = (
    "authentication failed", "permission denied", "could not read username", "could not read password",
    "host key verification failed", "returned error: 401", "returned error: 403",
)  # fmt: skip
_SIGNS: tuple[tuple[type[Fatal | Retry], tuple[str, ...], str], ...] = (
    (Retry, ("could not resolve",), "The remote's host could not be found."),
    (Retry, ("timed out", "too slow"), "The remote took too long to answer."),
    (Retry, ("returned error: 429",), "The remote asks to come back later."),
    (Retry, ("unable to lock", ".lock': file exists"), "Another git works on the clone."),
    (
        Retry,
        ("connection", "early eof", "rpc failed", "hung up", "returned error: 5", "temporarily unavailable"),
        "The connection to the remote could not be made, or broke off.",
    ),
    (Retry, ("no space left", "disk quota"), "No space is left for the clone."),
    (Fatal, ("certificate", "ssl "), "The remote's certificate is not trusted."),
    (Fatal, ("not found", "does not appear to be a git repository"), "The remote has no such repository."),
    (Fatal, ("not a git repository",), "This is no git repository."),
    (
        Fatal,
        ("missing", "bad object", "corrupt", "could not read", "unable to read", "unable to open", "bad tree"),
        "Objects of the repository are missing or damaged.",
    ),
)
# The operator named this repository, whoever owns its files; nothing of its own configuration may run a program.
_FIXED = (
    "safe.directory=*", "core.hooksPath=/dev/null", "core.fsmonitor=false", "log.showSignature=false", "gc.auto=0",
    "maintenance.auto=false", "i18n.logOutputEncoding=UTF-8", "core.quotePath=false", "core.commitGraph=true",
    "log.mailmap=false", "core.attributesFile=/dev/null", "core.bigFileThreshold=32m",
)  # fmt: skip


class Git:
    """Runs one git at a time. ``close``, from any thread, ends it and lets no other begin.

    held: a lock's file descriptor, which a git that outlives this process goes on holding.
    """

    def __init__(self, network: Network = OFFLINE, held: int | None = None) -> None:
        self._network = network
        self._held = held
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def run(self, arguments: Sequence[str], folder: Path, given: bytes = b"") -> bytes:
        """Return what git prints; raises Fatal, Retry or Reauthorize where it fails.

        git's own words are never passed on: they may quote whatever file it was led to.
        """
        stream = self.stream(arguments, folder, given)
        try:
            return stream.read()
        finally:
            stream.close()

    def stream(self, arguments: Sequence[str], folder: Path, given: bytes = b"") -> "Stream":
        program = shutil.which("git")
        if program is None:
            raise Fatal("The program git is not installed on kith's machine.")
        if self._closed:
            raise Fatal("The run was ended.")
        fixed = [word for setting in _FIXED for word in ("-c", setting)]
        with tempfile.TemporaryFile() as lines:
            lines.write(given)
            lines.seek(0)
            self._process = subprocess.Popen(  # noqa: S603 - a fixed program, and nothing from outside can be an option
                [program, "--no-pager", "--no-replace-objects", *fixed, *self._network.options, *arguments],
                bufsize=0,
                pipesize=_READ,
                start_new_session=True,
                stdin=lines,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=_environment(self._network, folder),
                pass_fds=() if self._held is None else (self._held,),
            )
        return Stream(self._process, LOCAL_SECONDS if self._network == OFFLINE else REMOTE_SECONDS)

    def close(self) -> None:
        self._closed = True
        if self._process:
            _end(self._process)


class Stream:
    """What a running git prints. Where it prints nothing for so many seconds, it is ended."""

    def __init__(self, process: subprocess.Popen[bytes], patience: float) -> None:
        self._process = process
        self._output = cast(IO[bytes], process.stdout)
        self._patience = patience
        self._said = b""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def read(self) -> bytes:
        """Return all of it; raises as ``Git.run`` does."""
        parts = []
        size = 0
        for data in self.chunks():
            size += len(data)
            if size > OUTPUT_BYTES:
                raise Fatal(f"git printed more than {OUTPUT_BYTES >> 20} MB: name fewer refs.")
            parts.append(data)
        return b"".join(parts)

    def records(self, fields: int) -> Iterator[list[bytes]]:
        """Yield lists of so many fields, each ended by NUL; raises as ``Git.run`` does if git fails on the way."""
        rest: list[bytes] = [b""]
        for data in self.chunks():
            parts = data.split(b"\0")
            begun = rest.pop()
            parts[0] = begun + parts[0] if len(begun) < FIELD_BYTES else begun
            rest += parts
            whole = (len(rest) - 1) // fields * fields
            for start in range(0, whole, fields):
                yield rest[start : start + fields]
            rest = rest[whole:]

    def chunks(self) -> Iterator[bytes]:
        """Yield it as it comes; raises as ``Git.run`` does if git fails on the way."""
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        while True:
            if not poll.poll(self._patience * 1000):
                _end(self._process)
                raise Retry(f"git was silent for {self._patience / 60:.0f} minutes, and was ended.")
            if not (data := self._output.read(_READ)):
                break
            yield data
        self._check()

    def close(self) -> None:
        """End git, whether or not all was read."""
        _end(self._process)
        self._process.wait()
        self._listener.join()
        self._output.close()

    def _listen(self) -> None:
        with cast(IO[bytes], self._process.stderr) as errors:
            while data := errors.read(_SAID_BYTES):
                self._said = (self._said + data)[-_SAID_BYTES:]

    def _check(self) -> None:
        self._process.wait()
        self._listener.join()
        if self._process.returncode:
            raise _error(self._said.decode(errors="replace").lower(), self._process.returncode)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill git and what it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _environment(network: Network, folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SSH_AUTH_SOCK", "TMPDIR") if name in os.environ}
    lazy = {"GIT_NO_LAZY_FETCH": "1"} if network == OFFLINE else {}
    settings = {"GIT_CONFIG_COUNT": str(len(network.settings))}
    for number, (name, value) in enumerate(network.settings):
        settings |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return (
        kept
        | lazy
        | settings
        | {
            "GIT_ALLOW_PROTOCOL": network.protocols,
            "GIT_ASKPASS": "true",
            "GIT_CEILING_DIRECTORIES": str(folder.parent),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_SSH_COMMAND": network.ssh,
            "GIT_TERMINAL_PROMPT": "0",
            "HOME": os.devnull,  # no .netrc: its passwords are not for whoever may create sources
            "LC_ALL": "C",
        }
    )


def _error(said: str, status: int) -> ConnectorError:
    """Return what to do about git's complaint, in words of our own."""
    if "redirect" in said or "returned error: 30" in said:
        return Fatal("The repository has moved; name its new address.")
    if any(sign in said for sign in _REAUTHORIZE):
        return Reauthorize("The remote asks for other credentials.")
    for kind, signs, sentence in _SIGNS:
        if any(sign in said for sign in signs):
            return kind(sentence)
    return Fatal(f"git failed with status {status}; run it by hand on the repository to see why.")
