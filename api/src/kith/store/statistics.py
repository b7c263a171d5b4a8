"""Statistics: what PostgreSQL knows of the tables when it plans. It looks a minute after a load; lists cannot wait."""

from kith.store.db import ROLE, SEALED_SCHEMA, Db

# Tables that have at least doubled since they were looked at; and with much that is new, those of which every workspace
# is known but the present one, whose rows would be taken for none. Below 64 KB any plan will do.
_GROWN = f"""
    SELECT c.oid::regclass::text AS name FROM pg_class c
    WHERE relkind = 'r' AND relnamespace IN (current_schema()::regnamespace, to_regnamespace('{SEALED_SCHEMA}'))
        AND (pg_relation_size(oid) > 2 * greatest(relpages, 4) * current_setting('block_size')::bigint
            OR pg_stat_get_mod_since_analyze(oid) > greatest(1000, reltuples / 20) AND EXISTS (
                SELECT FROM pg_stats s
                WHERE s.schemaname = relnamespace::regnamespace::text AND s.tablename = relname
                    AND s.attname = 'workspace_id' AND s.n_distinct BETWEEN 1 AND cardinality(s.most_common_vals)
                    AND current_setting('kith.workspace')::uuid <> ALL (s.most_common_vals::text::uuid[])))
    ORDER BY name
"""


async def refresh(db: Db) -> list[str]:
    """Analyze the tables that have grown much, or know nothing of the workspace; return their names."""
    await db.execute("SET LOCAL ROLE NONE")
    grown = [row["name"] for row in await db.fetch(_GROWN)]
    if grown:
        await db.execute(f"ANALYZE {', '.join(grown)}")
    await db.execute(f"SET LOCAL ROLE {ROLE}")
    return grown
