-- A job that waits for PostgreSQL says so in plain words.
DO $$
DECLARE
    home uuid;
BEGIN
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        UPDATE jobs SET error = jsonb_set(error, '{code}', '"database_unavailable"')
        WHERE workspace_id = home AND error ->> 'code' = 'database_away';
    END LOOP;
END
$$;
