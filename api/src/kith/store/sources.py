"""Sources: configured uses of connectors, what they have read and what they miss."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kith.store import jobs, partitions, reach, sealing, tellings, tokens
from kith.store.db import IS_GUEST, Db, new_id
from kith.store.errors import NameTaken

APP = "app"
"""The connector of a source that is written through the API rather than read. No such connector is installed."""

_COLUMNS = """
    workspace_id, id, connector, name, config, status, schedule, trusted, sealed, revision, app_id, created_at,
    updated_at,
    EXISTS (SELECT FROM authorizations a WHERE a.workspace_id = $1 AND a.source_id = sources.id) AS authorized,
    ARRAY (SELECT c.name FROM credentials c WHERE c.workspace_id = $1 AND c.source_id = sources.id ORDER BY c.name)
        AS credentials
"""


class Source(msgspec.Struct, frozen=True):
    """One configured use of a connector. schedule: how often it is read by itself.

    trusted: the operator named what it reads. credentials: the names of its secret settings, which config lacks.
    authorized: a provider of OAuth has let it in. app_id: of the app that writes it, where an app does. sealed: what it
    tells counts for nothing that all see.
    """

    workspace_id: UUID
    id: UUID
    connector: str
    name: str
    config: dict[str, Any]
    status: str
    schedule: dict[str, Any] | None
    trusted: bool
    sealed: bool
    revision: int
    created_at: datetime
    updated_at: datetime
    credentials: list[str] = []
    authorized: bool = False
    app_id: UUID | None = None

    @property
    def is_written(self) -> bool:
        """Whether apps or members write it, so that there is nothing to read."""
        return self.connector == APP


class Period(msgspec.Struct, frozen=True):
    """What a source says of a period (of occurred_at, half open); None: without bound."""

    status: str
    since: datetime | None
    before: datetime | None
    reason: str
    learnt_at: datetime


class Reading(msgspec.Struct, frozen=True):
    """How far one source has been read.

    hidden: how many acts of the workspace the reader does not see. sealed: how many the reader sees that sealed sources
    alone tell.
    """

    id: UUID
    name: str
    status: str
    read_since: datetime | None
    read_until: datetime | None
    gaps: int
    hidden: int
    sealed: int


async def list_sources(db: Db, workspace_id: UUID, after: UUID | None, limit: int) -> list[Source]:
    """Return sources, the oldest first. after: id of the row before."""
    rows = await db.fetch(
        f"""
        SELECT {_COLUMNS} FROM sources WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3
        """,
        workspace_id, after, limit,
    )  # fmt: skip
    return [Source(**row) for row in rows]


async def get_source(db: Db, workspace_id: UUID, source_id: UUID, *, lock: bool = False) -> Source | None:
    """Return a source. lock: until the transaction ends, nobody else changes it."""
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM sources WHERE workspace_id = $1 AND id = $2{' FOR UPDATE' if lock else ''}",
        workspace_id, source_id,
    )  # fmt: skip
    return Source(**row) if row else None


async def find_sources(db: Db, workspace_id: UUID, name: str, source_id: UUID | None) -> list[Source]:
    """Return the sources of this name or this id; until the transaction ends, nobody else changes them."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM sources WHERE workspace_id = $1 AND (name = $2 OR id = $3) ORDER BY id FOR UPDATE",
        workspace_id, name, source_id,
    )  # fmt: skip
    return [Source(**row) for row in rows]


async def create_source(
    db: Db,
    workspace_id: UUID,
    connector: str,
    name: str,
    config: Mapping[str, Any],
    *,
    trusted: bool = False,
    schedule: Mapping[str, Any] | None = None,
    sealed: bool = False,
) -> Source:
    """Add a source. Raises NameTaken."""
    row = await db.fetchrow(
        f"""
        INSERT INTO sources (workspace_id, id, connector, name, config, status, trusted, schedule, sealed)
        VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, $8)
        ON CONFLICT (workspace_id, name) DO NOTHING RETURNING {_COLUMNS}
        """,
        workspace_id, new_id(), connector, name, config, trusted, schedule, sealed,
    )  # fmt: skip
    if row is None:
        raise NameTaken(f"There is already a source named {name!r}.")
    if sealed:
        await tokens.forget(db, workspace_id)
    return Source(**row)


