-- A sealed source counts for nothing that all see: what it tells stands in tables of its own, named like those of the
-- facts, in the schema "sealed". A page of such a source is stored by the same statements, with that schema before
-- "public" in the search path. Who may see it reads through the views of the schema "whole".

ALTER TABLE sources ADD sealed boolean NOT NULL DEFAULT false;
-- In the transactions of whoever may not know of sealed sources.
CREATE POLICY blind ON sources AS RESTRICTIVE FOR SELECT TO kith_app
    USING (NOT sealed OR (SELECT coalesce(current_setting('kith.blind', true), '') <> 'on'));

CREATE SCHEMA sealed;
CREATE SCHEMA whole;
GRANT USAGE ON SCHEMA sealed, whole TO kith_app;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY[
        'identities', 'person_identities', 'channels', 'conversations', 'interactions', 'interaction_targets',
        'interaction_versions', 'tombstones', 'sightings', 'tellings', 'claims', 'claim_tellings', 'awaited',
        'state_changes', 'standings', 'affiliation_tellings', 'organizations', 'organization_domains', 'contact_days',
        'activity_days', 'identity_days', 'channel_days', 'channel_activity', 'conversation_activity', 'touches',
        'source_ends', 'channel_sources']
    LOOP
        EXECUTE format('CREATE TABLE sealed.%I (LIKE public.%I INCLUDING ALL)', t, t);
        EXECUTE format('ALTER TABLE sealed.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE sealed.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON sealed.%I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON sealed.%I TO kith_app', t);
    END LOOP;
    -- What an open source tells too is open: the views show it once.
    FOREACH t IN ARRAY ARRAY['identities', 'channels', 'conversations', 'interactions']
    LOOP
        EXECUTE format($sql$
            CREATE POLICY once ON sealed.%1$I AS RESTRICTIVE FOR SELECT TO kith_app USING (
                NOT (SELECT sees('sealed')) OR NOT EXISTS (
                    SELECT FROM public.%1$I p WHERE p.workspace_id = %1$I.workspace_id AND p.id = %1$I.id))
        $sql$, t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['channel', 'conversation']
    LOOP
        EXECUTE format($sql$
            CREATE POLICY once ON sealed.%1$I AS RESTRICTIVE FOR SELECT TO kith_app USING (
                NOT (SELECT sees('sealed')) OR NOT EXISTS (
                    SELECT FROM public.%1$I p WHERE p.workspace_id = %1$I.workspace_id AND p.%2$I = %1$I.%2$I))
        $sql$, t || '_activity', t || '_id');
    END LOOP;
    FOREACH t IN ARRAY ARRAY[
        'identities', 'channels', 'conversations', 'interactions', 'interaction_targets', 'sightings', 'standings',
        'state_changes', 'channel_activity', 'conversation_activity']
    LOOP
        EXECUTE format(
            'CREATE VIEW whole.%1$I WITH (security_invoker) AS TABLE public.%1$I UNION ALL TABLE sealed.%1$I', t);
        EXECUTE format('GRANT SELECT ON whole.%I TO kith_app', t);
    END LOOP;
END
$$;

CREATE FUNCTION whole.find_identities(ws uuid, words text) RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 100000
AS $$
    SELECT public.find_identities(ws, words)
    UNION ALL SELECT i.id FROM sealed.identities i
        WHERE i.workspace_id = ws
          AND lower(coalesce(i.name, '') || ' ' || coalesce(i.handle, ''))
              LIKE '%' || replace(replace(replace(lower(words), '\', '\\'), '%', '\%'), '_', '\_') || '%';
$$;

CREATE FUNCTION whole.find_interactions(ws uuid, words text, since timestamptz, until timestamptz, most integer)
RETURNS SETOF uuid LANGUAGE sql STABLE
AS $$
    SELECT * FROM (
        SELECT public.find_interactions(ws, words, since, until, most)
        UNION ALL SELECT i.id FROM sealed.interactions i
            WHERE i.workspace_id = ws
              AND (i.title IS NOT NULL OR i.text IS NOT NULL)
              AND to_tsvector('simple', left(coalesce(i.title, '') || ' ' || coalesce(i.text, ''), 100000))
                  @@ websearch_to_tsquery('simple', words)
              AND (since IS NULL OR i.occurred_at >= since)
              AND (until IS NULL OR i.occurred_at <= until)
    ) AS found
    LIMIT most;
$$;

-- Which sources of a workspace are sealed, whoever asks: for policies.
CREATE FUNCTION sealed_sources(ws uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF ws IS DISTINCT FROM nullif(current_setting('kith.workspace', true), '')::uuid THEN
        RAISE insufficient_privilege USING MESSAGE = 'sources outside the bound workspace';
    END IF;
    RETURN ARRAY(SELECT id FROM sources WHERE workspace_id = ws AND sealed);
END
$$;
REVOKE ALL ON FUNCTION sealed_sources(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sealed_sources(uuid) TO kith_app;

-- As in 202611292315_workspaces.sql, and of the schema "sealed" too.
CREATE OR REPLACE FUNCTION purge_workspace(ws uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    pending oid[];
    ready oid[];
    t oid;
BEGIN
    IF ws IS DISTINCT FROM nullif(current_setting('kith.workspace', true), '')::uuid THEN
        RAISE insufficient_privilege USING MESSAGE = 'purge outside the bound workspace';
    END IF;
    PERFORM FROM workspaces WHERE workspace_id = ws AND delete_after < now() FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE sessions SET workspace_id = NULL WHERE workspace_id = ws;
    DELETE FROM apps WHERE owner_id = ws;
    SELECT array_agg(c.oid) INTO pending FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
    WHERE c.relnamespace IN ('public'::regnamespace, 'sealed'::regnamespace) AND c.relkind IN ('r', 'p')
        AND c.relname NOT IN ('sessions', 'workspace_ids', 'memberships', 'open_jobs');  -- triggers keep the last three
    WHILE pending <> '{}' LOOP
        SELECT array_agg(p) INTO ready FROM unnest(pending) AS p WHERE NOT EXISTS (
            SELECT FROM pg_constraint k
            WHERE k.contype = 'f' AND k.confrelid = p AND k.conrelid <> p AND k.conrelid = ANY (pending)
        );
        IF ready IS NULL THEN
            RAISE EXCEPTION 'tables refer to each other in a circle';
        END IF;
        FOREACH t IN ARRAY ready LOOP
            EXECUTE format('DELETE FROM %s WHERE workspace_id = $1', t::regclass) USING ws;
        END LOOP;
        SELECT coalesce(array_agg(p), '{}') INTO pending FROM unnest(pending) AS p WHERE p <> ALL (ready);
    END LOOP;
    RETURN true;
END
$$;
