"""The REST API."""

from collections.abc import AsyncIterator
from typing import TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from kith.connectors import Bearer, Context, by_link, links
from kith.connectors.github.config import GitHubConfig
from kith.connectors.github.shapes import Account, Pull, Repo

T = TypeVar("T")

SIZE = 50  # items of one request; each may need more of them
_HEADERS = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}
_STARS = _HEADERS | {"accept": "application/vnd.github.star+json"}


class Client:
    def __init__(self, config: GitHubConfig, context: Context) -> None:
        self._api, self._http = config.api.rstrip("/"), context.http
        self._auth = Bearer(config.token) if config.token else None
        host = (urlsplit(self._api).hostname or "").lower()
        self.host = "github.com" if host == "api.github.com" else host

    async def repo(self, name: str) -> Repo:
        return await self._one(f"/repos/{name}", Repo)

    async def pull(self, repo: str, number: int) -> Pull:
        return await self._one(f"/repos/{repo}/pulls/{number}", Pull)

    async def user(self, login: str) -> Account:
        return await self._one(f"/users/{quote(login, safe='')}", Account)

    async def changed(self, path: str, since: str, page: int) -> tuple[list[msgspec.Raw], bool]:
        """Return what was changed since a moment, the longest unchanged first, and whether there is more of it."""
        params = {"sort": "updated", "direction": "asc", "per_page": SIZE, "page": page, "since": since or None}
        params |= {"state": "all"} if path.endswith("/issues") else {}
        answer = await self._http.get(f"{self._api}{path}", params=params, headers=_HEADERS, auth=self._auth)
        return answer.json(list[msgspec.Raw]), "next" in links(answer)

    async def all(self, path: str, *, stars: bool = False) -> AsyncIterator[list[msgspec.Raw]]:
        """Yield a list page by page."""
        headers = _STARS if stars else _HEADERS
        url, params = f"{self._api}{path}", {"per_page": 100}
        async for seen in by_link(self._http, url, params=params, headers=headers, auth=self._auth):
            yield seen.answer.json(list[msgspec.Raw])

    async def _one(self, path: str, kind: type[T]) -> T:
        answer = await self._http.get(f"{self._api}{path}", headers=_HEADERS, auth=self._auth)
        found: T = answer.json(kind)
        return found
