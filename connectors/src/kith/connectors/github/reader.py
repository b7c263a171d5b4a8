"""Reading repositories: what was changed since the last run, each list by itself."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

import msgspec

from kith.connectors import Context, Page, Report, items, load_cursor
from kith.connectors.github.below import Below
from kith.connectors.github.client import Client
from kith.connectors.github.config import GitHubConfig
from kith.connectors.github.records import Writer
from kith.connectors.github.repositories import Changes, Cursor, Since
from kith.connectors.github.shapes import Comment, Issue, Repo, Star


async def look(config: GitHubConfig, context: Context) -> Report:
    """Ask for each repository."""
    client = Client(config, context)
    found = [await client.repo(name) for name in config.repositories]
    warnings = () if config.token else ("Without a token GitHub answers 60 requests an hour.",)
    return Report(f"{len(found)} repositories, {sum(bool(repo.private) for repo in found)} of them private.", warnings)


def read(config: GitHubConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield each repository: issues and pull requests, then comments."""
    return _Reading(config, Client(config, context), load_cursor(cursor, Cursor[Since]), context.clock.now()).pages()


class _Reading(Changes[Repo]):
    lists = ("issues", "issues/comments", "pulls/comments")

    def __init__(self, config: GitHubConfig, client: Client, at: Cursor[Since] | None, now: datetime) -> None:
        super().__init__(config.repositories, client, at, now)
        self._config, self._client = config, client
        self._logins: dict[str, int | None] = {}

    async def repository(self, name: str, repo: Repo) -> AsyncIterator[Page]:
        writer = Writer(self._client.host, repo)
        yield self.page(items.Told([writer.channel()]))
        below = Below(self._config, self._client, writer, name, self._logins)
        for number, path in enumerate(self.lists):
            ask = partial(self._client.changed, f"/repos/{name}/{path}")
            tell = partial(self._comments if number else self._issues, below, f"{name} {path}")
            async for page in self.read(name, path, self.changes(name, number, ask, tell)):
                yield page
        if self._config.stars:
            async for raws in self._client.all(f"/repos/{name}/stargazers", stars=True):
                told = items.Told()
                told.add_all(raws, Star, f"{name} star", writer.star)
                yield self.page(told)

    async def _issues(self, below: Below, place: str, raws: list[msgspec.Raw], told: items.Told) -> list[str]:
        issues = told.read_all(raws, Issue, place)
        for issue in issues:
            await below.issue(issue, told)
        return [issue.updated_at for issue in issues]

    async def _comments(self, below: Below, place: str, raws: list[msgspec.Raw], told: items.Told) -> list[str]:
        comments = told.read_all(raws, Comment, place)
        for comment in comments:
            await below.comment(comment, told)
        return [comment.updated_at for comment in comments]
