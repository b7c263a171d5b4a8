"""Writing: what an app tells of is stored by the rules of ingest, in a source of its own; each record is answered.

The answer says what a record made or changed, or why it was refused.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from kith.connectors import _records as sdk
from kith.projections.ingest import Ingest, Unfit, find_refused
from kith.store import facts, ingest, jobs
from kith.store.batch import Batch, Problem, Tombstone
from kith.store.db import Db
from kith.store.ingest import REFUSED

Outcome: TypeAlias = Literal["created", "changed", "unchanged", "refused"]

#: The problem of a record that is stored, if not with all of its targets.
LEFT_OUT = "targets_left_out"

#: Facts that have an id, by their records, and the table of each.
_TABLES: dict[type[sdk.Record], facts.Table] = {
    sdk.Identity: "identities",
    sdk.Channel: "channels",
    sdk.Conversation: "conversations",
    sdk.Interaction: "interactions",
    sdk.Ending: "interactions",
    sdk.Tombstone: "interactions",
}


class Written(NamedTuple):
    """What became of a record. id: of what it tells of, if that has one. problem: why it was refused, or cut short."""

    outcome: Outcome
    record: sdk.Record
    id: UUID | None = None
    problem: Problem | None = None


async def write(
    db: Db, workspace_id: UUID, source_id: UUID, id_key: bytes, records: Sequence[sdk.Record], *, atomic: bool
) -> list[Written]:
    """Store records in the source and return what became of each; atomic: of all or of none.

    Telling the same again changes nothing. Only what the source itself has told can be ended or deleted through it.
    """
    writing = _Writing(db, workspace_id, source_id, id_key, records)
    await writing.refuse_foreign()
    if not (atomic and writing.refused):
        await writing.store(atomic=atomic)
    return writing.outcomes()


async def take_back(db: Db, workspace_id: UUID, source_id: UUID, interaction_id: UUID, now: datetime) -> bool:
    """Withdraw an act that the source has told; it stays where another source has it too. False: it told none."""
    if not await facts.told_by(db, workspace_id, source_id, [interaction_id]):
        return False
    batch = Batch(tombstones=[Tombstone(interaction_id, "withdrawn", now)])
    await ingest.apply(db, workspace_id, source_id, None, batch)
    await jobs.ask_project(db, workspace_id)
    return True


class _Writing:
    """One set of records on its way into the store. refused: why those that are not stored are not, by their places."""

    def __init__(
        self, db: Db, workspace_id: UUID, source_id: UUID, id_key: bytes, records: Sequence[sdk.Record]
    ) -> None:
        self._db, self._workspace_id, self._source_id, self._id_key = db, workspace_id, source_id, id_key
        self._records = records
        keys = Ingest(id_key)
        self._ids = [_id_of(keys, record) for record in records]
        self._before: dict[UUID, bytes] = {}
        self._after: dict[UUID, bytes] = {}
        self._cut: dict[int, Problem] = {}
        self.refused: dict[int, Problem] = {}

    async def refuse_foreign(self) -> None:
        """Refuse to end or delete what the source has not told, here or before."""
        ending = {n for n, record in enumerate(self._records) if isinstance(record, sdk.Ending | sdk.Tombstone)}
        told = {self._ids[n] for n, record in enumerate(self._records) if isinstance(record, sdk.Interaction)}
        asked = [id_ for n in ending if (id_ := self._ids[n]) is not None and id_ not in told]
        told |= await facts.told_by(self._db, self._workspace_id, self._source_id, asked) if asked else set()
        for n in ending:
            if self._ids[n] is not None and self._ids[n] not in told:
                reason = "This app has told of no such interaction."
                self.refused[n] = Problem("", "not_found", reason, number=n)

    async def store(self, *, atomic: bool) -> None:
        batch = self._batch()
        if not self._note(batch):
            batch = self._batch()
        if atomic and self.refused:
            return
        self._before = await self._versions()
        try:
            await self._apply(batch)
        except REFUSED:
            await self._find_refused()
            if not (atomic and self.refused):
                await self._apply(batch := self._batch())
        if self._suppressed(batch) and atomic:
            await self._db.execute("ROLLBACK TO SAVEPOINT writing")
            return
        self._after = await self._versions()
        await jobs.ask_project(self._db, self._workspace_id)

    def _suppressed(self, batch: Batch) -> bool:
        """Note which records are of people who were erased; return whether any are."""
        for n in self._kept():
            if self._ids[n] in batch.suppressed:
                self.refused[n] = Problem("", "suppressed", "It is of somebody who was erased.", number=n)
        return bool(batch.suppressed)

    def outcomes(self) -> list[Written]:
        return [
            Written("refused", record, None, self.refused[n])
            if n in self.refused
            else Written(self._outcome(n), record, self._ids[n], self._cut.get(n))
            for n, record in enumerate(self._records)
        ]

    async def _apply(self, batch: Batch) -> None:
        """Store the batch. Raises one of REFUSED, after which nothing is stored."""
        await self._db.execute("SAVEPOINT writing")
        try:
            await ingest.apply(self._db, self._workspace_id, self._source_id, None, batch)
        except REFUSED:
            await self._db.execute("ROLLBACK TO SAVEPOINT writing")
            raise

    async def _find_refused(self) -> None:
        """Note which records PostgreSQL refuses."""
        places = self._kept()
        kept = [self._records[n] for n in places]
        for problem in await find_refused(self._db, self._workspace_id, self._source_id, self._id_key, kept):
            self.refused[places[problem.number or 0]] = problem

    def _kept(self) -> list[int]:
        return [n for n in range(len(self._records)) if n not in self.refused]

    def _batch(self) -> Batch:
        kept = tuple(self._records[n] for n in self._kept())
        batch = Ingest(self._id_key).batch(sdk.Page(kept, msgspec.Raw(b"null")))
        batch.cursor = None
        return batch

    def _note(self, batch: Batch) -> bool:
        """Note the problems of the batch; return whether all of its records can be stored."""
        places, known = self._kept(), len(self.refused)
        for problem in batch.problems:
            table = self._cut if problem.code == LEFT_OUT else self.refused
            table[places[problem.number or 0]] = problem
        return len(self.refused) == known

    async def _versions(self) -> dict[UUID, bytes]:
        """Return what there is of what the records tell of, each with its version."""
        found: dict[UUID, bytes] = {}
        for table in set(_TABLES.values()):
            ids = [
                id_
                for record, id_ in zip(self._records, self._ids, strict=True)
                if id_ and _TABLES.get(type(record)) == table
            ]
            if ids:
                found |= await facts.versions(self._db, self._workspace_id, table, ids)
        return found

    def _outcome(self, n: int) -> Outcome:
        id_ = self._ids[n]
        if id_ is None:
            return "changed"
        before, after = self._before.get(id_), self._after.get(id_)
        if before == after:
            return "unchanged"
        return "created" if before is None else "changed"


def _id_of(keys: Ingest, record: sdk.Record) -> UUID | None:
    try:
        return keys.id_of(record)
    except Unfit:
        return None
