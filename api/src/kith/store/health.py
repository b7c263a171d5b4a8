"""Health: whether the application can do its work on this database, asked with the rights that it works with."""

import asyncpg

from kith.store import rights
from kith.store.db import Db
from kith.store.migrate import MigrationError, pending

OK = "ok"


async def of_migrations(db: Db) -> str:
    """Return ``ok``, or what is wrong with the schema."""
    try:
        waiting = await pending(db)
    except MigrationError:
        return "differ"
    return f"{len(waiting)} to apply" if waiting else OK


async def of_rights(db: Db) -> str:
    """Return ``ok``, or which right or bound the application lacks."""
    lacking = await rights.lacking(db)
    if not lacking:
        return OK
    others = f" and {len(lacking) - 1} others" if len(lacking) > 1 else ""
    return f"no {lacking[0]}{others}: run 'kith migrate'"


async def of_disk(db: Db) -> str:
    """Return ``ok``, or that PostgreSQL cannot store one megabyte more."""
    try:
        await db.execute(_FILL)
    except (asyncpg.DiskFullError, asyncpg.PostgresIOError):
        await db.execute("ROLLBACK")
        return "full"
    return OK


_FILL = """
    BEGIN READ WRITE;
    SET LOCAL client_min_messages = warning;
    CREATE TEMPORARY TABLE IF NOT EXISTS filler (text text STORAGE PLAIN) ON COMMIT DELETE ROWS;
    INSERT INTO filler SELECT repeat('x', 8000) FROM generate_series(1, 128);
    COMMIT;
"""
