"""Rewriting: what was deleted leaves the files of the database. All of it as the owner of the tables.

``DELETE`` and ``VACUUM`` leave what was deleted in the files. ``VACUUM FULL`` rewrites a table and its indexes; it
locks that table, one at a time, for as long as that takes.
"""

import asyncpg

from kith.store.db import Db

LOCK_SECONDS = 4
"""How long a table is waited for, while nobody else gets at it either."""


async def is_owner(db: Db) -> bool:
    """Whether the user owns the tables."""
    found: bool = await db.fetchval(
        "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'people'::regclass"
    )
    return found


async def is_held_back(db: Db) -> bool:
    """Whether a transaction, a prepared one or a replica still sees rows that were deleted before now.

    Transactions of other databases on the server see none of them.
    """
    now = await db.fetchval("SELECT pg_current_xact_id()::text")
    held: bool = await db.fetchval(_HELD_BACK, now)
    return held


async def tables(db: Db) -> list[str]:
    """Return all tables of kith, the smallest first."""
    rows = await db.fetch(
        """
        SELECT oid::regclass::text AS name FROM pg_class
        WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'sealed'::regnamespace)
        ORDER BY pg_total_relation_size(oid), name
        """
    )
    return [row["name"] for row in rows]


async def rewrite(db: Db, table: str) -> None:
    """Rewrite a table, its indexes and long values, and look again at how its values are spread.

    Raises LockNotAvailableError where others hold it too long.
    """
    await db.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    await db.execute(f"VACUUM (FULL, ANALYZE) {table}")


async def turn_over(db: Db) -> list[str]:
    """Forget statistics of values that are gone, and the log of changes; return what could not be done."""
    left: list[str] = []
    for statements, sentence in (
        (_STATISTICS, "Old rows of PostgreSQL's statistics: its user may not rewrite them."),
        (_LOG, "PostgreSQL's own log of changes: its user may not turn it over."),
    ):
        try:
            for statement in statements:
                await db.execute(statement)
        except (asyncpg.InsufficientPrivilegeError, asyncpg.FeatureNotSupportedError):
            left.append(sentence)
    return left


_HELD_BACK = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND age(backend_xmin) > age($1::text::xid)
            AND coalesce(datname, current_database()) = current_database()
    ) OR EXISTS (
        SELECT FROM pg_replication_slots WHERE greatest(age(xmin), age(catalog_xmin)) > age($1::text::xid)
    ) OR EXISTS (
        SELECT FROM pg_prepared_xacts WHERE age(transaction) > age($1::text::xid) AND database = current_database()
    )
"""

_STATISTICS = ("VACUUM FULL pg_catalog.pg_statistic", "VACUUM FULL pg_catalog.pg_statistic_ext_data")

# A segment that was used up is otherwise kept for reuse, as it is. Only what the second checkpoint begins after is new.
_LOG = (
    "ALTER SYSTEM SET wal_recycle = off",
    "SELECT pg_reload_conf(), pg_sleep(0.1)",
    "SELECT pg_switch_wal()",
    "CHECKPOINT",
    "SELECT pg_switch_wal()",
    "CHECKPOINT",
    "ALTER SYSTEM RESET wal_recycle",
    "SELECT pg_reload_conf()",
)
