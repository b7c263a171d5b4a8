"""The REST API."""

from collections.abc import AsyncIterator
from urllib.parse import quote, urlsplit

import msgspec

from kith.connectors import Context, KeyHeader, by_link, links
from kith.connectors.gitlab.config import GitLabConfig
from kith.connectors.gitlab.shapes import Project, User

SIZE = 50  # items of one request; each may need more of them


class Client:
    def __init__(self, config: GitLabConfig, context: Context) -> None:
        self._api, self._http = f"{config.site.rstrip('/')}/api/v4", context.http
        self._auth = KeyHeader("private-token", config.token) if config.token else None
        self.host = (urlsplit(config.site).hostname or "").lower()

    async def repo(self, path: str) -> Project:
        answer = await self._http.get(f"{self._api}/projects/{quote(path, safe='')}", auth=self._auth)
        found: Project = answer.json(Project)
        return found

    async def user(self, username: str) -> User | None:
        answer = await self._http.get(f"{self._api}/users", params={"username": username}, auth=self._auth)
        found: list[User] = answer.json(list[User])
        return found[0] if found else None

    async def changed(self, project: int, name: str, since: str, page: int) -> tuple[list[msgspec.Raw], bool]:
        """Return what was changed since a moment, the longest unchanged first, and whether there is more of it."""
        params = {
            "scope": "all", "order_by": "updated_at", "sort": "asc", "per_page": SIZE, "page": page,
            "updated_after": since or None,
        }  # fmt: skip
        answer = await self._http.get(f"{self._api}/projects/{project}/{name}", params=params, auth=self._auth)
        return answer.json(list[msgspec.Raw]), "next" in links(answer)

    async def below(self, project: int, name: str, iid: int, what: str) -> AsyncIterator[list[msgspec.Raw]]:
        """Yield what is below an issue or a merge request, page by page."""
        url = f"{self._api}/projects/{project}/{name}/{iid}/{what}"
        async for seen in by_link(self._http, url, params={"per_page": 100}, auth=self._auth):
            yield seen.answer.json(list[msgspec.Raw])
