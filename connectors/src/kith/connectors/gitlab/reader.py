"""Reading projects: the issues and merge requests that changed since the last run, with all below them."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

import msgspec

from kith.connectors import Context, Missing, Page, Ref, Refused, Report, Skip, items, load_cursor
from kith.connectors.github.repositories import Changes, Cursor, Since
from kith.connectors.gitlab.client import Client
from kith.connectors.gitlab.config import GitLabConfig
from kith.connectors.gitlab.records import NETWORK, Thing, Writer
from kith.connectors.gitlab.shapes import Award, Discussion, Item, Note, Project
from kith.connectors.markdown import named


async def look(config: GitLabConfig, context: Context) -> Report:
    """Ask for each project."""
    client = Client(config, context)
    found = [await client.repo(path) for path in config.projects]
    return Report(f"{len(found)} projects, {sum(one.visibility != 'public' for one in found)} of them not public.")


def read(config: GitLabConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield each project: issues, then merge requests."""
    return _Reading(config, Client(config, context), load_cursor(cursor, Cursor[Since]), context.clock.now()).pages()


class _Reading(Changes[Project]):
    lists = ("issues", "merge_requests")
    word, most = "projects", 300

    def __init__(self, config: GitLabConfig, client: Client, at: Cursor[Since] | None, now: datetime) -> None:
        super().__init__(config.projects, client, at, now)
        self._config, self._client = config, client
        self._people: dict[str, int | None] = {}

    async def repository(self, name: str, repo: Project) -> AsyncIterator[Page]:
        writer = Writer(self._client.host, repo)
        yield self.page(items.Told([writer.channel()]))
        for number, path in enumerate(self.lists):
            ask = partial(self._client.changed, repo.id, path)
            tell = partial(self._things, repo.id, number == 1, writer, f"{name} {path}")
            async for page in self.read(name, path, self.changes(name, number, ask, tell)):
                yield page

    async def _things(
        self, project: int, are_merges: bool, writer: Writer, place: str, raws: list[msgspec.Raw], told: items.Told
    ) -> list[str]:
        found = told.read_all(raws, Item, place)
        for item in found:
            await self._thing(project, Thing(item, are_merges), writer, told)
        return [item.updated_at for item in found]

    async def _thing(self, project: int, thing: Thing, writer: Writer, told: items.Told) -> None:
        """Tell of an issue or a merge request, and of what is below it."""
        item, name = thing.item, self.lists[thing.is_merge]
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
            if name not in self._people:
                user = await self._client.user(name)
                self._people[name] = user.id if user else None
        found = (self._people[name] for name in names)
        return [Ref(NETWORK, f"@{id_}", self._client.host) for id_ in found if id_ is not None]
