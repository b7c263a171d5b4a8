"""Reading projects: the issues and merge requests that changed since the last run, with all below them."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

import msgspec

from kith.connectors import (
    Context,
    Fatal,
    Missing,
    Page,
    Ref,
    Refused,
    Report,
    Skip,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors.gitlab.client import Client
from kith.connectors.gitlab.config import GitLabConfig
from kith.connectors.gitlab.records import NETWORK, Thing, Writer
from kith.connectors.gitlab.shapes import Award, Discussion, Item, Note
from kith.connectors.markdown import named

_PROJECTS = 300  # whose state fits into a cursor
_LISTS = ("issues", "merge_requests")


class State(msgspec.Struct, frozen=True, array_like=True):
    """Where a list stands: when the last item that was read was changed; page: 1, unless many were at one moment."""

    since: str = ""
    page: int = 1


class Cursor(msgspec.Struct, frozen=True):
    """lists: by project, as it is named in the settings, the states of its lists."""

    lists: dict[str, list[State]] = {}
    span: items.Span = items.Span()


async def look(config: GitLabConfig, context: Context) -> Report:
    """Ask for each project."""
    client = Client(config, context)
    found = [await client.project(path) for path in config.projects]
    return Report(f"{len(found)} projects, {sum(one.visibility != 'public' for one in found)} of them not public.")


async def read(config: GitLabConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield each project: issues, then merge requests."""
    began = context.clock.now()
    if len(config.projects) > _PROJECTS:
        raise Fatal(f"{len(config.projects)} projects are named; {_PROJECTS} are allowed for one source.")
    reading = _Reading(config, Client(config, context), load_cursor(cursor, Cursor) or Cursor(), began)
    for number, path in enumerate(config.projects, 1):
        async for page in reading.project(path):
            yield msgspec.structs.replace(page, done=number, total=len(config.projects), unit="projects")
    yield reading.end(began)


class _Reading:
    def __init__(self, config: GitLabConfig, client: Client, at: Cursor, now: datetime) -> None:
        self._config, self._client, self._at, self._now = config, client, at, now
        self._names: dict[str, int | None] = {}

    async def project(self, path: str) -> AsyncIterator[Page]:
        """Yield what a project tells; one that is not there, or not shown, is told where others are read too."""
        try:
            project = await self._client.project(path)
        except (Missing, Refused) as error:
            if len(self._config.projects) == 1:
                raise
            yield self._page(items.Told([], [Skip(path, "not_read", str(error))]))
            return
        writer = Writer(self._client.host, project)
        yield self._page(items.Told([writer.channel()]))
        for number in range(len(_LISTS)):
            try:
                async for page in self._list(path, project.id, number, writer):
                    yield page
            except (Missing, Refused) as error:  # the project has no issues, or the token must not see them
                yield self._page(items.Told([], [Skip(f"{path} {_LISTS[number]}", "not_read", str(error))]))

    async def _list(self, path: str, project: int, number: int, writer: Writer) -> AsyncIterator[Page]:
        """Yield a list from where it stood. Not by pages: what is changed meanwhile moves to its end."""
        more, name, circle = True, _LISTS[number], items.Circle(f"{path} {_LISTS[number]}")
        while more:
            state = self._states(path)[number]
            raws, more = await self._client.changed(project, name, state.since, state.page)
            circle.check(state.since, *map(bytes, raws))
            told = items.Told()
            found = told.read_all(raws, Item, f"{path} {name}")
            for item in found:
                await self._thing(project, Thing(item, name == "merge_requests"), writer, told)
            latest = items.newest((item.updated_at for item in found), self._now)
            stuck = more and latest <= state.since
            after = State(max(latest, state.since), state.page + 1 if stuck else 1)
            states = [after if at == number else one for at, one in enumerate(self._states(path))]
            self._at = msgspec.structs.replace(self._at, lists={**self._at.lists, path: states})
            yield self._page(told)

    async def _thing(self, project: int, thing: Thing, writer: Writer, told: items.Told) -> None:
        """Tell of an issue or a merge request, and of what is below it."""
        item, name = thing.item, _LISTS[thing.is_merge]
        mentioned = await self._mentioned(item.description)
        told.keep(partial(writer.thing, thing, mentioned), thing.mark, item)
        if item.merged_at and (item.merge_user or item.merged_by):
            told.keep(partial(writer.merge, thing), f"{thing.mark} merge", item)
        try:
            if item.user_notes_count != 0 or thing.is_merge:  # approvals are no notes of users
                async for raws in self._client.below(project, name, item.iid, "discussions"):
                    for discussion in told.read_all(raws, Discussion, f"{thing.mark} discussion"):
                        await self._discussion(thing, discussion, writer, told)
            if self._config.reactions and (item.upvotes or item.downvotes):
                async for raws in self._client.below(project, name, item.iid, "award_emoji"):
                    told.add_all(raws, Award, f"{thing.mark} award", partial(writer.award, thing))
        except (Missing, Refused) as error:
            told.skipped.append(Skip(thing.mark, "not_read", str(error)))

    async def _discussion(self, thing: Thing, discussion: Discussion, writer: Writer, told: items.Told) -> None:
        notes = told.read_all(discussion.notes, Note, f"{thing.mark} note")
        for note in notes:
            mentioned = [] if note.system else await self._mentioned(note.body)
            make = partial(writer.note, thing, note, notes[0].id, mentioned)
            told.keep(make, f"{thing.mark} note {note.id}", note)

    async def _mentioned(self, markdown: str | None) -> list[Ref]:
        """Return the people behind the names in a text; those whom the server does not know are none."""
        if not self._config.mentions:
            return []
        for name in (names := named(markdown)):
            if name not in self._names:
                user = await self._client.user(name)
                self._names[name] = user.id if user else None
        found = (self._names[name] for name in names)
        return [Ref(NETWORK, f"@{id_}", self._client.host) for id_ in found if id_ is not None]

    def end(self, began: datetime) -> Page:
        """Say what has been read when all projects are through."""
        records, span = self._at.span.read(began)
        self._at = msgspec.structs.replace(self._at, span=span)
        return self._page(items.Told(records))

    def _states(self, path: str) -> list[State]:
        return self._at.lists.get(path) or [State()] * len(_LISTS)

    def _page(self, told: items.Told) -> Page:
        self._at = msgspec.structs.replace(self._at, span=self._at.span.over(told.records))
        return Page(tuple(told.records), save_cursor(self._at), tuple(told.skipped))
