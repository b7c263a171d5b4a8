-- Which sources tell of an identity, as soon as a second one does. Until then its row names the one that does. What was
-- told twice before this version is noted when it is told again.

CREATE TABLE identity_tellings (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    identity_id  uuid NOT NULL,
    source_id    uuid NOT NULL,
    PRIMARY KEY (workspace_id, identity_id, source_id)
);
CREATE INDEX identity_tellings_by_source ON identity_tellings (workspace_id, source_id);

DO $$
DECLARE
    t text;
BEGIN
    EXECUTE 'CREATE TABLE sealed.identity_tellings (LIKE public.identity_tellings INCLUDING ALL)';
    FOREACH t IN ARRAY ARRAY['public.identity_tellings', 'sealed.identity_tellings']
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %s USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO kith_app', t);
    END LOOP;
END
$$;
