-- What people wrote needs a scope of its own. Who could read it goes on to: tokens, apps, and what they were granted.
-- Apps that registered themselves are of no workspace, so the owner of the tables looks at all rows at once.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY[
        'tokens', 'apps', 'app_approvals', 'grants', 'authorization_codes', 'app_tokens', 'device_codes']
    LOOP
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', t);
        EXECUTE format($sql$
            UPDATE %I SET scopes = ARRAY(SELECT unnest(scopes || '{interactions:text:read}') ORDER BY 1)
            WHERE 'interactions:read' = ANY (scopes) AND NOT 'interactions:text:read' = ANY (scopes)
        $sql$, t);
        IF t <> 'device_codes' THEN -- the one that belongs to no workspace
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        END IF;
    END LOOP;
END
$$;
