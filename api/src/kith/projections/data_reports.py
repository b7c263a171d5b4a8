"""A data report: all that kith holds of a person is read once and kept as NDJSON, for some days."""

import asyncio
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from kith.domain.data_reports import Line, page
from kith.domain.ids import encode
from kith.store import channels, erasures, identities, people, workspaces
from kith.store import data_reports as store
from kith.store.data_reports import DataReport, Held
from kith.store.db import Db

_AT_ONCE = 500  # records whose names are looked up together, and that are one part
_LINE = msgspec.json.Decoder(Line)

# What ids are of, by column; ``id`` and ``other_id`` by kind of record.
_NOUNS = {
    "identity_id": "identity", "actor_id": "identity", "target_ids": "identity", "target_id": "identity",
    "subject_id": "identity", "object_id": "identity", "one_id": "identity", "answerer_id": "identity",
    "channel_id": "channel", "conversation_id": "conversation", "interaction_id": "interaction",
    "interaction_ids": "interaction", "reply_to": "interaction", "answer_id": "interaction", "person_id": "person",
    "source_id": "source", "organization_id": "organization", "group_id": "group", "community_id": "community",
    "decision_id": "decision", "retracts": "decision", "attribute_id": "attribute", "member_id": "member",
}  # fmt: skip
_IDS = {
    "people": "person", "identities": "identity", "interactions": "interaction", "interactions_towards": "interaction",
    "asks": "interaction", "decisions": "decision", "suggestions": "suggestion", "notes": "note",
    "objections": "objection", "consents": "consent", "affiliations": "affiliation", "events": "event",
    "watches": "watch",
}  # fmt: skip
_OF_TWO_PEOPLE = ("relationships", "told_words")


async def make(db: Db, workspace_id: UUID, report: DataReport) -> dict[str, int]:
    """Write the parts of a report; return how many records there are, by kind. db: in a transaction."""
    identity_ids = await erasures.identities_behind(db, workspace_id, report.person_id)
    person_ids = {report.person_id, *identity_ids}
    sources, counts, number = await store.source_names(db, workspace_id), Counter[str](), 0
    rows: list[Held] = []

    async def write() -> None:
        nonlocal number
        lines = await _lines(db, workspace_id, rows, sources)
        body = await asyncio.to_thread(_packed, lines)
        await store.add_part(db, workspace_id, report.id, number, body)
        number += 1
        rows.clear()

    async for row in _held(db, workspace_id, person_ids, identity_ids):
        counts[row.kind] += 1
        rows.append(row)
        if len(rows) == _AT_ONCE:
            await write()
    await write()
    await store.set_ready(db, workspace_id, report.id, counts)
    return dict(counts)


async def ndjson(db: Db, workspace_id: UUID, report: DataReport) -> bytes:
    """Return a report for machines: a record a line."""
    parts = await store.read_parts(db, workspace_id, report.id)
    return await asyncio.to_thread(lambda: b"".join(map(zlib.decompress, parts)))


async def html(db: Db, workspace_id: UUID, report: DataReport) -> bytes:
    """Return a report for humans: a page that needs nothing from elsewhere."""
    text = await ndjson(db, workspace_id, report)
    home = await workspaces.get_workspace(db, workspace_id)
    person = await people.get_person(db, workspace_id, report.person_id)
    day = (report.ready_at or report.requested_at).date()
    named = (person.name if person else None) or encode("person", report.person_id)
    lines = (_LINE.decode(line) for line in text.splitlines())
    return await asyncio.to_thread(lambda: "".join(page(named, home.name if home else "kith", day, lines)).encode())


async def _held(
    db: Db, workspace_id: UUID, person_ids: Collection[UUID], identity_ids: Collection[UUID]
) -> AsyncIterator[Held]:
    async for row in store.held(db, workspace_id, person_ids, identity_ids):
        yield row
    public = erasures.public_ids(person_ids, identity_ids)
    async for row in store.named_events(db, workspace_id, public):
        yield row


async def _lines(db: Db, workspace_id: UUID, rows: Sequence[Held], sources: Mapping[UUID, str]) -> list[Line]:
    """Return rows as records, with the names of whom and what they mention."""
    mentioned: dict[str, set[UUID]] = {}
    for row in rows:
        for noun, id_ in _mentions(row):
            mentioned.setdefault(noun, set()).add(id_)
    refs = await identities.get_refs(db, workspace_id, mentioned.get("identity", ()))
    who = await people.get_refs(db, workspace_id, mentioned.get("person", ()))
    names = {encode("identity", id_): ref.name for id_, ref in refs.items()}
    names |= {encode("person", id_): person.name for id_, person in who.items()}
    names |= {
        encode("channel", id_): name
        for id_, name in (await channels.get_names(db, workspace_id, list(mentioned.get("channel", ())))).items()
    }
    return [_line(row, names, sources) for row in rows]


def _line(row: Held, names: Mapping[str, str | None], sources: Mapping[UUID, str]) -> Line:
    data = {name: _public(row.kind, name, value) for name, value in row.row.items()}
    known = {text: name for noun, id_ in _mentions(row) if (name := names.get(text := encode(noun, id_)))}
    told = [sources.get(id_) or encode("source", id_) for id_ in row.source_ids]
    return Line(row.kind, data, sorted(told), row.sealed, known)


def _mentions(row: Held) -> Iterator[tuple[str, UUID]]:
    for column, value in row.row.items():
        noun = _noun(row.kind, column)
        if noun in ("identity", "person", "channel") and value:
            yield from ((noun, UUID(each)) for each in (value if isinstance(value, list) else [value]))


def _noun(kind: str, column: str) -> str | None:
    if column == "id":
        return _IDS.get(kind)
    if column == "other_id":
        return "person" if kind in _OF_TWO_PEOPLE else "identity"
    return _NOUNS.get(column)


def _public(kind: str, column: str, value: Any) -> Any:
    noun = _noun(kind, column)
    if noun is None or not value:
        return value
    if isinstance(value, list):
        return [encode(noun, UUID(each)) for each in value]
    return encode(noun, UUID(value))


def _packed(lines: Sequence[Line]) -> bytes:
    return zlib.compress(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
