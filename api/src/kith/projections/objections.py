"""Objections: who is scored no longer, or again, and what that changes."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from kith.domain.events import Type
from kith.domain.ids import encode
from kith.projections import project
from kith.store import events, jobs, people
from kith.store import objections as store
from kith.store.db import Db


async def add(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], reason: str, author: str,
    objected_at: datetime | None, now: datetime,
) -> UUID:  # fmt: skip
    """Let a person with these identities be scored no longer; return the id of the objection."""
    id_ = await store.add(db, workspace_id, identity_ids, reason, author, objected_at)
    await _settle(db, workspace_id, identity_ids, now, "person.objected")
    return id_


async def end(db: Db, workspace_id: UUID, objection_id: UUID, author: str, now: datetime) -> None:
    """Take an objection back: whom it is about is scored again, unless another one stands."""
    identity_ids = await store.end(db, workspace_id, objection_id, author)
    await _settle(db, workspace_id, identity_ids, now, "person.scored")


async def _settle(db: Db, workspace_id: UUID, identity_ids: Collection[UUID], now: datetime, type_: Type) -> None:
    await project.settle(db, workspace_id, now, identity_ids)
    person_ids = sorted(await people.persons_of(db, workspace_id, identity_ids))
    if type_ == "person.scored":
        person_ids = await store.scored(db, workspace_id, person_ids)
    await events.add(db, workspace_id, [(type_, {"person_id": encode("person", id_)}) for id_ in person_ids])
    await jobs.ask_detect(db, workspace_id)
