"""Reading repositories: what was changed since the last run, each list by itself."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial

import msgspec

from kith.connectors import (
    Context,
    Delivery,
    Missing,
    Page,
    Received,
    Refused,
    Report,
    Skip,
    Sweep,
    Tombstone,
    items,
    load_cursor,
    read_delivery,
)
from kith.connectors.gitea.below import Below
from kith.connectors.gitea.client import Client
from kith.connectors.gitea.config import GiteaConfig
from kith.connectors.gitea.records import Writer
from kith.connectors.gitea.shapes import Account, Comment, Issue, Pushed, Repo
from kith.connectors.github.repositories import Cursor, Repositories

_OVERLAP = timedelta(minutes=1)


class State(msgspec.Struct, frozen=True, array_like=True):
    """Where a list stands. since: what changed later is asked for; began: when page 1 was given; page: the next one."""

    since: str = ""
    began: datetime | None = None
    page: int = 1
    seen: int = 0


async def look(config: GiteaConfig, context: Context) -> Report:
    """Ask for each repository."""
    client = Client(config, context)
    found = [await client.repo(name) for name in config.repositories]
    return Report(f"{len(found)} repositories, {sum(bool(repo.private) for repo in found)} of them private.")


def read(config: GiteaConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield each repository: issues and pull requests, then comments."""
    return _Reading(config, Client(config, context), load_cursor(cursor, Cursor[State]), context.clock.now()).pages()


def receive(config: GiteaConfig, delivery: Delivery, context: Context) -> Received:
    """Return what a webhook tells: a deletion, which reading never shows; or only that there is news."""
    told = read_delivery(delivery, Pushed)
    if told.repository.full_name.lower() not in {name.lower() for name in config.repositories}:
        return Received()
    if told.action != "deleted":
        return Received(read=True)
    writer = Writer(Client(config, context).host, Repo(told.repository.id, told.repository.full_name))
    if told.comment is not None:
        return Received((Tombstone(writer.comment_ref(told.comment)),))
    if told.issue is not None:
        return Received((Tombstone(writer.issue_ref(told.issue.number, told.issue.pull_request is not None)),))
    return Received(read=True)


class _Reading(Repositories[State, Repo]):
    lists = ("issues", "issues/comments")
    start = State()

    def __init__(self, config: GiteaConfig, client: Client, at: Cursor[State] | None, now: datetime) -> None:
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
            async for page in self._stars(name, writer):
                yield page
        if self._config.members:
            yield await self._members(name, writer)

    async def _list(self, name: str, number: int, path: str, below: Below) -> AsyncIterator[Page]:
        """Yield what changed since the last run. The next run asks from when this one began.

        Issues come newest first, so that what is new meanwhile pushes others on to later pages, where they come again;
        comments oldest first. Where the list became shorter, the page before is read again, lest something slipped onto
        it.
        """
        more, total, circle = True, None, items.Circle(f"{name} {path}")
        while more:
            state = self.state(name, number)
            given = {"since": state.since or None} | ({"state": "all"} if number == 0 else {})
            part = await self._client.part(f"/repos/{name}/{path}", state.page, state.seen, **given)
            told, place = items.Told(), f"{name} {path}"
            if number == 0:
                for issue in told.read_all(part.raws, Issue, place):
                    await below.issue(issue.as_written, told)
            else:
                for comment in told.read_all(part.raws, Comment, place):
                    await below.comment(comment.as_written, told)
            began, more = state.began or part.at, part.more
            shorter = total is not None and part.total is not None and part.total < total
            total = part.total
            if not more:
                after = State(f"{began - _OVERLAP:%Y-%m-%dT%H:%M:%SZ}")
            elif shorter and state.page > 1:
                after = State(state.since, began, state.page - 1, max(0, state.seen - len(part.raws)))
            else:
                circle.check(str(total), *map(bytes, part.raws))
                after = State(state.since, began, state.page + 1, state.seen + len(part.raws))
            self.move(name, number, after)
            yield self.page(told)

    async def _stars(self, name: str, writer: Writer) -> AsyncIterator[Page]:
        """Yield who stars a repository: all of them, so that it shows who does no longer."""
        sweep = Sweep("begun", ("bookmark",), writer.place)
        yield self.page(items.Told([sweep]))
        skipped = 0
        async for raws in self._client.all(f"/repos/{name}/stargazers"):
            told = items.Told()
            told.add_all(raws, Account, f"{name} star", partial(writer.starred, now=self._now))
            skipped += len(told.skipped)
            yield self.page(told)
        if not skipped:
            yield self.page(items.Told([msgspec.structs.replace(sweep, phase="complete")]))

    async def _members(self, name: str, writer: Writer) -> Page:
        """Return who is in the organization that owns a repository; nobody where a person does."""
        told, owner = items.Told(), name.partition("/")[0]
        try:
            organization = await self._client.organization(owner)
            async for raws in self._client.all(f"/orgs/{owner}/members"):
                make = partial(writer.member, of=organization, now=self._now)
                told.add_all(raws, Account, f"{owner} member", make)
        except (Missing, Refused) as error:
            told.skipped.append(Skip(f"{owner} members", "not_read", str(error)))
        return self.page(told)
