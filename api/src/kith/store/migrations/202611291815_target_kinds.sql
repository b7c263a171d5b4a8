-- How an interaction addresses an identity is the kind of a target: a role is what a person is to a community.
ALTER TABLE interactions RENAME COLUMN target_roles TO target_kinds;

-- American spelling, as in OAuth; and what a source may read is its location, because people meet in a place.
ALTER TABLE sources DROP CONSTRAINT sources_status_check;
DO $$
DECLARE
    home uuid;
BEGIN
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        UPDATE sources SET status = 'reauthorize' WHERE workspace_id = home AND status = 'reauthorise';
        UPDATE jobs SET error = jsonb_set(error, '{code}', '"reauthorize"')
        WHERE workspace_id = home AND error ->> 'code' = 'reauthorise';
        UPDATE jobs SET error = jsonb_set(error, '{code}', '"forbidden_location"')
        WHERE workspace_id = home AND error ->> 'code' = 'forbidden_place';
    END LOOP;
END
$$;
ALTER TABLE sources ADD CONSTRAINT sources_status_check
    CHECK (status IN ('active', 'paused', 'reauthorize', 'deleting'));
