"""Attributes: tags and fields of a workspace's own, and what they are set to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from kith.store import subjects
from kith.store.db import Db, new_id
from kith.store.errors import NameTaken
from kith.store.queries import Statement, structs
from kith.store.subjects import Subject, Subjects

Type: TypeAlias = Literal["tag", "text", "number", "boolean", "date", "choice"]
Value: TypeAlias = str | float | bool

_COLUMNS = "id, name, type, choices, created_at"
# Where a person has several, because it was several, the latest holds.
_LATEST = """
    NOT EXISTS (
        SELECT FROM attribute_values l
        JOIN person_identities lp ON lp.workspace_id = $1 AND lp.identity_id = l.identity_id
        LEFT JOIN person_identities lo ON lo.workspace_id = $1 AND lo.identity_id = l.other_id
        WHERE l.workspace_id = $1 AND l.attribute_id = v.attribute_id AND lp.person_id = p.person_id
            AND lo.person_id IS NOT DISTINCT FROM o.person_id AND (l.updated_at, l.id) > (v.updated_at, v.id)
    )
"""


class Attribute(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    type: Type
    choices: list[str]
    created_at: datetime


class Set(msgspec.Struct, frozen=True):
    """What an attribute is set to, of a person, of a relationship, or of an organization."""

    id: UUID
    attribute_id: UUID
    name: str
    person_id: UUID | None
    other_id: UUID | None
    organization_id: UUID | None
    value: Value
    author: str
    updated_at: datetime


async def list_attributes(db: Db, workspace_id: UUID, after: UUID | None, limit: int) -> list[Attribute]:
    """Return attributes, the oldest first. after: id of the row before."""
    rows = await db.fetch(
        f"""
        SELECT {_COLUMNS} FROM attributes
        WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3
        """,
        workspace_id, after, limit,
    )  # fmt: skip
    return structs(Attribute, rows)


async def get_attribute(db: Db, workspace_id: UUID, attribute_id: UUID) -> Attribute | None:
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM attributes WHERE workspace_id = $1 AND id = $2", workspace_id, attribute_id
    )
    return Attribute(**row) if row else None


async def create_attribute(db: Db, workspace_id: UUID, name: str, type_: Type, choices: Sequence[str]) -> UUID:
    """Raises NameTaken, after which the transaction can only be undone."""
    id_ = new_id()
    try:
        await db.execute(
            "INSERT INTO attributes (workspace_id, id, name, type, choices) VALUES ($1, $2, $3, $4, $5)",
            workspace_id, id_, name, type_, choices,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise NameTaken(f"There is already an attribute named {name!r}.") from error
    return id_


async def delete_attribute(db: Db, workspace_id: UUID, attribute_id: UUID) -> None:
    """Delete an attribute with all that it is set to."""
    await db.execute("DELETE FROM attributes WHERE workspace_id = $1 AND id = $2", workspace_id, attribute_id)


async def list_values(
    db: Db,
    workspace_id: UUID,
    wanted: Subjects,
    attribute_id: UUID | None,
    value: str | None,
    after: UUID | None,
    limit: int,
) -> list[Set]:
    """Return what attributes are set to, in the order of ids. value: as text; after: id of the row before."""
    statement = Statement(workspace_id)
    wanted.narrow(statement, "v")
    statement.where("v.attribute_id = {}", attribute_id)
    statement.where("v.value #>> '{{}}' = {}", value)
    statement.where("v.id > {}", after)
    rows = await db.fetch(
        f"""
        SELECT v.id, v.attribute_id, a.name, {subjects.COLUMNS.format("v")}, v.value, v.author, v.updated_at
        FROM attribute_values v JOIN attributes a ON a.workspace_id = $1 AND a.id = v.attribute_id
        {subjects.JOINS.format("v")} WHERE v.workspace_id = $1 AND {_LATEST}{statement.and_()}
        ORDER BY v.id LIMIT {limit:d}
        """,
        *statement.values,
    )
    return [Set(**row) for row in rows]


async def set_value(
    db: Db, workspace_id: UUID, attribute_id: UUID, subject: Subject, value: Value, author: str
) -> UUID:
    """Set an attribute, and return the id of what it is set to."""
    id_: UUID = await db.fetchval(
        """
        INSERT INTO attribute_values AS v
            (workspace_id, id, attribute_id, identity_id, other_id, organization_id, value, author, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp())
        ON CONFLICT (workspace_id, attribute_id, identity_id, other_id, organization_id)
        DO UPDATE SET value = excluded.value, author = excluded.author, updated_at = excluded.updated_at
        RETURNING id
        """,
        workspace_id, new_id(), attribute_id, *subject, value, author,
    )  # fmt: skip
    return id_


async def unset(db: Db, workspace_id: UUID, attribute_id: UUID, wanted: Subjects) -> None:
    """Set an attribute to nothing, of all identities of the persons meant."""
    statement = Statement(workspace_id)
    statement.where("v.attribute_id = {}", attribute_id)
    wanted.narrow(statement, "v")
    await db.execute(f"DELETE FROM attribute_values v WHERE v.workspace_id = $1{statement.and_()}", *statement.values)
