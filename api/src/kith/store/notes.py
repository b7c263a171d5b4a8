"""Notes: what members and apps write down of people, organizations and relationships."""

from datetime import datetime
from uuid import UUID

import msgspec

from kith.store import subjects
from kith.store.db import Db, new_id
from kith.store.queries import Statement, structs
from kith.store.subjects import Subject, Subjects

_SELECT = f"""
    SELECT n.id, {subjects.COLUMNS.format("n")}, n.text, n.author, n.revision, n.created_at, n.updated_at
    FROM notes n {subjects.JOINS.format("n")} WHERE n.workspace_id = $1
"""


class Note(msgspec.Struct, frozen=True):
    """person_id: whom it is about, with other_id their relationship; as they stand now."""

    id: UUID
    person_id: UUID | None
    other_id: UUID | None
    organization_id: UUID | None
    text: str
    author: str
    revision: int
    created_at: datetime
    updated_at: datetime


async def list_notes(db: Db, workspace_id: UUID, wanted: Subjects, after: UUID | None, limit: int) -> list[Note]:
    """Return notes, the newest first. after: id of the row before."""
    statement = Statement(workspace_id)
    wanted.narrow(statement, "n")
    statement.where("n.id < {}", after)
    rows = await db.fetch(f"{_SELECT}{statement.and_()} ORDER BY n.id DESC LIMIT {limit:d}", *statement.values)
    return structs(Note, rows)


async def get_note(db: Db, workspace_id: UUID, note_id: UUID, *, lock: bool = False) -> Note | None:
    row = await db.fetchrow(f"{_SELECT} AND n.id = $2{' FOR UPDATE OF n' if lock else ''}", workspace_id, note_id)
    return Note(**row) if row else None


async def create_note(db: Db, workspace_id: UUID, subject: Subject, text: str, author: str) -> UUID:
    id_ = new_id()
    await db.execute(
        """
        INSERT INTO notes (workspace_id, id, identity_id, other_id, organization_id, text, author)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        workspace_id, id_, *subject, text, author,
    )  # fmt: skip
    return id_


async def update_note(db: Db, workspace_id: UUID, note_id: UUID, text: str) -> None:
    await db.execute(
        """
        UPDATE notes SET text = $3, revision = revision + 1, updated_at = now() WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, note_id, text,
    )  # fmt: skip


async def delete_note(db: Db, workspace_id: UUID, note_id: UUID) -> None:
    await db.execute("DELETE FROM notes WHERE workspace_id = $1 AND id = $2", workspace_id, note_id)
