-- Complete looks at what a source has, after which acts that were not told again are gone.

CREATE TABLE sweeps (
    workspace_id uuid NOT NULL,
    source_id    uuid NOT NULL,
    scope        bytea NOT NULL,                -- hash of kinds, channel and since
    kinds        text[] NOT NULL,
    channel_id   uuid NOT NULL,                 -- all zero: all channels
    since        timestamptz,                   -- acts before it are not looked at
    began_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, source_id, scope),
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources ON DELETE CASCADE
);

-- What a sweep that is under way has seen.
CREATE TABLE sweep_sightings (
    workspace_id   uuid NOT NULL,
    source_id      uuid NOT NULL,
    scope          bytea NOT NULL,
    interaction_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, source_id, scope, interaction_id),
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources ON DELETE CASCADE
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['sweeps', 'sweep_sightings']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
