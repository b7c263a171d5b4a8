"""Erasure: a person is taken out of facts and projections, and texts of others tell of them as someone.

What keeps them out stands as keyed hashes among the suppressions, and in a journal outside of the database.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from kith.domain.erasures import KINDS, Known, Mark, Marks, Trait, traits
from kith.domain.ids import decode, encode, encode_optional
from kith.projections import project
from kith.store import erasures as store
from kith.store import events, ingest, jobs, locks, persons, sealing, suppressions, workspaces
from kith.store import texts as stored_texts
from kith.store.db import Db, Pool, workspace
from kith.store.erasures import Erasure
from kith.store.locks import Lock
from kith.store.texts import ACTS, PLACES, Place

AT_ONCE = 2_000
"""Rows whose texts one step of a scan reads."""
MOST_SAYING = 20_000
"""Acts that the index of words finds for one name; what is beyond, the scan finds."""
SMALL = 200_000
"""Acts up to which all texts are scanned before somebody counts as hidden."""

Note = Callable[[Sequence[Mark]], Awaitable[None]]
"""Writes hashes into the journal, before the transaction commits."""
Redact = Callable[[str], str]


async def hide(db: Db, workspace_id: UUID, erasure: Erasure, now: datetime, note: Note) -> dict[str, int]:
    """Take somebody out of every answer, event and queue, in one transaction; return how many rows went, by table.

    Texts that the index of words does not find are left to ``scan``. Doing it again finds no more.
    """
    for lock in (Lock.FACTS, Lock.PROJECTIONS, Lock.DETECTION):
        await locks.hold(db, workspace_id, lock)
    ids, person_ids = await _whom(db, workspace_id, erasure)
    found = await _traits(db, workspace_id, ids)
    marks = await suppressions.marks_of(db, workspace_id)
    hashes = _hashes(marks, {*ids, *person_ids}, found)
    await note(hashes)
    await suppressions.add(db, workspace_id, erasure.id, hashes)
    said = await store.acts_saying(db, workspace_id, [_quoted(trait.text) for trait in found], MOST_SAYING)
    counts = Counter[str]()
    touched: list[Mapping[str, list[UUID]]] = []
    gone: list[UUID] = []
    for sealed in (False, True):
        erased = await ingest.erase(db, workspace_id, ids, sealed=sealed)
        counts.update(interactions=len(erased.act_ids), interactions_towards=len(erased.towards))
        gone += erased.act_ids
        if sealed:
            await sealing.settle_touched(db, workspace_id, [erased.touched])
        else:
            touched.append(erased.touched)
    await sealing.go(db, sealed=False)
    public = store.public_ids(person_ids, ids)
    await store.blank_maps(db, workspace_id, person_ids)
    counts.update(await store.remove(db, workspace_id, person_ids, ids, gone))
    counts.update(events=await store.remove_told(db, workspace_id, public))
    answers = [*public, *(trait.text for trait in found if len(trait.text) > len("nobody"))]
    counts.update(idempotency_keys=await store.remove_answers(db, workspace_id, answers))
    rows = await stored_texts.rows_of(db, workspace_id, ACTS, said)
    retold = await _retell(db, workspace_id, ACTS, rows, marks.redactor(hashes))
    counts.update(texts=len(retold))
    touched.append(await _touched(db, workspace_id, retold))
    await project.work_in(db, workspace_id, now, _together(touched, set(ids)))
    await _tell(db, workspace_id, erasure, ids, person_ids)
    await jobs.ask_refresh(db, workspace_id)
    await jobs.ask_resolve(db, workspace_id)
    await jobs.ask_detect(db, workspace_id, whole=True)
    return {name: count for name, count in sorted(counts.items()) if count}


class Standing(NamedTuple):
    """Where a scan stands. place: of the list, and whose; key: of the last row that was read."""

    sealed: bool = False
    place: int = 0
    key: tuple[Any, ...] | None = None


async def scan(db: Db, workspace_id: UUID, redact: Redact, at: Standing, now: datetime) -> tuple[Standing | None, int]:
    """Tell the next texts without those who were erased.

    Returns where the scan stands, None where it is over, and how many texts were rewritten.
    """
    place = PLACES[at.place]
    await locks.hold(db, workspace_id, Lock.FACTS)
    await sealing.go(db, sealed=at.sealed)
    rows = await stored_texts.next_rows(db, workspace_id, place, at.key, AT_ONCE)
    retold = await _retell(db, workspace_id, place, rows, redact)
    if retold and place is ACTS and not at.sealed:
        await locks.hold(db, workspace_id, Lock.PROJECTIONS)
        await project.work_in(db, workspace_id, now, await _touched(db, workspace_id, retold))
    await sealing.go(db, sealed=False)
    if len(rows) == AT_ONCE:
        return at._replace(key=rows[-1][: len(place.key)]), len(retold)
    return _next(at), len(retold)


def _next(at: Standing) -> Standing | None:
    if PLACES[at.place].apart and not at.sealed:
        return Standing(True, at.place)
    return Standing(False, at.place + 1) if at.place + 1 < len(PLACES) else None


class Journaled(NamedTuple):
    """An entry of the journal."""

    workspace_id: UUID
    erasure_id: UUID
    marks: Sequence[Mark]


class Entry(Protocol):
    """An entry as ``kith.runtime.journal`` reads it."""

    @property
    def workspace(self) -> str: ...
    @property
    def erasure(self) -> str: ...
    @property
    def marks(self) -> dict[str, list[str]]: ...


def journaled(entries: Iterable[Entry]) -> list[Journaled]:
    """Return entries of the journal with what they name."""
    found = []
    for entry in entries:
        workspace_id, erasure_id = decode("workspace", entry.workspace), decode("erasure", entry.erasure)
        marks = [Mark(kind, bytes.fromhex(text)) for kind in KINDS for text in entry.marks.get(kind, ())]
        if workspace_id and erasure_id and marks:
            found.append(Journaled(workspace_id, erasure_id, marks))
    return found


async def replay(pool: Pool, entries: Iterable[Journaled], now: datetime) -> int:
    """Erase again whom the journal names and the database does not know as erased; return how many times.

    So a database that was restored from before an erasure is as it was after it. Jobs then do the rest.
    """
    lacking = 0
    for entry in entries:
        async with workspace(pool, entry.workspace_id) as db:
            lacking += await _replay(db, entry, now)
    return lacking


async def _replay(db: Db, entry: Journaled, now: datetime) -> bool:
    workspace_id, erasure_id, given = entry
    if await workspaces.get_workspace(db, workspace_id) is None:
        return False
    if not await suppressions.lacks(db, workspace_id, given):
        return False
    await locks.hold(db, workspace_id, Lock.FACTS)
    await suppressions.add(db, workspace_id, erasure_id, given)
    marks, hashes = await suppressions.marks_of(db, workspace_id), {mark.hash for mark in given}
    ids = [
        one.id
        for one in await store.everyone(db, workspace_id)
        if marks.of_id(one.id) in hashes
        or any("@" in text and marks.address(text) in hashes for text in (one.known.address or "", one.known.key))
    ]
    await store.ask(db, workspace_id, None, ids, "journal", "operator", erasure_id)
    erasure = await store.get_erasure(db, workspace_id, erasure_id)
    if erasure is not None:
        await store.set_begun(db, workspace_id, erasure_id, await hide(db, workspace_id, erasure, now, _unnoted))
    return True


async def _unnoted(_: Sequence[Mark]) -> None:
    """Write nothing: it is in the journal."""


async def _whom(db: Db, workspace_id: UUID, erasure: Erasure) -> tuple[list[UUID], list[UUID]]:
    """Return the identities, and the people that they are or were."""
    ids = set(erasure.identity_ids)
    person_ids = {erasure.person_id} if erasure.person_id else set[UUID]()
    if erasure.person_id:
        ids |= await store.identities_behind(db, workspace_id, erasure.person_id)
    members = await persons.with_members(db, workspace_id, ids)
    whole = {person for person in members.values() if {id_ for id_, of in members.items() if of == person} <= ids}
    return sorted(ids), sorted(person_ids | whole)


async def _traits(db: Db, workspace_id: UUID, ids: Sequence[UUID]) -> list[Trait]:
    known: list[Known] = [carrier.known for carrier in await store.identities_of(db, workspace_id, ids)]
    shared = await store.shared_addresses(db, workspace_id, ids)
    found = traits(known, await store.names_given(db, workspace_id, ids))
    return [trait for trait in found if trait.text.lower() not in shared]


def _hashes(marks: Marks, ids: Collection[UUID], found: Sequence[Trait]) -> list[Mark]:
    each = [Mark("identity", marks.of_id(id_)) for id_ in sorted(ids)] + [marks.of(trait) for trait in found]
    return list(dict.fromkeys(each))


async def _tell(db: Db, workspace_id: UUID, erasure: Erasure, ids: Sequence[UUID], people: Sequence[UUID]) -> None:
    person_id = erasure.person_id or next(iter(people), None)
    retired = [id_ for id_ in sorted({*ids, *people}) if id_ != person_id]
    data = {
        "person_id": encode_optional("person", person_id),
        "retired_ids": [encode("person", id_) for id_ in retired],
        "identity_ids": [encode("identity", id_) for id_ in ids],
    }
    if ids:
        await events.add(db, workspace_id, [("person.erased", data)])


async def _retell(
    db: Db, workspace_id: UUID, place: Place, rows: Sequence[tuple[Any, ...]], redact: Redact
) -> list[tuple[Any, ...]]:
    """Store the texts of rows without those who were erased; return the rows that changed."""
    changed = await asyncio.to_thread(_changed, rows, len(place.key), redact)
    await stored_texts.retell(db, workspace_id, place, changed)
    return changed


def _changed(rows: Sequence[tuple[Any, ...]], width: int, redact: Redact) -> list[tuple[Any, ...]]:
    """Return the rows that name somebody, rewritten. width: columns of the key."""
    new = [(*row[:width], *(_told(value, redact) for value in row[width:])) for row in rows]
    return [told for told, row in zip(new, rows, strict=True) if told != row]


def _told(value: Any, redact: Redact) -> Any:
    """Return a text, a list of texts, or a version of an act, without those who were erased."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redact(each) for each in value]
    if isinstance(value, dict):
        return value | {name: redact(value[name]) for name in ("title", "text") if value.get(name)}
    return value


async def _touched(db: Db, workspace_id: UUID, acts: Sequence[tuple[Any, ...]]) -> dict[str, list[UUID]]:
    ids = [row[0] for row in acts]
    return {"act_ids": ids, "conversation_ids": await stored_texts.conversations_of(db, workspace_id, ids)}


def _together(touched: Sequence[Mapping[str, list[UUID]]], gone: Collection[UUID]) -> dict[str, list[UUID]]:
    """Return what was touched, without identities that are there no more."""
    names = {name for each in touched for name in each}
    whole = {name: [id_ for each in touched for id_ in each.get(name, ())] for name in names}
    return whole | {"identity_ids": [id_ for id_ in whole.get("identity_ids", ()) if id_ not in gone]}


def _quoted(text: str) -> str:
    """Return a search for all words of a text, side by side."""
    return '"{}"'.format(text.replace('"', " "))
