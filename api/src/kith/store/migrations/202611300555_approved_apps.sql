-- Which apps some workspace has approved, then or now. Those that registered themselves and never were are forgotten.

CREATE TABLE approved_apps (
    app_id uuid PRIMARY KEY REFERENCES apps ON DELETE CASCADE
);
GRANT SELECT, INSERT, UPDATE, DELETE ON approved_apps TO kith_app;

DO $$
DECLARE
    home uuid;
BEGIN
    FOR home IN SELECT workspace_id FROM workspace_ids LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        INSERT INTO approved_apps SELECT app_id FROM app_approvals ON CONFLICT DO NOTHING;
        INSERT INTO approved_apps SELECT app_id FROM grants ON CONFLICT DO NOTHING;
    END LOOP;
    PERFORM set_config('kith.workspace', '', true);
END
$$;

CREATE INDEX apps_by_registration ON apps (created_at) WHERE owner_id IS NULL;
CREATE POLICY forget ON apps FOR DELETE
    USING (owner_id IS NULL AND NOT EXISTS (SELECT FROM approved_apps WHERE app_id = apps.id));
