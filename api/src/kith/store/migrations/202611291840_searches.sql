-- Every filter of a list finds the rare as fast as the common: an index that leads to it, or holds what it asks.

-- By name in an order that pages can continue from: row-level security keeps lower() out of the conditions of an index.
ALTER TABLE people ADD sort_name text GENERATED ALWAYS AS (lower(name)) STORED;
DROP INDEX people_by_name, people_by_last_seen;
CREATE INDEX people_by_name ON people (workspace_id, sort_name, id, kind);
CREATE INDEX people_by_last_seen ON people (workspace_id, last_seen DESC NULLS LAST, id, kind);

CREATE INDEX identities_by_network ON identities (workspace_id, network, id, kind);
CREATE INDEX identities_by_kind ON identities (workspace_id, kind, id);
CREATE INDEX identity_kinds_by_kind ON identity_kinds (workspace_id, kind);
CREATE INDEX identity_kinds_suspected ON identity_kinds (workspace_id) WHERE suspected;
CREATE INDEX conversations_by_network ON conversations (workspace_id, network);
CREATE INDEX interactions_by_kind ON interactions (workspace_id, kind, occurred_at, id);
DROP INDEX interactions_by_channel;
CREATE INDEX interactions_by_channel ON interactions (workspace_id, channel_id, occurred_at, id, kind);

-- Searches answer with ids, and kith.store.search decides when they are asked. They may use bitmaps alone: PostgreSQL
-- takes every word for one of two hundred, and would walk through the table for those that are rarer.
CREATE FUNCTION find_identities(ws uuid, words text) RETURNS SETOF uuid ROWS 100000
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB'
SET enable_seqscan = off SET enable_indexscan = off
AS $$
BEGIN
    IF ws IS DISTINCT FROM nullif(current_setting('kith.workspace', true), '')::uuid THEN
        RAISE insufficient_privilege USING MESSAGE = 'search outside the bound workspace';
    END IF;
    RETURN QUERY SELECT i.id FROM identities i
        WHERE i.workspace_id = ws
          AND lower(coalesce(i.name, '') || ' ' || coalesce(i.handle, ''))
              LIKE '%' || replace(replace(replace(lower(words), '\', '\\'), '%', '\%'), '_', '\_') || '%';
END
$$;

-- Arguments that are null do not narrow. most: as many at most, in no order.
CREATE FUNCTION find_interactions(ws uuid, words text, since timestamptz, until timestamptz, most integer)
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB'
SET enable_seqscan = off SET enable_indexscan = off
AS $$
BEGIN
    IF ws IS DISTINCT FROM nullif(current_setting('kith.workspace', true), '')::uuid THEN
        RAISE insufficient_privilege USING MESSAGE = 'search outside the bound workspace';
    END IF;
    RETURN QUERY SELECT i.id FROM interactions i
        WHERE i.workspace_id = ws
          AND (i.title IS NOT NULL OR i.text IS NOT NULL)
          AND to_tsvector('simple', left(coalesce(i.title, '') || ' ' || coalesce(i.text, ''), 100000))
              @@ websearch_to_tsquery('simple', words)
          AND (since IS NULL OR i.occurred_at >= since)
          AND (until IS NULL OR i.occurred_at <= until)
        LIMIT most;
END
$$;

REVOKE ALL ON FUNCTION find_identities(uuid, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION find_interactions(uuid, text, timestamptz, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_identities(uuid, text) TO kith_app;
GRANT EXECUTE ON FUNCTION find_interactions(uuid, text, timestamptz, timestamptz, integer) TO kith_app;

-- As in 202611220700_search.sql: where the migrating user may not do this, searches are slow.
DO $$
BEGIN
    EXECUTE format('GRANT kith_search TO %I', current_user);
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO kith_search', current_schema());
    ALTER FUNCTION find_identities(uuid, text) OWNER TO kith_search;
    ALTER FUNCTION find_interactions(uuid, text, timestamptz, timestamptz, integer) OWNER TO kith_search;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM kith_search', current_schema());
    EXECUTE format('REVOKE kith_search FROM %I', current_user);
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
    RAISE NOTICE 'No right to give functions to a role that bypasses row-level security: searches will be slow.';
END
$$;
