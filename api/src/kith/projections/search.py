"""Search: candidates of each kind are found, scored, and put in one order."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kith.domain import search as domain
from kith.domain.search import Part, Type
from kith.projections import profiles
from kith.store import interactions as acts
from kith.store import organizations, people, searches
from kith.store.db import Db
from kith.store.searches import Named

FOUND = 100
"""Candidates of each kind; more are counted by nobody."""

_ALIKE = 200  # identities that are looked at because they are written or sound alike


class Asked(NamedTuple):
    """words: as in a web search. language: whose stems count, a configuration of PostgreSQL. now: of scores."""

    words: str
    types: Collection[Type]
    language: str
    now: datetime
    channel_id: UUID | None = None
    community_id: UUID | None = None
    since: datetime | None = None
    before: datetime | None = None


class Hit(NamedTuple):
    """Something that was found. parts: of its name or text, where one is shown."""

    type: Type
    id: UUID
    name: str | None
    score: float
    parts: Sequence[Part]
    at: datetime | None = None


class Facet(NamedTuple):
    """How many of a type were found. more: there are more than were counted."""

    type: Type
    found: int
    more: bool


class Results(NamedTuple):
    """hits: the best of all types, the best first."""

    hits: list[Hit]
    facets: list[Facet]


async def find(db: Db, workspace_id: UUID, asked: Asked, limit: int) -> Results:
    """Return the best of what the reader sees."""
    hits, facets = list[Hit](), list[Facet]()
    for type_ in domain.TYPES:
        if type_ not in asked.types or not _applies(type_, asked):
            continue
        found = sorted(await _FINDERS[type_](db, workspace_id, asked), key=lambda hit: -hit.score)
        facets.append(Facet(type_, min(len(found), FOUND), len(found) > FOUND))
        hits += found[:FOUND]
    hits.sort(key=lambda hit: (-hit.score, domain.TYPES.index(hit.type), hit.id.int))
    return Results(await _shown(db, workspace_id, asked, hits[:limit]), facets)


def _applies(type_: Type, asked: Asked) -> bool:
    """Whether things of this type can be narrowed by what was asked."""
    dated = asked.since is not None or asked.before is not None
    return (
        (asked.channel_id is None or type_ in ("conversation", "interaction"))
        and (asked.community_id is None or type_ == "person")
        and (not dated or type_ in ("person", "conversation", "interaction"))
    )


async def _people(db: Db, workspace_id: UUID, asked: Asked) -> list[Hit]:
    """Return people by parts of their names and handles, then by what is written or sounds alike."""
    narrowed = people.PeopleFilter(
        community_id=asked.community_id, seen_since=asked.since, seen_before=asked.before, words=asked.words
    )
    rows = await people.list_people(db, workspace_id, narrowed, None, FOUND + 1)
    found = {row.id: _named("person", row.id, row.name, asked.words, row.last_seen, least=0.65) for row in rows}
    if len(found) <= FOUND:
        for hit in await _alike(db, workspace_id, asked, found.keys()):
            found.setdefault(hit.id, hit)
    return list(found.values())


async def _alike(db: Db, workspace_id: UUID, asked: Asked, known: Collection[UUID]) -> list[Hit]:
    ids = set(await searches.find_alike(db, workspace_id, asked.words, _ALIKE))
    if keys := domain.name_keys(asked.words):
        ids |= await profiles.bearers(db, workspace_id, keys, 0)
    likest = dict[UUID, float]()
    for row in await searches.list_known(db, workspace_id, sorted(ids)) if ids else []:
        likest[row.id] = max(likest.get(row.id, 0.0), domain.likeness(asked.words, row.written))
    alike = [id_ for id_, likeness in likest.items() if likeness >= domain.ALIKE and id_ not in known]
    if not alike:
        return []
    fitting = people.PeopleFilter(
        ids=tuple(alike[:_ALIKE]), community_id=asked.community_id, seen_since=asked.since, seen_before=asked.before
    )
    rows = await people.list_people(db, workspace_id, fitting, None, FOUND + 1)
    return [Hit("person", row.id, row.name, 0.6 * likest[row.id], (), row.last_seen) for row in rows]


async def _organizations(db: Db, workspace_id: UUID, asked: Asked) -> list[Hit]:
    wanted = organizations.OrganizationFilter(words=asked.words)
    rows = await organizations.list_organizations(db, workspace_id, wanted, None, FOUND + 1)
    return [_named("organization", row.id, row.name, asked.words, least=0.65) for row in rows]


def _called(type_: Type, what: Named) -> "Finder":
    async def find_called(db: Db, workspace_id: UUID, asked: Asked) -> list[Hit]:
        rows = await searches.find_named(db, workspace_id, what, asked.words, FOUND + 1)
        return [_named(type_, row.id, row.name, asked.words) for row in rows]

    return find_called


async def _conversations(db: Db, workspace_id: UUID, asked: Asked) -> list[Hit]:
    rows = await searches.find_conversations(
        db, workspace_id, asked.channel_id, asked.since, asked.before, asked.words, asked.language, FOUND + 1
    )
    return [_said("conversation", row, asked) for row in rows]


async def _interactions(db: Db, workspace_id: UUID, asked: Asked) -> list[Hit]:
    wanted = acts.InteractionFilter(channel_id=asked.channel_id, since=asked.since, before=asked.before)
    ids = await searches.find_interactions(db, workspace_id, wanted, asked.words, asked.language, FOUND + 1)
    rows = await searches.rank_interactions(db, workspace_id, ids, asked.words, asked.language) if ids else []
    return [_said("interaction", row, asked) for row in rows]


def _named(type_: Type, id_: UUID, name: str | None, words: str, at: datetime | None = None, least: float = 0.0) -> Hit:
    """least: the score of what was found by another name than the one shown."""
    score = max(least, domain.score_name(words, name or ""))
    return Hit(type_, id_, name, score, domain.mark(name or "", words), at)


def _said(type_: Type, row: searches.Said, asked: Asked) -> Hit:
    days = (asked.now - row.at).total_seconds() / 86_400
    return Hit(
        type_, row.id, row.title, domain.score_text(row.rank, days), domain.mark(row.title or "", asked.words), row.at
    )


async def _shown(db: Db, workspace_id: UUID, asked: Asked, hits: list[Hit]) -> list[Hit]:
    """Return hits, those of interactions with what they say around the words."""
    ids = [hit.id for hit in hits if hit.type == "interaction"]
    if not ids:
        return hits
    marks = domain.START, domain.STOP
    said = await searches.show_interactions(db, workspace_id, ids, asked.words, asked.language, marks)
    return [hit._replace(parts=_parts(said[hit.id], asked.words)) if hit.id in said else hit for hit in hits]


def _parts(headline: str, words: str) -> list[Part]:
    """Return the parts of a text; PostgreSQL marks no signs of scripts without spaces."""
    parts = domain.read_marks(headline)
    return parts if any(part.matched for part in parts) else domain.mark(headline, words)


Finder = Callable[[Db, UUID, Asked], Awaitable[list[Hit]]]
_FINDERS: dict[Type, Finder] = {
    "person": _people,
    "organization": _organizations,
    "community": _called("community", "communities"),
    "topic": _called("topic", "topics"),
    "channel": _called("channel", "channels"),
    "conversation": _conversations,
    "interaction": _interactions,
}
