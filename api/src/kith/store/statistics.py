"""Statistics: what PostgreSQL knows of the tables when it plans. It looks a minute after a load; lists cannot wait."""

from kith.store.db import ROLE, SEALED_SCHEMA, Db, in_turn

# Tables that have at least doubled since they were looked at; below 64 KB any plan will do.
_GROWN = f"""
    SELECT oid::regclass::text AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace IN (current_schema()::regnamespace, to_regnamespace('{SEALED_SCHEMA}'))
        AND pg_relation_size(oid) > 2 * greatest(relpages, 4) * current_setting('block_size')::bigint
    ORDER BY name
"""


async def refresh(db: Db) -> list[str]:
    """Analyze the tables that have grown much, as their owner; return their names."""
    grown = [row["name"] for row in await db.fetch(_GROWN)]
    if grown:
        await in_turn(db, f"SET LOCAL ROLE NONE; ANALYZE {', '.join(grown)}; SET LOCAL ROLE {ROLE}")
    return grown
