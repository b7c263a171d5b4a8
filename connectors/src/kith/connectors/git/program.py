"""Running ``git`` on a repository that we do not trust: fixed options, closed protocols, nothing of its own run."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast

from kith.connectors import ConnectorError, Fatal, Reauthorize, Retry
from kith.connectors.git.addresses import OFFLINE, Network, redacted

SECONDS = 4 * 3600.0  # that one git may take: a clone of the largest repositories takes one
OUTPUT_BYTES = 1 << 30  # of one git at once: the hashes of 25 million commits
FIELD_BYTES = 16 << 20  # of one message; what is longer is cut
_SAID_BYTES = 4000  # of git's complaints
_READ = 1 << 20
_REAUTHORIZE = (
    "authentication failed", "permission denied", "could not read username", "could not read password",
    "host key verification failed", "returned error: 401", "returned error: 403",
)  # fmt: skip
_RETRY = (
    "could not resolve", "timed out", "connection", "early eof", "rpc failed", "hung up", "returned error: 5",
    "returned error: 429", "unable to lock", ".lock': file exists", "temporarily unavailable", "too slow",
)  # fmt: skip
# The operator named this repository, whoever owns its files; nothing of its own configuration may run a program.
_FIXED = (
    "safe.directory=*", "core.hooksPath=/dev/null", "core.fsmonitor=false", "log.showSignature=false", "gc.auto=0",
    "maintenance.auto=false", "i18n.logOutputEncoding=UTF-8", "core.quotePath=false", "core.commitGraph=true",
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
        """Return what git prints; raises Fatal, Retry or Reauthorize with git's own sentence where it fails."""
        stream = self.stream(arguments, folder, given)
        clock = threading.Timer(SECONDS, stream.kill)
        clock.start()
        try:
            return stream.read()
        finally:
            clock.cancel()
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
                stdin=lines,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=_environment(self._network, folder),
                pass_fds=() if self._held is None else (self._held,),
            )
        return Stream(self._process)

    def close(self) -> None:
        self._closed = True
        if self._process and self._process.poll() is None:
            self._process.kill()


class Stream:
    """What a running git prints; the end of what it complains of is kept aside."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._output = cast(IO[bytes], process.stdout)
        self._said = b""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def read(self) -> bytes:
        """Return all of it; raises as ``Git.run`` does."""
        output = self._output.read(OUTPUT_BYTES + 1)
        if len(output) > OUTPUT_BYTES:
            raise Fatal(f"git printed more than {OUTPUT_BYTES >> 20} MB: name fewer refs.")
        self._check()
        return output

    def records(self, fields: int) -> Iterator[list[bytes]]:
        """Yield lists of so many fields, each ended by NUL; raises as ``Git.run`` does if git fails on the way."""
        rest: list[bytes] = [b""]
        while data := self._output.read(_READ):
            parts = data.split(b"\0")
            begun = rest.pop()
            parts[0] = begun + parts[0] if len(begun) < FIELD_BYTES else begun
            rest += parts
            whole = (len(rest) - 1) // fields * fields
            for start in range(0, whole, fields):
                yield rest[start : start + fields]
            rest = rest[whole:]
        self._check()

    def kill(self) -> None:
        self._said = b"it took too long; timed out"
        self._process.kill()

    def close(self) -> None:
        """End git, whether or not all was read."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        self._output.close()

    def _listen(self) -> None:
        with cast(IO[bytes], self._process.stderr) as errors:
            while data := errors.read1(_SAID_BYTES):  # type: ignore[attr-defined] # a pipe of Popen is buffered
                self._said = (self._said + data)[-_SAID_BYTES:]

    def _check(self) -> None:
        self._process.wait()
        self._listener.join()
        if self._process.returncode:
            lines = [line for line in self._said.decode(errors="replace").splitlines() if line.strip()]
            raise _error(redacted(" ".join(lines[-3:]) or "git failed without a word")[:500])


def _environment(network: Network, folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SSH_AUTH_SOCK", "TMPDIR") if name in os.environ}
    lazy = {"GIT_NO_LAZY_FETCH": "1"} if network == OFFLINE else {}
    return (
        kept
        | lazy
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


def _error(said: str) -> ConnectorError:
    lower = said.lower()
    if "redirect" in lower or "returned error: 30" in lower:
        return Fatal(f"The repository has moved; name its new address: {said}")
    if any(sign in lower for sign in _REAUTHORIZE):
        return Reauthorize(f"The remote asks for other credentials: {said}")
    if any(sign in lower for sign in _RETRY):
        return Retry(f"The remote could not be read: {said}")
    return Fatal(f"git says: {said}")
