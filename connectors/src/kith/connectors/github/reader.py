"""Reading repositories: what was changed since the last run, each list by itself."""

from collections.abc import AsyncIterator
from datetime import datetime

import msgspec

from kith.connectors import Context, Page, Report, items, load_cursor
from kith.connectors.github.below import Below
from kith.connectors.github.client import Client
from kith.connectors.github.config import GitHubConfig
from kith.connectors.github.records import Writer
from kith.connectors.github.repositories import Cursor, Repositories
from kith.connectors.github.shapes import Comment, Issue, Repo, Star


class State(msgspec.Struct, frozen=True, array_like=True):
    """Where a list stands: when the last item that was read was changed; page: 1, unless many were in one second."""

    since: str = ""
    page: int = 1


async def look(config: GitHubConfig, context: Context) -> Report:
    """Ask for each repository."""
    client = Client(config, context)
    found = [await client.repo(name) for name in config.repositories]
    warnings = () if config.token else ("Without a token GitHub answers 60 requests an hour.",)
    return Report(f"{len(found)} repositories, {sum(bool(repo.private) for repo in found)} of them private.", warnings)


def read(config: GitHubConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield each repository: issues and pull requests, then comments."""
    return _Reading(config, Client(config, context), load_cursor(cursor, Cursor[State]), context.clock.now()).pages()


class _Reading(Repositories[State, Repo]):
    lists = ("issues", "issues/comments", "pulls/comments")
    start = State()

    def __init__(self, config: GitHubConfig, client: Client, at: Cursor[State] | None, now: datetime) -> None:
        super().__init__(config.repositories, client, at, now)
        self._config, self._client = config, client
        self._logins: dict[str, int | None] = {}

    async def repository(self, name: str, repo: Repo) -> AsyncIterator[Page]:
        writer = Writer(self._client.host, repo)
        yield self.page(items.Told([writer.channel()]))
        below = Below(self._config, self._client, writer, name, self._logins)
        for number, path in enumerate(self.lists):
            async for page in self.read(name, path, self._list(name, number, path, below)):
                yield page
        if self._config.stars:
            async for raws in self._client.all(f"/repos/{name}/stargazers", stars=True):
                told = items.Told()
                told.add_all(raws, Star, f"{name} star", writer.star)
                yield self.page(told)

    async def _list(self, name: str, number: int, path: str, below: Below) -> AsyncIterator[Page]:
        """Yield a list from where it stood. Not by pages: what is changed meanwhile moves to its end."""
        more, circle = True, items.Circle(f"{name} {path}")
        while more:
            state = self.state(name, number)
            raws, more = await self._client.changed(f"/repos/{name}/{path}", state.since, state.page)
            circle.check(state.since, *map(bytes, raws))
            told, place = items.Told(), f"{name} {path}"
            if number == 0:
                issues = told.read_all(raws, Issue, place)
                latest = items.newest((issue.updated_at for issue in issues), self._now)
                for issue in issues:
                    await below.issue(issue, told)
            else:
                comments = told.read_all(raws, Comment, place)
                latest = items.newest((comment.updated_at for comment in comments), self._now)
                for comment in comments:
                    await below.comment(comment, told)
            stuck = more and latest <= state.since
            after = State(max(latest, state.since), state.page + 1 if stuck else 1)
            self.move(name, number, after)
            yield self.page(told)
