"""Suppressions: who was erased, as keyed hashes, and what keeps them out of the facts, whoever tells of them again."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from kith.domain.erasures import Mark, Marks
from kith.store import erasures
from kith.store.batch import CHANNEL, CONVERSATION, IDENTITY, INTERACTION, Batch, Problem, Row
from kith.store.db import Db

_WRITTEN = ("text", "description", "reason", "evidence", "purpose")  # by people, of people
_ADDRESS, _KEY = IDENTITY.index("address"), IDENTITY.index("key")
_ACTOR, _TARGETS, _TARGET_KINDS = (INTERACTION.index(name) for name in ("actor_id", "target_ids", "target_kinds"))


async def marks_of(db: Db, workspace_id: UUID) -> Marks:
    """Return what hashes in the workspace."""
    return Marks(await db.fetchval("SELECT id_key FROM workspaces WHERE workspace_id = $1", workspace_id))


async def any_there(db: Db, workspace_id: UUID) -> bool:
    there: bool = await db.fetchval("SELECT EXISTS (SELECT FROM suppressions WHERE workspace_id = $1)", workspace_id)
    return there


async def is_erased(db: Db, workspace_id: UUID, id_key: bytes, id_: UUID) -> bool:
    """Whether this is the id of an identity or person who was erased."""
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM suppressions WHERE workspace_id = $1 AND kind = 'identity' AND hash = $2)",
        workspace_id, Marks(id_key).of_id(id_),
    )  # fmt: skip
    return found


async def add(db: Db, workspace_id: UUID, erasure_id: UUID, marks: Collection[Mark]) -> None:
    await db.execute(
        """
        INSERT INTO suppressions (workspace_id, erasure_id, kind, hash)
        SELECT $1::uuid, $2::uuid, * FROM unnest($3::text[], $4::bytea[]) ON CONFLICT DO NOTHING
        """,
        workspace_id, erasure_id, [mark.kind for mark in marks], [mark.hash for mark in marks],
    )  # fmt: skip


async def lacks(db: Db, workspace_id: UUID, marks: Collection[Mark]) -> bool:
    """Whether some of these marks are not there."""
    found: bool = await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM unnest($2::text[], $3::bytea[]) AS m (kind, hash) WHERE NOT EXISTS (
            SELECT FROM suppressions s WHERE s.workspace_id = $1 AND s.kind = m.kind AND s.hash = m.hash))
        """,
        workspace_id, [mark.kind for mark in marks], [mark.hash for mark in marks],
    )  # fmt: skip
    return found


async def list_marks(db: Db, workspace_id: UUID) -> list[Mark]:
    """Return the marks of what texts say."""
    rows = await db.fetch(
        "SELECT kind, hash FROM suppressions WHERE workspace_id = $1 AND kind <> 'identity'", workspace_id
    )
    return [Mark(row["kind"], row["hash"]) for row in rows]


async def redactor(db: Db, workspace_id: UUID) -> Callable[[str], str]:
    """Return what tells a text without all who were erased."""
    found = await list_marks(db, workspace_id)
    return (await marks_of(db, workspace_id)).redactor(found) if found else str


async def hold_back(db: Db, workspace_id: UUID, batch: Batch) -> bool:
    """Take those out of a batch who were erased; return whether that changed it. db: holds the lock of FACTS.

    Their acts go, other people's acts lose them as targets, and texts name them no more. An identity that shows an
    address of theirs is suppressed from now on; what was stored of it before is erased by a job.
    """
    if not await any_there(db, workspace_id):
        return False
    staged = batch.identities, batch.interactions, batch.conversations, batch.channels
    marks = await marks_of(db, workspace_id)
    gone = await _suppressed(db, workspace_id, marks, _ids(batch))
    gone |= await _by_address(db, workspace_id, marks, [row for row in batch.identities if row[0] not in gone])
    if gone:
        left = _without(batch, gone)
        if left:
            reason = f"{left:,} records tell of people who were erased."
            batch.problems.append(Problem("", "suppressed", reason))
    if found := await list_marks(db, workspace_id):
        _retell(batch, marks.redactor(found))
    return staged != (batch.identities, batch.interactions, batch.conversations, batch.channels)


def _retell(batch: Batch, redact: Callable[[str], str]) -> None:
    batch.interactions = [_told(rows, INTERACTION, ("title", "text"), redact) for rows in batch.interactions]
    batch.conversations = _told(batch.conversations, CONVERSATION, ("title",), redact)
    batch.channels = _told(batch.channels, CHANNEL, ("name",), redact)
    batch.claims = [claim._replace(evidence=redact(claim.evidence)) for claim in batch.claims]
    batch.said = [said._replace(columns=_plain(said.columns, redact)) for said in batch.said]
    batch.problems = [
        problem._replace(place=redact(problem.place), reason=redact(problem.reason), raw=redact(problem.raw))
        for problem in batch.problems
    ]


