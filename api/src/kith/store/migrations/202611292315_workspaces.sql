-- Workspaces are listed, renamed and deleted: at a later moment, so that there is time to take the data along.

ALTER TABLE workspaces
    ADD revision     bigint NOT NULL DEFAULT 1,
    ADD updated_at   timestamptz NOT NULL DEFAULT now(),
    ADD delete_after timestamptz;               -- null: it stays

-- Deletes a workspace whose time has come, with all that belongs to it; returns whether it did. Tables go in the order
-- of their foreign keys.
CREATE FUNCTION purge_workspace(ws uuid) RETURNS boolean
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
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
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
REVOKE ALL ON FUNCTION purge_workspace(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_workspace(uuid) TO kith_app;
