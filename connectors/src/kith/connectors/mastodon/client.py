"""The client API of a server."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from kith.connectors import Answer, Bearer, Context, Missing, by_link, links
from kith.connectors.mastodon.config import MastodonConfig
from kith.connectors.mastodon.statuses import Account
from kith.connectors.mastodon.words import LIKED_BY, SHARED_BY

LIMIT = 40


class Found(msgspec.Struct, frozen=True):
    """A page of a list. older, newer: what asks for those beside it."""

    items: list[msgspec.Raw]
    older: str | None
    newer: str | None


class Thread(msgspec.Struct, frozen=True):
    ancestors: list[msgspec.Raw]
    descendants: list[msgspec.Raw]


class _Instance(msgspec.Struct, frozen=True):
    domain: str | None = None
    uri: str | None = None
    title: str | None = None


class Client:
    def __init__(self, config: MastodonConfig, context: Context) -> None:
        self._server, self._http = config.server.rstrip("/"), context.http
        self._auth = Bearer(config.token) if config.token else None

    async def domain(self) -> str:
        """Return what accounts of this server have behind their @."""
        try:
            found: _Instance = (await self._get("/api/v2/instance")).json(_Instance)
        except Missing:
            found = (await self._get("/api/v1/instance")).json(_Instance)
        return (found.domain or found.uri or "").removeprefix("https://").rstrip("/")

    async def account(self, name: str) -> Account:
        found: Account = (await self._get("/api/v1/accounts/lookup", acct=name.lstrip("@"))).json(Account)
        return found

    async def page(self, address: str) -> Found:
        """Return one page of a list. The server says what lies beside it: its order is not that of ids."""
        answer = await self._http.get(address, auth=self._auth)
        found = links(answer)
        return Found(answer.json(list[msgspec.Raw]), found.get("next"), found.get("prev"))

    def address(self, path: str) -> str:
        """Return what asks for the newest page of a list."""
        return f"{self._server}{path}{'&' if '?' in path else '?'}limit={LIMIT}"

    async def all(self, path: str) -> AsyncIterator[list[msgspec.Raw]]:
        """Yield a list page by page."""
        async for seen in by_link(self._http, self.address(path), auth=self._auth):
            yield seen.answer.json(list[msgspec.Raw])

    async def thread(self, status: str) -> Thread:
        """Return what a post answers, and what answers it."""
        found: Thread = (await self._get(f"/api/v1/statuses/{status}/context")).json(Thread)
        return found

    def likes(self, status: str) -> AsyncIterator[list[msgspec.Raw]]:
        return self.all(f"/api/v1/statuses/{status}/{LIKED_BY}")

    def shares(self, status: str) -> AsyncIterator[list[msgspec.Raw]]:
        return self.all(f"/api/v1/statuses/{status}/{SHARED_BY}")

    async def _get(self, path: str, **params: Any) -> Answer:
        return await self._http.get(f"{self._server}{path}", params=params, auth=self._auth)
