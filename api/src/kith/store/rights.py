"""Rights: what the application's role may do, granted again by each migration, for a restored dump brings no roles."""

from kith.store import policies
from kith.store.db import GUEST, ROLE, SEALED_SCHEMA, WHOLE_SCHEMA, Db

#: What only grows: rows are added, and nobody changes them; events are numbered afterwards.
APPEND_ONLY = (
    "ask_statements",
    "claims",
    "community_events",
    "corrections",
    "decisions",
    "events",
    "interaction_versions",
    "reply_statements",
    "mention_verdicts",
)
#: What only grows, and from which only a function of its own deletes.
SEALED = ("audit_entries",)
#: What every workspace may read.
SHARED = ("memberships", "migrations", "open_jobs", "source_states", "workspace_ids")
#: What belongs to the instance, because it is needed before a workspace is chosen: docs/store.md lists it.
INSTANCE = (
    "app_secrets",
    "approved_apps",
    "apps",
    "device_codes",
    "passkeys",
    "proofs",
    "pushed_requests",
    "recovery_codes",
    "rights_links",
    "sessions",
    "sign_in_failures",
    "sign_in_links",
    "sign_in_providers",
    "sign_in_steps",
    "sign_ins",
    "signing_keys",
)
#: What is noted of every workspace by triggers, and read before one is chosen.
NOTED = ("memberships", "open_jobs", "source_states", "workspace_ids")


async def lacking(db: Db) -> list[str]:
    """Return what the application lacks: rights that it needs, and bounds that keep workspaces apart."""
    tables = list(APPEND_ONLY), list(SHARED), list(INSTANCE), list(SEALED)
    found = [f"rights on {row['name']}" for row in await db.fetch(_LACKING, ROLE, *tables)]
    return found + [row["what"] for row in await db.fetch(_UNBOUND, [ROLE, GUEST])]


async def create_role(db: Db) -> None:
    """Create the application's roles where they are missing, and let the present user work as them."""
    await db.execute(_CREATE_ROLE.format(role=ROLE, granted=""))
    await db.execute(_CREATE_ROLE.format(role=GUEST, granted=f"IN ROLE {ROLE}"))


async def grant(db: Db) -> None:
    """Grant and bind what is lacking."""
    if await lacking(db):
        async with db.transaction():
            await db.execute(_GRANT)
            await db.execute(policies.MAKE)
            await db.execute(_BIND)


# The user does not inherit: what binds the role does not bind the user.
_CREATE_ROLE = """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
            CREATE ROLE {role} NOLOGIN NOBYPASSRLS {granted};
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was faster
    END $$;
    DO $$ BEGIN
        IF NOT pg_has_role(current_user, '{role}', 'SET') THEN
            EXECUTE format('GRANT {role} TO %I WITH INHERIT FALSE', current_user);
        END IF;
    END $$;
"""

_TENANT_TABLES = f"""
    SELECT c.oid, c.relname AS name FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
        AND c.relname NOT IN ({", ".join(f"'{name}'" for name in (*NOTED, *INSTANCE))})
"""

# Functions that work with the rights of their owner; those that triggers call need none.
_FUNCTIONS = """
    SELECT p.oid, p.proname AS name FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.prosecdef AND p.prorettype <> 'trigger'::regtype
"""

# Tables whose rows only their own workspace sees, and which of them no longer bind even their owner.
_LOOSE = f"""
    SELECT c.oid FROM pg_class c
    WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity) AND (c.oid IN (SELECT oid FROM ({_TENANT_TABLES}) AS t)
        OR (c.relnamespace = to_regnamespace('{SEALED_SCHEMA}') AND c.relkind = 'r'))
"""

_APART = f"ARRAY[to_regnamespace('{SEALED_SCHEMA}'), to_regnamespace('{WHOLE_SCHEMA}')]"

