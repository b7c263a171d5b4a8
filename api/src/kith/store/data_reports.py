"""Data reports: all that kith holds of a person, row by row, and the reports that were made of it."""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kith.store.db import SEALED_SCHEMA, Db, new_id
from kith.store.erasures import OF_IDENTITIES, OF_PEOPLE, OF_SEALED
from kith.store.queries import Statement, structs

LIFETIME = timedelta(days=7)
_AHEAD = 1000  # rows that are fetched at once


class DataReport(msgspec.Struct, frozen=True):
    """counts: records by kind. ready_at: None while it is being made."""

    id: UUID
    person_id: UUID
    author: str
    counts: dict[str, int]
    requested_at: datetime
    ready_at: datetime | None
    expires_at: datetime


class Held(NamedTuple):
    """A row that kith holds of a person. kind: the table, or what acts are to the person. source_ids: who told it."""

    kind: str
    sealed: bool
    row: dict[str, Any]
    source_ids: list[UUID]


async def ask(db: Db, workspace_id: UUID, person_id: UUID, author: str) -> UUID:
    id_ = new_id()
    await db.execute(
        """
        INSERT INTO data_reports (workspace_id, id, person_id, author, expires_at)
        VALUES ($1, $2, $3, $4, now() + $5::interval)
        """,
        workspace_id, id_, person_id, author, LIFETIME,
    )  # fmt: skip
    return id_


async def get_report(db: Db, workspace_id: UUID, report_id: UUID, *, lock: bool = False) -> DataReport | None:
    """Return a report, as long as it is kept."""
    row = await db.fetchrow(
        f"{_SELECT} AND id = $2 AND expires_at > now(){' FOR UPDATE' if lock else ''}", workspace_id, report_id
    )
    return DataReport(**row) if row else None


async def list_reports(
    db: Db, workspace_id: UUID, person_ids: Collection[UUID] | None, after: UUID | None, limit: int
) -> list[DataReport]:
    """Return the reports that are kept, the newest first. person_ids: of these alone."""
    statement = Statement(workspace_id)
    statement.where("person_id = ANY ({}::uuid[])", None if person_ids is None else list(person_ids))
    statement.where("id < {}", after)
    rows = await db.fetch(
        f"{_SELECT} AND expires_at > now(){statement.and_()} ORDER BY id DESC LIMIT {limit:d}", *statement.values
    )
    return structs(DataReport, rows)


async def delete_report(db: Db, workspace_id: UUID, report_id: UUID) -> None:
    await db.execute("DELETE FROM data_reports WHERE workspace_id = $1 AND id = $2", workspace_id, report_id)


async def prune(db: Db, workspace_id: UUID, before: datetime, limit: int) -> int:
    """Delete reports that have ended; return how many."""
    done = await db.execute(
        """
        DELETE FROM data_reports WHERE workspace_id = $1 AND id IN (
            SELECT id FROM data_reports WHERE workspace_id = $1 AND expires_at <= $2 LIMIT $3)
        """,
        workspace_id, before, limit,
    )  # fmt: skip
    return int(done.rpartition(" ")[2])


async def add_part(db: Db, workspace_id: UUID, report_id: UUID, number: int, body: bytes) -> None:
    await db.execute("INSERT INTO data_report_parts VALUES ($1, $2, $3, $4)", workspace_id, report_id, number, body)


async def set_ready(db: Db, workspace_id: UUID, report_id: UUID, counts: Mapping[str, int]) -> None:
    await db.execute(
        "UPDATE data_reports SET ready_at = now(), counts = $3 WHERE workspace_id = $1 AND id = $2",
        workspace_id, report_id, dict(counts),
    )  # fmt: skip


async def read_parts(db: Db, workspace_id: UUID, report_id: UUID) -> list[bytes]:
    rows = await db.fetch(
        "SELECT body FROM data_report_parts WHERE workspace_id = $1 AND report_id = $2 ORDER BY number",
        workspace_id, report_id,
    )  # fmt: skip
    return [row["body"] for row in rows]