def _plain(columns: dict[str, Any], redact: Callable[[str], str]) -> dict[str, Any]:
    """Return what somebody said without those who were erased."""
    return {
        name: redact(said) if name in _WRITTEN and isinstance(said, str) else said for name, said in columns.items()
    }


def _ids(batch: Batch) -> set[UUID]:
    ids = {row[0] for row in batch.identities}
    for rows in batch.interactions:
        for row in rows:
            ids.add(row[_ACTOR])
            ids.update(row[_TARGETS])
    for claim in batch.claims:
        ids.update((claim.subject_id, claim.object_id))
    ids.update(told.identity_id for told in batch.affiliations)
    ids.update(rated.identity_id for rated in batch.standings)
    ids.update(id_ for said in batch.said for id_ in said.identity_ids)
    return ids


async def _suppressed(db: Db, workspace_id: UUID, marks: Marks, ids: Iterable[UUID]) -> set[UUID]:
    hashes = {marks.of_id(id_): id_ for id_ in ids}
    return {hashes[hash_] for hash_ in await _among(db, workspace_id, "identity", list(hashes))}


async def _among(db: Db, workspace_id: UUID, kind: str, hashes: Sequence[bytes]) -> list[bytes]:
    rows = await db.fetch(
        "SELECT hash FROM suppressions WHERE workspace_id = $1 AND kind = $2 AND hash = ANY ($3)",
        workspace_id, kind, hashes,
    )  # fmt: skip
    return [row["hash"] for row in rows]


async def _by_address(db: Db, workspace_id: UUID, marks: Marks, rows: Sequence[Row]) -> set[UUID]:
    """Suppress the identities that show an address of people who were erased; return them."""
    bearers: dict[bytes, set[UUID]] = {}
    for row in rows:
        for text in (row[_ADDRESS], row[_KEY]):
            if text and "@" in text:
                bearers.setdefault(marks.address(text), set()).add(row[0])
    found = await _among(db, workspace_id, "address", list(bearers)) if bearers else []
    ids = {id_ for hash_ in found for id_ in bearers[hash_]}
    if ids:
        await erasures.found_by_address(db, workspace_id, ids)
        erasure_id = await db.fetchval(
            "SELECT erasure_id FROM suppressions WHERE workspace_id = $1 AND kind = 'address' AND hash = $2",
            workspace_id, found[0],
        )  # fmt: skip
        await add(db, workspace_id, erasure_id, [Mark("identity", marks.of_id(id_)) for id_ in ids])
    return ids


def _without(batch: Batch, gone: set[UUID]) -> int:
    """Take identities out of a batch; return how many records went."""
    sizes = [len(batch.claims), len(batch.affiliations), len(batch.standings), *map(len, batch.interactions)]
    batch.identities = [row for row in batch.identities if row[0] not in gone]
    batch.claims = [claim for claim in batch.claims if claim.subject_id not in gone and claim.object_id not in gone]
    batch.affiliations = [told for told in batch.affiliations if told.identity_id not in gone]
    batch.standings = [rated for rated in batch.standings if rated.identity_id not in gone]
    numbers = {said.number for said in batch.said if not gone.isdisjoint(said.identity_ids)}
    batch.said = [said for said in batch.said if said.number not in numbers]
    batch.suppressed |= set(gone)
    acts = {row[0] for rows in batch.interactions for row in rows if row[_ACTOR] in gone}
    batch.suppressed |= acts
    batch.states = [change for change in batch.states if change.interaction_id not in acts]
    batch.interactions = [
        [_towards_others(row, gone) for row in rows if row[_ACTOR] not in gone] for rows in batch.interactions
    ]
    left = [len(batch.claims), len(batch.affiliations), len(batch.standings), *map(len, batch.interactions)]
    return sum(sizes) - sum(left)


def _towards_others(row: Row, gone: Collection[UUID]) -> Row:
    if not any(id_ in gone for id_ in row[_TARGETS]):
        return row
    kept = [n for n, id_ in enumerate(row[_TARGETS]) if id_ not in gone]
    changed = list(row)
    for column in (_TARGETS, _TARGET_KINDS):
        changed[column] = [row[column][n] for n in kept]
    return tuple(changed)


def _told(rows: list[Row], columns: Sequence[str], names: Sequence[str], redact: Callable[[str], str]) -> list[Row]:
    """Return rows whose texts name nobody who was erased."""
    places = [columns.index(name) for name in names]
    told = []
    for row in rows:
        texts = [(place, text) for place in places if (text := row[place])]
        new = [(place, said) for place, text in texts if (said := redact(text)) != text]
        if new:
            changed = list(row)
            for place, said in new:
                changed[place] = said
            row = tuple(changed)
        told.append(row)
    return told
