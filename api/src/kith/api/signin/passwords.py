"""Passwords: judged beside the loop of events, a few at a time, and refused where too many wait."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kith.api.http.problems import Problem

SHORTEST, LONGEST = 12, 200  # characters
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODYS = _HASHER.hash(os.urandom(16).hex())
_WAITING = 4  # judgments that wait for each that is under way
_NICENESS = 10  # of the threads that judge

T = TypeVar("T")


class Passwords:
    """Hashes and verifies. size: how many at once; each keeps one core busy and takes 19 MiB."""

    def __init__(self, size: int = max(1, (os.cpu_count() or 2) // 2)) -> None:
        self._threads = ThreadPoolExecutor(size, "password", _let_others_pass)
        self._most, self._asked = size * (1 + _WAITING), 0

    async def hash(self, password: str) -> str:
        """Raises Problem where too many wait."""
        return await self._run(partial(_HASHER.hash, password))

    async def verify(self, known: str | None, password: str) -> bool:
        """Whether a password has this hash. Where there is none, that takes as long. Raises Problem."""
        return await self._run(partial(_verify, known or _NOBODYS, password)) and known is not None

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def check_room(self) -> None:
        """Refuse at once, before anything is asked of the database, where too many wait. Raises Problem."""
        if self._asked >= self._most:
            raise Problem("too_many_attempts", headers={"Retry-After": "1"})

    async def _run(self, judge: Callable[[], T]) -> T:
        self.check_room()
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, judge)
        finally:
            self._asked -= 1


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


def _let_others_pass() -> None:
    """Have this thread yield to what answers requests, where an operating system knows priorities of threads."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _verify(known: str, password: str) -> bool:
    try:
        return _HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False
