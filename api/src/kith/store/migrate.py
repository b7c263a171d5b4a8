"""Migrations: plain SQL files, forward only, each applied once, in the order of their names, in its own transaction."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import NamedTuple

import asyncpg

from kith.store import rekey, rights
from kith.store.db import ROLE, Db, SpreadConnection, bound, new_id, reaching

# Any two numbers that nothing else in the database uses as an advisory lock.
LOCK = (0x6B697468, 1)


class MigrationError(Exception):
    """The database and these migrations do not fit; the message says what to do."""


class Migration(NamedTuple):
    """One file: its name without ``.sql``, the SHA-256 of its text (hex), and the text."""

    name: str
    checksum: str
    sql: str


def migrations() -> list[Migration]:
    """Return all migrations that ship with this version, oldest first."""
    found = []
    for file in files("kith.store").joinpath("migrations").iterdir():
        name, _, ending = file.name.rpartition(".")
        if ending != "sql":
            continue
        if not re.fullmatch(r"\d{12}_[a-z0-9_]+", name):
            raise MigrationError(f"Migration {file.name} must be named YYYYMMDDHHMM_slug.sql.")
        text = file.read_text(encoding="utf-8")
        found.append(Migration(name, hashlib.sha256(text.encode()).hexdigest(), text))
    return sorted(found)


async def migrate(url: str, *, wait_seconds: float = 60.0, statement_seconds: float = 600.0) -> list[str]:
    """Apply what is pending at ``url``, grant the application its rights, and return the names applied.

    Where there are facts, workers then compute everything from them again, as this version does on a new installation.

    Raises MigrationError, Unreachable.

    wait_seconds: how long to wait while another process migrates. Each lock on a table is waited for 4 s at most, so
    that a migration behind a long transaction fails, to be tried again, instead of stopping all work.
    """
    with reaching():
        settings = {"application_name": "kith migrate", "search_path": "public", "row_security": "on"}
        db = await asyncpg.connect(url, connection_class=SpreadConnection, server_settings=settings)
    try:
        if db.get_server_version() < (16,):
            raise MigrationError("kith needs PostgreSQL 16 or newer.")
        await db.execute(f"SET lock_timeout = {int(wait_seconds * 1000)}")
        try:
            await db.execute("SELECT pg_advisory_lock($1, $2)", *LOCK)
        except asyncpg.LockNotAvailableError as error:
            raise MigrationError("Another process is migrating this database; try again when it is done.") from error
        await db.execute(f"SET lock_timeout = '4s'; SET statement_timeout = {int(statement_seconds * 1000)}")
        with _privileged():
            await _prepare(db)
        waiting = await pending(db)
        for migration in waiting:
            await _apply(db, migration)
        with _privileged():
            await rights.grant(db)
        if waiting:
            async with db.transaction():
                await rekey.rekey_where_needed(db)
            await _ask_for_rebuilds(db)
        return [migration.name for migration in waiting]
    finally:
        await db.close()


async def pending(db: Db, known: Sequence[Migration] | None = None) -> list[Migration]:
    """Return the migrations that this database lacks, oldest first.

    Raises MigrationError when one that was applied has changed since, or is unknown to this version of kith.
    """
    known = migrations() if known is None else known
    if await db.fetchval("SELECT to_regclass('migrations')") is None:
        return list(known)
    applied = {row["name"]: row["checksum"] for row in await db.fetch("SELECT name, checksum FROM migrations")}
    checksums = {migration.name: migration.checksum for migration in known}
    if unknown := sorted(applied.keys() - checksums.keys()):
        raise MigrationError(f"The database is newer than this version of kith ({unknown[-1]}): upgrade kith.")
    for name, checksum in sorted(applied.items()):
        if checksums[name] != checksum:
            raise MigrationError(f"Migration {name} has changed since it was applied: restore the file as it was.")
    return [migration for migration in known if migration.name not in applied]


async def _ask_for_rebuilds(db: Db) -> None:
    for row in await db.fetch("SELECT workspace_id FROM workspace_ids"):
        async with bound(db, row["workspace_id"]):
            await db.execute(_ASK_FOR_REBUILD, row["workspace_id"], new_id())


# In no slot: who asks for a rebuild gets one of their own.
_ASK_FOR_REBUILD = """
    INSERT INTO jobs (workspace_id, id, kind)
    SELECT $1::uuid, $2::uuid, 'rebuild' WHERE EXISTS (SELECT FROM interactions WHERE workspace_id = $1)
    RETURNING id
"""


@contextmanager
def _privileged() -> Iterator[None]:
    try:
        yield
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationError(
            f"The user of KITH_DATABASE_URL must own the schema and may create roles ({error.args[0]})."
        ) from error


async def _prepare(db: Db) -> None:
    await rights.create_role(db)
    await db.execute(
        """
        CREATE TABLE IF NOT EXISTS migrations (
            name       text PRIMARY KEY,
            checksum   text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        );
        """
    )
    await db.execute(f"GRANT SELECT ON migrations TO {ROLE}")


async def _apply(db: Db, migration: Migration) -> None:
    try:
        async with db.transaction():
            await db.execute(migration.sql)
            await db.execute(
                "INSERT INTO migrations (name, checksum) VALUES ($1, $2)", migration.name, migration.checksum
            )
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError(f"Migration {migration.name} could not lock a table within 4 s: try again.") from error
    except asyncpg.QueryCanceledError as error:
        raise MigrationError(f"Migration {migration.name} took too long and was undone: try again.") from error
    except asyncpg.PostgresError as error:
        raise MigrationError(f"Migration {migration.name} failed and was undone: {error}") from error