async def written_by(db: Db, workspace_id: UUID, app_id: UUID | None, name: str) -> Source:
    """Return the source that an app writes, made when it first does. app_id: None for what members write themselves.

    name: of a new one; where another source has it, a number follows. Until the transaction ends, nobody changes it.
    """
    for number in range(1, 1000):
        row = await db.fetchrow(
            f"""
            SELECT {_COLUMNS} FROM sources
            WHERE workspace_id = $1 AND connector = $2 AND app_id IS NOT DISTINCT FROM $3 FOR SHARE
            """,
            workspace_id, APP, app_id,
        )  # fmt: skip
        if row is not None:
            return Source(**row)
        await db.execute(
            """
            INSERT INTO sources (workspace_id, id, connector, name, config, status, app_id)
            VALUES ($1, $2, $3, $4, '{}', 'active', $5) ON CONFLICT DO NOTHING
            """,
            workspace_id, new_id(), APP, name if number == 1 else f"{name} ({number})", app_id,
        )  # fmt: skip
    raise NameTaken(f"There are already many sources named {name!r}.")


async def update_source(
    db: Db,
    workspace_id: UUID,
    source_id: UUID,
    *,
    name: str,
    config: Mapping[str, Any],
    status: str,
    trusted: bool,
    schedule: Mapping[str, Any] | None,
) -> Source:
    """Change a source that exists. Raises NameTaken, after which the transaction can only be undone."""
    try:
        row = await db.fetchrow(
            f"""
            UPDATE sources SET name = $3, config = $4, status = $5, trusted = $6, schedule = $7,
                revision = revision + 1, updated_at = now()
            WHERE workspace_id = $1 AND id = $2 RETURNING {_COLUMNS}
            """,
            workspace_id, source_id, name, config, status, trusted, schedule,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise NameTaken(f"There is already a source named {name!r}.") from error
    if row is None:
        raise LookupError(source_id)
    return Source(**row)


async def set_status(db: Db, workspace_id: UUID, source: Source, status: str) -> Source:
    """Change a source's status alone."""
    return await update_source(
        db, workspace_id, source.id, name=source.name, config=source.config, status=status, trusted=source.trusted,
        schedule=source.schedule,
    )  # fmt: skip


class Removal(msgspec.Struct, frozen=True):
    """What removing a source with all that it told takes away: acts and claims that no other source has.

    shared: acts that it told and that stay, because another source has them. channels: of which no other source tells.
    identities: of which no other source tells and no human said anything.
    """

    interactions: int
    shared: int
    claims: int
    channels: int
    identities: int


async def preview_removal(db: Db, workspace_id: UUID, source_id: UUID) -> Removal:
    row = await db.fetchrow(_REMOVAL, workspace_id, source_id)
    return Removal(*row.values()) if row else Removal(0, 0, 0, 0, 0)


async def begin_removal(db: Db, workspace_id: UUID, source: Source, *, withdraw: bool) -> UUID:
    """Mark a source as being deleted and return the job that deletes it. withdraw: with all that it told."""
    if source.status != "deleting":
        await set_status(db, workspace_id, source, "deleting")
    return await jobs.ask_remove_source(db, workspace_id, source.id, withdraw=withdraw or source.sealed)


async def seal(db: Db, workspace_id: UUID, source: Source, *, sealed: bool) -> Source:
    """Seal or unseal a source: it is read again from the beginning, and a job takes back what it told before."""
    await db.execute(
        """
        UPDATE sources SET sealed = $3, revision = revision + 1, updated_at = now() WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, source.id, sealed,
    )  # fmt: skip
    await tokens.forget(db, workspace_id)
    await jobs.ask_move_source(db, workspace_id, source.id)
    saved = await get_source(db, workspace_id, source.id)
    if saved is None:
        raise LookupError(source.id)
    return saved


async def forget_place(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Let a source be read from its beginning, as if it had never been."""
    for table in ("cursors", "coverage", "sweeps"):
        await db.execute(f"DELETE FROM {table} WHERE workspace_id = $1 AND source_id = $2", workspace_id, source_id)
    await partitions.forget_places(db, workspace_id, source_id)


async def list_periods(db: Db, workspace_id: UUID, source_id: UUID) -> list[Period]:
    """Return what the source has read and what it misses, oldest first."""
    rows = await db.fetch(
        """
        SELECT status, lower(period) AS since, upper(period) AS before, reason, learnt_at FROM coverage
        WHERE workspace_id = $1 AND source_id = $2 ORDER BY period, status
        """,
        workspace_id, source_id,
    )  # fmt: skip
    return [Period(**row) for row in rows]


async def list_readings(db: Db, workspace_id: UUID) -> list[Reading]:
    """Return how far each source has been read: the coverage that answers carry."""
    rows = await db.fetch(
        f"""
        SELECT s.id, s.name, s.status, c.read_since, c.read_until, coalesce(c.gaps, 0) AS gaps,
            (SELECT CASE WHEN {IS_GUEST} THEN count_hidden($1, NULL) ELSE 0 END) AS hidden,
            (SELECT CASE WHEN sees('sealed') THEN (
                SELECT coalesce(sum(acts), 0) FROM sealed.identity_days WHERE workspace_id = $1
            ) ELSE 0 END) AS sealed
        FROM sources s LEFT JOIN (
            SELECT source_id, min(lower(period)) FILTER (WHERE status = 'read') AS read_since,
                   max(upper(period)) FILTER (WHERE status = 'read') AS read_until,
                   count(*) FILTER (WHERE status <> 'read') AS gaps
            FROM coverage WHERE workspace_id = $1 GROUP BY source_id
        ) c ON c.source_id = s.id
        WHERE s.workspace_id = $1 ORDER BY s.id
        """,
        workspace_id,
    )
    return [Reading(**row) for row in rows]


class ToRead(msgspec.Struct, frozen=True):
    """A source about to be read. cursor: the connector's own JSON, None at the very beginning.

    trusted: the operator named what it reads.
    """

    connector: str
    config: dict[str, Any]
    status: str
    schedule: dict[str, Any] | None
    trusted: bool
    cursor: str | None
    id_key: bytes
    revision: int


async def to_read(db: Db, workspace_id: UUID, source_id: UUID) -> ToRead | None:
    """Return how a source is to be read; None when it is gone."""
    row = await db.fetchrow(
        """
        SELECT s.connector, s.config, s.status, s.schedule, s.trusted, c.cursor, w.id_key, s.revision
        FROM sources s JOIN workspaces w ON w.workspace_id = s.workspace_id
        LEFT JOIN cursors c ON c.workspace_id = s.workspace_id AND c.source_id = s.id
        WHERE s.workspace_id = $1 AND s.id = $2
        """,
        workspace_id, source_id,
    )  # fmt: skip
    return ToRead(**row) if row else None


async def status_of(db: Db, workspace_id: UUID, source_id: UUID) -> str | None:
    """Return the source's status, which stays until the transaction ends; None when it is gone."""
    found: str | None = await db.fetchval(
        "SELECT status FROM sources WHERE workspace_id = $1 AND id = $2 FOR SHARE", workspace_id, source_id
    )
    return found


async def all_ids(db: Db, workspace_id: UUID) -> list[UUID]:
    """Return the ids of all sources."""
    rows = await db.fetch("SELECT id FROM sources WHERE workspace_id = $1 ORDER BY id", workspace_id)
    return [row["id"] for row in rows]


async def is_sealed(db: Db, workspace_id: UUID, source_id: UUID) -> bool:
    """Return whether a source is there and sealed."""
    return bool(
        await db.fetchval("SELECT sealed FROM sources WHERE workspace_id = $1 AND id = $2", workspace_id, source_id)
    )


async def ask_to_reauthorize(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Let the source wait until a human renews its credentials."""
    await db.execute(
        """
        UPDATE sources SET status = 'reauthorize', revision = revision + 1, updated_at = now()
        WHERE workspace_id = $1 AND id = $2 AND status = 'active'
        """,
        workspace_id, source_id,
    )  # fmt: skip


async def hold_again(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Let a source whose credentials were renewed be read again."""
    await db.execute(
        """
        UPDATE sources SET status = CASE status WHEN 'reauthorize' THEN 'active' ELSE status END,
            revision = revision + 1, updated_at = now()
        WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, source_id,
    )  # fmt: skip


async def count_fault(db: Db, workspace_id: UUID, source_id: UUID, most: int) -> int:
    """Note that the connector broke; return how often in a row. An active source is put aside at ``most``."""
    faults: int | None = await db.fetchval(
        """
        UPDATE sources SET faults = faults + 1,
            status = CASE WHEN status = 'active' AND faults + 1 >= $3 THEN 'faulty' ELSE status END,
            revision = revision + (status = 'active' AND faults + 1 >= $3)::integer, updated_at = now()
        WHERE workspace_id = $1 AND id = $2 RETURNING faults
        """,
        workspace_id, source_id, most,
    )  # fmt: skip
    return faults or 0


async def clear_faults(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    await db.execute(
        "UPDATE sources SET faults = 0 WHERE workspace_id = $1 AND id = $2 AND faults > 0", workspace_id, source_id
    )


async def close_breaker(db: Db, workspace_id: UUID, source_id: UUID) -> bool:
    """Let a source that was put aside for faults be read again; return whether it was."""
    outcome = await db.execute(
        """
        UPDATE sources SET status = 'active', faults = 0, revision = revision + 1, updated_at = now()
        WHERE workspace_id = $1 AND id = $2 AND status = 'faulty'
        """,
        workspace_id, source_id,
    )  # fmt: skip
    return outcome == "UPDATE 1"


async def remove(db: Db, workspace_id: UUID, source_id: UUID, *, withdrawn: bool) -> bool:
    """Delete a source with its cursor, coverage and runs; return whether it was there.

    The facts that it told stay, and until when it was read: other sources may have told the same, and each keeps the
    source_id that it came from. withdrawn: they were taken back before.
    """
    if withdrawn:
        for sealed in (True, False):
            await sealing.go(db, sealed=sealed)
            await reach.forget(db, workspace_id, source_id)
            for table in ("tellings", "claim_tellings"):
                query = f"DELETE FROM {table} WHERE workspace_id = $1 AND source_id = $2"
                await db.execute(query, workspace_id, source_id)
    outcome = await db.execute("DELETE FROM sources WHERE workspace_id = $1 AND id = $2", workspace_id, source_id)
    return outcome == "DELETE 1"


# Sources that are there, are not being removed, and are not this one.
_OTHER = (
    "SELECT FROM sources o WHERE o.workspace_id = $1 AND o.id = t.source_id AND o.id <> $2 AND o.status <> 'deleting'"
)

_REMOVAL = f"""
    WITH told AS (
        SELECT id, source_id FROM interactions WHERE workspace_id = $1 AND source_id = $2
        UNION
        SELECT i.id, i.source_id FROM tellings t JOIN interactions i ON i.workspace_id = $1 AND i.id = t.interaction_id
        WHERE t.workspace_id = $1 AND t.source_id = $2
    ),
    judged AS (
        SELECT id, EXISTS ({_OTHER.replace("t.source_id", "told.source_id")}) OR EXISTS (
            SELECT FROM tellings t WHERE t.workspace_id = $1 AND t.interaction_id = told.id AND EXISTS ({_OTHER})
        ) AS stays
        FROM told
    ),
    gone AS (SELECT id FROM judged WHERE NOT stays)
    SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM judged WHERE stays),
        (SELECT count(*) FROM claim_tellings c WHERE c.workspace_id = $1 AND c.source_id = $2 AND NOT EXISTS (
            SELECT FROM claim_tellings t
            WHERE t.workspace_id = $1 AND t.claim_id = c.claim_id AND EXISTS ({_OTHER})
        )),
        (SELECT count(*) FROM channel_sources c
         WHERE c.workspace_id = $1 AND c.source_id = $2 AND c.channel_id <> '{UUID(int=0)}' AND NOT EXISTS (
            SELECT FROM channel_sources t
            WHERE t.workspace_id = $1 AND t.channel_id = c.channel_id AND EXISTS ({_OTHER})
        )),
        (SELECT count(*) FROM identities d WHERE {tellings.ALONE})
"""
