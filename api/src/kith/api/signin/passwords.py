"""Passwords: judged by processes of their own, a few at a time, and refused where too many wait."""

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import msgspec

from kith.api.http.problems import Problem

SHORTEST, LONGEST = 12, 200  # characters
#: What is judged where there is no hash: that of a text which nobody knows.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$T3+SNWCvKgedU+xdxZ1ntg$f5Yz/LJ/qASs9Hs7/6tJMVb8Ll1uxqbI4nJEnX7lol4"
_WAITING = 4  # judgments that wait for each that is under way
_TRIES = 2
_JUDGE = (sys.executable, "-m", "kith.runtime.judge")


class Passwords:
    """Hashes and verifies. size: how many at once; each keeps one core busy and takes 19 MiB.

    Each thread has a process to ask, which begins with the first password and again where it has ended.
    """

    def __init__(self, size: int = max(1, (os.cpu_count() or 2) // 2)) -> None:
        self._threads, self._here = ThreadPoolExecutor(size, "password"), threading.local()
        self._judges: list[subprocess.Popen[bytes]] = []
        self._closed = False
        self._most, self._asked = size * (1 + _WAITING), 0

    async def hash(self, password: str) -> str:
        """Raises Problem where too many wait."""
        return str(await self._run(password, None))

    async def verify(self, known: str | None, password: str) -> bool:
        """Whether a password has this hash. Where there is none, that takes as long. Raises Problem."""
        return await self._run(password, known or _NOBODYS) is True and known is not None

    def close(self) -> None:
        self._closed = True
        for judge in self._judges:
            judge.kill()
        self._threads.shutdown(cancel_futures=True)
        while self._judges:
            self._end(self._judges[-1])

    def check_room(self) -> None:
        """Refuse at once, before anything is read or asked of the database, where too many wait. Raises Problem."""
        if self._asked >= self._most:
            raise Problem("too_many_attempts", headers={"Retry-After": "1"})

    async def _run(self, password: str, known: str | None) -> bool | str:
        self.check_room()
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, password, known)
        finally:
            self._asked -= 1

    def _ask(self, password: str, known: str | None) -> bool | str:
        """Return what the process of this thread says. Raises RuntimeError where none answers."""
        asked = msgspec.json.encode((password, known)) + b"\n"
        for _ in range(_TRIES):
            if self._closed:
                break
            judge: subprocess.Popen[bytes] = getattr(self._here, "judge", None) or self._begin()
            if line := _exchange(judge, asked):
                found: bool | str = msgspec.json.decode(line)
                return found
            self._end(judge)
        raise RuntimeError("No process judges passwords.")

    def _begin(self) -> "subprocess.Popen[bytes]":
        judge = subprocess.Popen(_JUDGE, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  # our own
        self._here.judge = judge
        self._judges.append(judge)
        return judge

    def _end(self, judge: "subprocess.Popen[bytes]") -> None:
        """End a process, close its pipes and wait for it."""
        self._here.judge = None
        self._judges.remove(judge)
        judge.kill()
        with judge:
            pass


def _exchange(judge: "subprocess.Popen[bytes]", asked: bytes) -> bytes:
    """Return the line that a process answers; empty where it has ended."""
    assert judge.stdin  # noqa: S101  # both are pipes
    assert judge.stdout  # noqa: S101  # both are pipes
    with suppress(BrokenPipeError):
        judge.stdin.write(asked)
        return judge.stdout.readline()
    return b""


def flaw(password: str, *known: str | None) -> str | None:
    """Return what is wrong with a password as a sentence of the catalogue. known: what others know of its owner."""
    if len(password) < SHORTEST:
        return "A password has 12 characters at least."
    if len(password) > LONGEST:
        return "A password has 200 characters at most."
    plain = password.lower()
    if len(set(plain)) < 5 or any(text and text.lower() in plain for text in known):
        return "This password is easy to guess."
    return None