_LACKING = f"""
    SELECT name FROM ({_TENANT_TABLES}) AS t WHERE NOT (
        has_table_privilege($1, oid, 'SELECT') AND has_table_privilege($1, oid, 'INSERT')
        AND (name = ANY ($5::text[]) OR has_table_privilege($1, oid, 'DELETE'))
        AND (name = ANY ($2::text[] || $5::text[]) OR has_table_privilege($1, oid, 'UPDATE'))
    )
    UNION ALL
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY ($3::text[])
        AND NOT (has_table_privilege($1, c.oid, 'SELECT')
            AND (c.relname <> 'workspace_ids' OR has_column_privilege($1, c.oid, 'tended_on', 'UPDATE')))
    UNION ALL
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = 'events'
        AND NOT has_column_privilege($1, c.oid, 'seq', 'UPDATE')
    UNION ALL
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY ($4::text[])
        AND NOT (has_table_privilege($1, c.oid, 'SELECT') AND has_table_privilege($1, c.oid, 'INSERT')
            AND has_table_privilege($1, c.oid, 'UPDATE') AND has_table_privilege($1, c.oid, 'DELETE'))
    UNION ALL
    SELECT oid::regclass::text FROM pg_class
    WHERE relnamespace = ANY ({_APART}) AND relkind IN ('r', 'v') AND NOT (
        has_table_privilege($1, oid, 'SELECT') AND (relkind = 'v' OR (has_table_privilege($1, oid, 'INSERT')
            AND has_table_privilege($1, oid, 'UPDATE') AND has_table_privilege($1, oid, 'DELETE'))))
    UNION ALL
    SELECT 'schema ' || nspname FROM pg_namespace
    WHERE (nspname = coalesce(current_schema(), 'public') OR oid = ANY ({_APART}))
        AND NOT has_schema_privilege($1, oid, 'USAGE')
    UNION ALL
    SELECT name FROM ({_FUNCTIONS}) AS f WHERE NOT has_function_privilege($1, oid, 'EXECUTE')
    UNION ALL
    {policies.LACKING}
    ORDER BY 1
"""

_UNBOUND = f"""
    SELECT 'row-level security on ' || oid::regclass AS what FROM ({_LOOSE}) AS t
    UNION ALL
    SELECT 'bounds for the role ' || rolname FROM pg_roles
    WHERE rolname = ANY ($1::text[]) AND (rolsuper OR rolbypassrls)
    ORDER BY 1
"""

_BIND = f"""
    DO $$
    DECLARE
        found record;
    BEGIN
        FOR found IN {_LOOSE} LOOP
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', found.oid::regclass);
        END LOOP;
        FOR found IN SELECT rolname FROM pg_roles
            WHERE rolname IN ('{ROLE}', '{GUEST}') AND (rolsuper OR rolbypassrls) LOOP
            EXECUTE format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS', found.rolname);
        END LOOP;
    END $$;
"""

# The functions that search belong to a role that row-level security does not bind, where such a role may be created:
# they insist on the workspace themselves.
_GRANT = f"""
    DO $$
    DECLARE
        found record;
    BEGIN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO {ROLE}', current_schema());
        FOR found IN {_TENANT_TABLES} LOOP
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO {ROLE}', found.name);
            IF found.name = ANY ('{{{",".join(APPEND_ONLY)}}}') THEN
                EXECUTE format('REVOKE UPDATE ON %I FROM {ROLE}', found.name);
            END IF;
            IF found.name = ANY ('{{{",".join(SEALED)}}}') THEN
                EXECUTE format('REVOKE UPDATE, DELETE ON %I FROM {ROLE}', found.name);
            END IF;
        END LOOP;
        GRANT USAGE ON SCHEMA {SEALED_SCHEMA}, {WHOLE_SCHEMA} TO {ROLE};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SEALED_SCHEMA} TO {ROLE};
        GRANT SELECT ON ALL TABLES IN SCHEMA {WHOLE_SCHEMA} TO {ROLE};
        GRANT SELECT ON {", ".join(SHARED)} TO {ROLE};
        GRANT SELECT, INSERT, UPDATE, DELETE ON {", ".join(INSTANCE)} TO {ROLE};
        GRANT UPDATE (tended_on) ON workspace_ids TO {ROLE};
        GRANT UPDATE (seq) ON events TO {ROLE};
        FOR found IN {_FUNCTIONS} LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', found.oid::regprocedure);
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {ROLE}', found.oid::regprocedure);
        END LOOP;
    END $$;
    DO $$
    DECLARE
        found record;
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kith_search') THEN
            CREATE ROLE kith_search NOLOGIN BYPASSRLS;
        END IF;
        GRANT SELECT ON channels, communities, conversations, identities, interactions, organization_domains,
            organizations, topics TO kith_search;
        EXECUTE format('GRANT kith_search TO %I', current_user);
        EXECUTE format('GRANT CREATE ON SCHEMA %I TO kith_search', current_schema());
        FOR found IN {_FUNCTIONS} AND p.proname LIKE 'find\\_%' LOOP
            EXECUTE format('ALTER FUNCTION %s OWNER TO kith_search', found.oid::regprocedure);
        END LOOP;
        EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM kith_search', current_schema());
        EXECUTE format('REVOKE kith_search FROM %I', current_user);
    EXCEPTION WHEN insufficient_privilege THEN
        RAISE NOTICE 'No right to create a role that bypasses row-level security: searches will be slow.';
    END $$;
"""
