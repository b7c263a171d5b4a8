"""Child processes that end with their parent, and the account under which a server may run."""

import contextlib
import errno
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kith.cli import launch

START_SECONDS = 60.0  # crash recovery of a large database included
STOP_SECONDS = 30.0  # PostgreSQL writes a last checkpoint
BACKLOG = 1_024  # connections that wait to be taken

# Capabilities of Linux, by number: pass through closed folders; the same and more; keep one after giving up root.
_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE, _CAP_SETPCAP = 2, 1, 8


class CannotStart(Exception):
    """Something that kith needs cannot start. The message is one sentence that says what to do."""


@dataclass(frozen=True)
class Account:
    """The unprivileged account of a server when kith runs as root.

    passage: the capability that lets it walk through folders closed to others (a checkout below a home of mode 0700);
    -1 where every folder on the way is open.
    """

    uid: int
    gid: int
    passage: int = -1


@dataclass
class Child:
    """One child process, its log, and how to see that it is ready.

    ready: asked again and again until true. stop_signal: what makes it end in good order. env: None inherits ours.
    before: run before each start. log_bytes: a log beyond this size starts over.
    """

    name: str
    command: list[str]
    log: Path
    cwd: Path
    ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    env: Mapping[str, str] | None = None
    before: Callable[[], None] = lambda: None
    log_bytes: int = 10_000_000
    started: float = 0.0  # monotonic seconds
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it is ready. Raises CannotStart with what it wrote."""
        written = self.launch()
        while not self.ready():
            if not self.is_running:
                raise CannotStart(self.complaint(written))
            if time.monotonic() - self.started > START_SECONDS:
                self.stop()
                raise CannotStart(f"{self.name} was not ready after {START_SECONDS:.0f} s; see {self.log}.")
            time.sleep(0.02)

    def launch(self) -> int:
        """Start it without waiting; return the size of its log until now, in bytes."""
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
            self._end_session()
        self.before()
        if self.log.exists() and self.log.stat().st_size > self.log_bytes:
            self.log.unlink()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - callers pass programs of ours with fixed arguments
                [*self._launcher(), *self.command],
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            self.started = time.monotonic()
            return log.tell()

    def run(self) -> None:
        """Run it to its end. Raises CannotStart with what it wrote unless it succeeded."""
        written = self.launch()
        assert self._process is not None  # noqa: S101 - launch() has just set it; this tells the type checker
        if self._process.wait():
            raise CannotStart(self.complaint(written))

    def ask_to_stop(self) -> None:
        if self._process is not None and self.is_running:
            self._process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Ask it to end and wait; after half a minute end it, and what it left in its session."""
        if self._process is None:
            return
        self.ask_to_stop()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._end_session()

    def _end_session(self) -> None:
        """End the children of a child that has ended; where it was killed they may still hold its port."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _launcher(self) -> list[str]:
        account = self.account or Account(-1, -1)
        numbers = (os.getpid(), int(self.stop_signal), account.uid, account.gid, account.passage)
        return [sys.executable, "-I", "-S", launch.__file__, *map(str, numbers)]

    def complaint(self, written: int) -> str:
        """The sentence for a failure, from what was logged after byte ``written``."""
        with self.log.open("rb") as log:
            log.seek(written)
            said = log.read().decode(errors="replace")
        if any(reason in said for reason in ("No space left on device", "Disk quota exceeded")):
            return f"No space is left on the disk of {self.cwd}: free some, or set KITH_HOME to a folder with room."
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:", "Error:"))]
        return f"{self.name} did not start: {(telling or lines or ['it said nothing'])[-1]} (see {self.log})."


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises CannotStart."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        dual = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=dual)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(
                f"Port {port} is in use by another program: stop that, or set KITH_PORT to a free port, "
                f"as in KITH_PORT={port % 65535 + 1} make up."
            ) from error
        raise CannotStart(
            f"kith cannot listen on {host} port {port} ({error.strerror}): set KITH_HOST and KITH_PORT."
        ) from error


def account_for(data: Path, on_the_way: Iterable[Path]) -> Account | None:
    """The account that a server which refuses root shall use, or None when we are not root.

    data: its folder; whoever owns it already keeps it. on_the_way: paths that the account must reach besides.
    """
    if os.geteuid() != 0:
        return None
    owner = data.stat()
    if owner.st_uid:
        uid, gid = owner.st_uid, owner.st_gid
    else:
        uid, gid = _unprivileged()
    closed = [folder for path in (data, *on_the_way) for folder in path.resolve().parents if not _open_to(uid, folder)]
    return Account(uid, gid, _passage(closed[0]) if closed else -1)


def _unprivileged() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise CannotStart(
        "PostgreSQL refuses to run as root and this machine has no account 'nobody': start kith as a normal user."
    )


def _open_to(uid: int, folder: Path) -> bool:
    state = folder.stat()
    return bool(state.st_mode & (stat.S_IXUSR if state.st_uid == uid else stat.S_IXOTH))


def _passage(closed: Path) -> int:
    if sys.platform == "linux":
        permitted = launch.permitted_capabilities()
        for capability in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
            if permitted >> capability & 1 and permitted >> _CAP_SETPCAP & 1:
                return capability
    raise CannotStart(
        f"PostgreSQL does not run as root, and other accounts cannot enter {closed}: "
        f"put the checkout and KITH_HOME elsewhere, or allow it with 'chmod o+x {closed}'."
    )
