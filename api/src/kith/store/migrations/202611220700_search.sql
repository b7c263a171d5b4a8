-- Search, and answers kept for repeated requests.
--
-- Row-level security lets only leakproof operators into an index; full text and trigram matching are not, and read the
-- whole tenant instead (measured: a hundred times slower). These functions therefore work as a role that nobody can log
-- in as and that is not bound by row-level security; each insists on the workspace to which the transaction is bound.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- To find people by any name or handle of theirs.
CREATE INDEX identities_by_words ON identities
    USING gin (workspace_id, lower(coalesce(name, '') || ' ' || coalesce(handle, '')) gin_trgm_ops);

CREATE FUNCTION search_identities(ws uuid, words text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan
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

-- Interactions with these words, newest first; arguments that are null do not narrow. actors: by or towards any of them.
CREATE FUNCTION search_interactions(
    ws uuid, words text, people uuid[], channel uuid, conversation uuid, kinds text[],
    since timestamptz, before timestamptz, after_at timestamptz, after_id uuid, n integer
) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan
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
          AND (people IS NULL OR i.actor_id = ANY(people) OR i.target_ids && people)
          AND (channel IS NULL OR i.channel_id = channel)
          AND (conversation IS NULL OR i.conversation_id = conversation)
          AND (kinds IS NULL OR i.kind = ANY(kinds))
          AND (since IS NULL OR i.occurred_at >= since)
          AND (before IS NULL OR i.occurred_at < before)
          AND (after_at IS NULL OR (i.occurred_at, i.id) < (after_at, after_id))
        ORDER BY i.occurred_at DESC, i.id DESC LIMIT n;
END
$$;

REVOKE ALL ON FUNCTION search_identities(uuid, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION search_interactions(
    uuid, text, uuid[], uuid, uuid, text[], timestamptz, timestamptz, timestamptz, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_identities(uuid, text) TO kith_app;
GRANT EXECUTE ON FUNCTION search_interactions(
    uuid, text, uuid[], uuid, uuid, text[], timestamptz, timestamptz, timestamptz, uuid, integer) TO kith_app;

-- Where the migrating user may not create such a role, the functions stay with the owner of the tables: they answer the
-- same and only more slowly, since row-level security binds the owner too.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kith_search') THEN
        CREATE ROLE kith_search NOLOGIN BYPASSRLS;
    END IF;
    GRANT SELECT ON identities, interactions TO kith_search;
    EXECUTE format('GRANT kith_search TO %I', current_user);
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO kith_search', current_schema());
    ALTER FUNCTION search_identities(uuid, text) OWNER TO kith_search;
    ALTER FUNCTION search_interactions(
        uuid, text, uuid[], uuid, uuid, text[], timestamptz, timestamptz, timestamptz, uuid, integer) OWNER TO kith_search;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM kith_search', current_schema());
    EXECUTE format('REVOKE kith_search FROM %I', current_user);
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'No right to create a role that bypasses row-level security: searches will be slow.';
END
$$;

-- Answers to POST requests that carried an Idempotency-Key, written in the transaction of their effect.
CREATE TABLE idempotency_keys (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    token_id     uuid NOT NULL,
    key          text NOT NULL,
    request      bytea NOT NULL,                -- hash of method, path and body
    status       smallint NOT NULL,
    headers      jsonb NOT NULL,
    body         bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, token_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (workspace_id, created_at);
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON idempotency_keys
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO kith_app;
