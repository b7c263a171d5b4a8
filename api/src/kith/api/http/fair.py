"""Fair turns: so many at once, and of those who wait, workspaces come one after the other, each with its first."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Hashable

BESIDE_SECONDS = 1.0  # how long a workspace counts as one that asks too


class Crowded(Exception):
    """So many of one workspace wait that another would not be served in time."""


class Fair:
    """Lets ``size`` in at once, and ``each`` of one workspace; of one at most ``line`` wait. No key is None.

    beside: how many of one workspace, while another asks too; None: as many.
    """

    __slots__ = ("_free", "_held", "_latest", "_shared_until", "_waiting", "beside", "each", "line")

    def __init__(self, size: int, *, each: int, line: int, beside: int | None = None) -> None:
        self.each, self.line, self.beside = each, line, each if beside is None else beside
        self._free = size
        self._latest: Hashable = None
        self._shared_until = 0.0
        self._held: dict[Hashable, int] = {}
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()

    async def acquire(self, key: Hashable) -> None:
        """Wait for a turn of the workspace. Raises Crowded."""
        if key != self._latest:
            self._shared_until = 0.0 if self._latest is None else time.monotonic() + BESIDE_SECONDS
            self._latest = key
        held = self._held.get(key, 0)
        if self._free > 0 and held < self._most() and key not in self._waiting:
            self._free -= 1
            self._held[key] = held + 1
            return
        line = self._waiting.setdefault(key, deque())
        if len(line) >= self.line:
            raise Crowded
        turn = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # its turn came as it went
                self.release(key)
            raise

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    def release(self, key: Hashable) -> None:
        """End a turn; the next begins."""
        held = self._held[key] - 1
        if held:
            self._held[key] = held
        else:
            del self._held[key]
        self._free += 1
        while self._waiting and self._free and self._call():
            pass

    def _most(self) -> int:
        """Return how many of one workspace may be in now."""
        return self.beside if self._shared_until and time.monotonic() < self._shared_until else self.each

    def _call(self) -> bool:
        """Call the first in line of the workspace that has waited longest for one of its own to be called."""
        most = self._most()
        key = next((key for key in self._waiting if self._held.get(key, 0) < most), None)
        if key is None:
            return False
        line = self._waiting[key]
        turn = line.popleft()
        if not line:
            del self._waiting[key]
        if not turn.done():  # else it has gone away
            self._free -= 1
            self._held[key] = self._held.get(key, 0) + 1
            if line:
                self._waiting.move_to_end(key)
            turn.set_result(None)
        return True
