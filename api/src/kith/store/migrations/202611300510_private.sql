-- Private rooms and direct messages need a scope of their own. Who lacks it works as the role kith_guest, whose policies
-- kith.store.rights makes with other rights. kith.sight: what of the hidden a guest does see.

CREATE FUNCTION sees(what text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT what = ANY (string_to_array(current_setting('kith.sight', true), ' ')) IS TRUE $$;

CREATE INDEX interactions_private ON interactions (workspace_id, channel_id) WHERE visibility IN ('private', 'direct');

-- How many acts a guest does not see, in a channel or at all. The owner of the tables is no guest.
CREATE FUNCTION count_hidden(ws uuid, channel uuid) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF ws IS DISTINCT FROM nullif(current_setting('kith.workspace', true), '')::uuid THEN
        RAISE insufficient_privilege USING MESSAGE = 'count outside the bound workspace';
    END IF;
    RETURN (
        SELECT count(*) FROM interactions
        WHERE workspace_id = ws AND visibility IN ('private', 'direct') AND NOT sees('private')
            AND (channel IS NULL OR channel_id = channel)
    );
END
$$;
REVOKE ALL ON FUNCTION count_hidden(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_hidden(uuid, uuid) TO kith_app;

-- Who could read what is told of people goes on to see what was told in private.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY[
        'tokens', 'apps', 'app_approvals', 'grants', 'authorization_codes', 'app_tokens', 'device_codes']
    LOOP
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', t);
        EXECUTE format($sql$
            UPDATE %I SET scopes = ARRAY(SELECT unnest(scopes || '{sources:private:read}') ORDER BY 1)
            WHERE NOT 'sources:private:read' = ANY (scopes) AND scopes && '{
                people:read,identities:read,channels:read,conversations:read,interactions:read,relationships:read,
                communities:read,topics:read,groups:read,sources:read}'
        $sql$, t);
        IF t <> 'device_codes' THEN -- the one that belongs to no workspace
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        END IF;
    END LOOP;
END
$$;
