"""Running ``git`` on a repository that we do not trust: fixed options, closed protocols, nothing of its own run."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

from kith.connectors import ConnectorError, Fatal, Reauthorise, Retry

_CREDENTIALS = re.compile(r"(\w+://)[^/@\s]+@")
_READ = 1 << 20
_REAUTHORISE = (
    "authentication failed", "permission denied", "could not read username", "could not read password",
    "host key verification failed", "returned error: 401", "returned error: 403",
)  # fmt: skip
_RETRY = (
    "could not resolve", "timed out", "connection", "early eof", "rpc failed", "hung up", "returned error: 5",
    "returned error: 429", "unable to lock", ".lock': file exists", "temporarily unavailable",
)  # fmt: skip
# The operator named this repository, whoever owns its files; nothing of its own configuration may run a program.
_FIXED = (
    "safe.directory=*", "core.hooksPath=/dev/null", "core.fsmonitor=false", "log.showSignature=false", "gc.auto=0",
    "maintenance.auto=false", "i18n.logOutputEncoding=UTF-8", "core.quotePath=false", "core.commitGraph=true",
)  # fmt: skip


class Git:
    """Runs one git at a time. ``close``, from any thread, ends it and lets no other begin."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def run(self, arguments: Sequence[str], folder: Path, protocols: str, given: bytes = b"") -> bytes:
        """Return what git prints; raises Fatal, Retry or Reauthorise with git's own sentence where it fails."""
        with tempfile.TemporaryFile() as lines, tempfile.TemporaryFile() as errors:
            process = self._start(arguments, folder, protocols, lines, given, errors)
            printed, _ = process.communicate()
            _check(process, errors)
        return printed

    def stream(self, arguments: Sequence[str], folder: Path, protocols: str, given: bytes = b"") -> "Stream":
        with ExitStack() as stack, tempfile.TemporaryFile() as lines:
            errors = stack.enter_context(tempfile.TemporaryFile())
            stream = Stream(self._start(arguments, folder, protocols, lines, given, errors), errors)
            stack.pop_all()
        return stream

    def close(self) -> None:
        self._closed = True
        if self._process and self._process.poll() is None:
            self._process.kill()

    def _start(
        self, arguments: Sequence[str], folder: Path, protocols: str, lines: IO[bytes], given: bytes, errors: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        program = shutil.which("git")
        if program is None:
            raise Fatal("The program git is not installed on kith's machine.")
        if self._closed:
            raise Fatal("The run was ended.")
        lines.write(given)
        lines.seek(0)
        fixed = [word for setting in _FIXED for word in ("-c", setting)]
        self._process = subprocess.Popen(  # noqa: S603 - a fixed program, and nothing from outside can be an option
            [program, "--no-pager", "--no-replace-objects", *fixed, *arguments],
            stdin=lines,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=_environment(protocols, folder),
        )
        return self._process


class Stream:
    """What a running git prints, in fields ended by NUL."""

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
        self._process = process
        self._errors = errors

    def records(self, fields: int) -> Iterator[list[bytes]]:
        """Yield lists of so many fields; raises as ``Git.run`` does if git fails on the way."""
        output = cast(IO[bytes], self._process.stdout)
        rest: list[bytes] = [b""]
        while data := output.read(_READ):
            parts = data.split(b"\0")
            parts[0] = rest.pop() + parts[0]
            rest += parts
            whole = (len(rest) - 1) // fields * fields
            for start in range(0, whole, fields):
                yield rest[start : start + fields]
            rest = rest[whole:]
        self._process.wait()
        _check(self._process, self._errors)

    def close(self) -> None:
        """End git, whether or not all was read."""
        self._process.kill()
        self._process.wait()
        cast(IO[bytes], self._process.stdout).close()
        self._errors.close()


def redacted(text: str) -> str:
    """Return the text without the passwords that addresses may carry."""
    return _CREDENTIALS.sub(r"\1", text)


def _environment(protocols: str, folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SSH_AUTH_SOCK", "TMPDIR") if name in os.environ}
    return kept | {
        "GIT_ALLOW_PROTOCOL": protocols,
        "GIT_ASKPASS": "true",
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


def _check(process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    if process.returncode == 0:
        return
    errors.seek(0)
    lines = [line for line in errors.read().decode(errors="replace").splitlines() if line.strip()]
    raise _error(redacted(" ".join(lines[-3:]) or "git failed without a word")[:500])


def _error(said: str) -> ConnectorError:
    lower = said.lower()
    if any(sign in lower for sign in _REAUTHORISE):
        return Reauthorise(f"The remote asks for other credentials: {said}")
    if any(sign in lower for sign in _RETRY):
        return Retry(f"The remote could not be read: {said}")
    return Fatal(f"git says: {said}")