async def source_names(db: Db, workspace_id: UUID) -> dict[UUID, str]:
    return {
        row["id"]: row["name"]
        for row in await db.fetch("SELECT id, name FROM sources WHERE workspace_id = $1", workspace_id)
    }


async def held(
    db: Db, workspace_id: UUID, person_ids: Collection[UUID], identity_ids: Collection[UUID]
) -> AsyncIterator[Held]:
    """Yield all that an erasure of the person would take away or change, from open and sealed sources alike.

    db: in a transaction.
    """
    places: list[tuple[str, str, str, Collection[UUID]]] = [
        ("people", "people", "id = ANY ($2)", person_ids),
        ("identities", "identities", "id = ANY ($2)", identity_ids),
        *((name, name, condition, identity_ids) for name, condition in OF_IDENTITIES if name != "identities"),
        *(
            (name, name, condition, person_ids)
            for name, condition in OF_PEOPLE
            if name not in ("people", "data_reports")
        ),
        ("interactions", "interactions", "actor_id = ANY ($2)", identity_ids),
        ("interaction_versions", "interaction_versions", f"interaction_id IN ({_MINE})", identity_ids),
        ("interactions_towards", "interactions", f"id IN ({_TOWARDS}) AND actor_id <> ALL ($2)", identity_ids),
    ]
    twins = {name for name, _ in OF_SEALED} | {"interactions", "interaction_versions"}
    for sealed in (False, True):
        schema = SEALED_SCHEMA if sealed else "public"
        await db.execute(f"SET LOCAL search_path = {f'{SEALED_SCHEMA}, public' if sealed else 'public'}")
        for kind, table, condition, ids in places:
            if sealed and table not in twins:
                continue
            names = await _columns(db, schema, table)
            told = _TOLD if table == "interactions" else "source_id" if "source_id" in names else "NULL::uuid"
            query = f"""
                SELECT {told} AS told, to_jsonb(r) AS row FROM (
                    SELECT {", ".join(names)} FROM {table} AS t WHERE workspace_id = $1 AND ({condition})
                ) AS r
            """
            async for row in db.cursor(query, workspace_id, list(ids), prefetch=_AHEAD):
                source_ids = row["told"] if isinstance(row["told"], list) else [row["told"]]
                yield Held(kind, sealed, row["row"], [id_ for id_ in source_ids if id_])
    await db.execute("SET LOCAL search_path = public")


async def named_events(db: Db, workspace_id: UUID, public_ids: Collection[str]) -> AsyncIterator[Held]:
    """Yield the events that name one of these public ids."""
    query = """
        SELECT jsonb_build_object('id', id, 'type', type, 'data', data, 'occurred_at', occurred_at) AS row FROM events
        WHERE workspace_id = $1
            AND EXISTS (SELECT FROM unnest($2::text[]) AS named (id) WHERE strpos(data::text, named.id) > 0)
        ORDER BY id
    """
    async for row in db.cursor(query, workspace_id, list(public_ids), prefetch=_AHEAD):
        yield Held("events", False, row["row"], [])


async def _columns(db: Db, schema: str, table: str) -> list[str]:
    """Return the columns of a table that say something: neither the workspace nor what is made for searching."""
    rows = await db.fetch(
        """
        SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = $1::regnamespace AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
            AND a.atttypid <> ALL ('{bytea,tsvector}'::regtype[]) AND a.attname <> 'workspace_id'
        ORDER BY a.attnum
        """,
        schema, table,
    )  # fmt: skip
    return [row["attname"] for row in rows]


_SELECT = """
    SELECT id, person_id, author, counts, requested_at, ready_at, expires_at FROM data_reports WHERE workspace_id = $1
"""
_MINE = "SELECT id FROM interactions WHERE workspace_id = $1 AND actor_id = ANY ($2)"
_TOWARDS = "SELECT interaction_id FROM interaction_targets WHERE workspace_id = $1 AND identity_id = ANY ($2)"
_TOLD = """
    ARRAY(SELECT r.source_id UNION SELECT source_id FROM tellings WHERE workspace_id = $1 AND interaction_id = r.id)
"""
