"""The tokens that a process remembers. Whatever is revoked anywhere is forgotten here at once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from kith.api.http.turns import Turns
from kith.store.db import ABSENT, ROLE
from kith.store.tokens import ACCESS, PREFIX, REVOKED, Token, digest, find_app_token, find_token, workspace_of

CACHE_SECONDS = 10.0
CACHE_SIZE = 10_000  # tokens
AGAIN_SECONDS = 1.0  # between two tries to listen
_NOBODY = (0.0, None)


class Tokens:
    """Looks tokens up, remembering the good ones for CACHE_SECONDS while it hears what is revoked."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self._known: OrderedDict[bytes, tuple[float, Token]] = OrderedDict()
        self._listener: asyncpg.Connection | None = None
        self._asking = asyncio.Lock()
        self._forgotten = 0  # how often something was: what was read before the last time is not remembered

    def knows(self, text: str) -> bool:
        """Whether this token is remembered."""
        return digest(text) in self._known

    def remembered(self, text: str) -> Token | None:
        """Return the living token of this text where it is remembered."""
        until, token = self._known.get(digest(text), _NOBODY)
        return token if time.monotonic() < until else None

    async def find(self, text: str) -> Token | None:
        """Look the living token of this text up, and remember it."""
        key, now = digest(text), time.monotonic()
        self._known.pop(key, None)
        of_app = text.startswith(ACCESS)
        if (workspace_id := workspace_of(text, ACCESS if of_app else PREFIX)) is None:
            return None
        forgotten = self._forgotten
        async with self.turns.view(workspace_id) as db:
            token = await (find_app_token if of_app else find_token)(db, workspace_id, text)
        if token is not None and self._listener and forgotten == self._forgotten:
            self._remember(key, now, token)
        return token

    def _remember(self, key: bytes, now: float, token: Token) -> None:
        seconds = CACHE_SECONDS
        if token.expires_at is not None:
            seconds = min(seconds, (token.expires_at - datetime.now(UTC)).total_seconds())
        self._known[key] = (now + seconds, token)
        if len(self._known) > CACHE_SIZE:
            self._known.popitem(last=False)

    async def catch_up(self) -> None:
        """Return once this process has heard what was revoked until now: notices arrive before the next answer."""
        async with self._asking:
            if (listener := self._listener) is not None:
                with suppress(*ABSENT, TimeoutError):
                    await listener.execute("SELECT 1", timeout=AGAIN_SECONDS)

    @asynccontextmanager
    async def listening(self, url: str) -> AsyncIterator[None]:
        """Hear what is revoked while the block runs; whenever that is not possible, remember nothing."""
        ready = asyncio.Event()
        task = asyncio.create_task(self._listen(url, ready))
        with suppress(TimeoutError):
            async with asyncio.timeout(AGAIN_SECONDS):
                await ready.wait()
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self, url: str, ready: asyncio.Event) -> None:
        while True:
            with suppress(*ABSENT, TimeoutError):
                await self._listen_once(url, ready)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen_once(self, url: str, ready: asyncio.Event) -> None:
        settings = {"role": ROLE, "application_name": "kith tokens"}
        db = await asyncpg.connect(url, server_settings=settings, timeout=5)
        lost = asyncio.Event()
        db.add_termination_listener(lambda _: self._stop(lost))
        try:
            await db.add_listener(REVOKED, self._heard)
            self._listener = db
            ready.set()
            await lost.wait()
        finally:
            self._stop(lost)
            db.terminate()

    def _stop(self, lost: asyncio.Event) -> None:
        self._listener = None
        self._known.clear()
        self._forgotten += 1
        lost.set()

    def _heard(self, _: object, __: int, ___: str, payload: object) -> None:
        """Forget the tokens of a workspace, or all of them."""
        self._forgotten += 1
        if not payload:
            self._known.clear()
            return
        workspace_id = UUID(str(payload))
        for key in [key for key, (_, token) in self._known.items() if token.workspace_id == workspace_id]:
            del self._known[key]
