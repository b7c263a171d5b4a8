"""The REST API of Gitea, which is Forgejo's too."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from kith.connectors import Answer, Bearer, Context, items, links
from kith.connectors.gitea.config import GiteaConfig
from kith.connectors.gitea.shapes import Account, Organization, Pull, Repo

T = TypeVar("T")

SIZE = 50  # items of one request: what servers give at most, unless set otherwise


class Part(NamedTuple):
    """A page of a list. at: when the server gave it; total: how long the list is now, where it says so."""

    raws: list[msgspec.Raw]
    more: bool
    at: datetime
    total: int | None


class Client:
    def __init__(self, config: GiteaConfig, context: Context) -> None:
        self._api, self._http, self._clock = f"{config.site.rstrip('/')}/api/v1", context.http, context.clock
        self._auth = Bearer(config.token, "token") if config.token else None
        self.host = (urlsplit(config.site).hostname or "").lower()

    async def repo(self, name: str) -> Repo:
        return await self._one(f"/repos/{name}", Repo)

    async def pull(self, repo: str, number: int) -> Pull:
        return await self._one(f"/repos/{repo}/pulls/{number}", Pull)

    async def user(self, login: str) -> Account:
        return await self._one(f"/users/{quote(login, safe='')}", Account)

    async def organization(self, name: str) -> Organization:
        return await self._one(f"/orgs/{quote(name, safe='')}", Organization)

    async def part(self, path: str, page: int, seen: int = 0, **params: str | None) -> Part:
        """Return a page of a list. seen: how many came before it."""
        given = {"page": page, "limit": SIZE, **params}
        answer = await self._http.get(f"{self._api}{path}", params=given, auth=self._auth)
        raws: list[msgspec.Raw] = answer.json(list[msgspec.Raw] | None) or []  # null stands for an empty list
        said = answer.headers.get("x-total-count", "")
        total = int(said) if said.isascii() and said.isdigit() and len(said) < 12 else None
        more = bool(raws) and ("next" in links(answer) or (total or 0) > seen + len(raws))
        return Part(raws, more, self._date(answer), total)

    async def all(self, path: str) -> AsyncIterator[list[msgspec.Raw]]:
        """Yield a list page by page."""
        page, seen, more, circle = 1, 0, True, items.Circle(path)
        while more:
            part = await self.part(path, page, seen)
            if part.more:
                circle.check(*map(bytes, part.raws))
            yield part.raws
            page, seen, more = page + 1, seen + len(part.raws), part.more

    async def _one(self, path: str, kind: type[T]) -> T:
        answer = await self._http.get(f"{self._api}{path}", auth=self._auth)
        found: T = answer.json(kind)
        return found

    def _date(self, answer: Answer) -> datetime:
        """Return what the server's clock says; else ours."""
        try:
            return parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError, OverflowError):
            return self._clock.now()
