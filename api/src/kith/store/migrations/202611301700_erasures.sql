-- Erasures: people who were erased, and what keeps them out, as keyed hashes.

CREATE TABLE erasures (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,                 -- sorts by creation
    person_id    uuid,                          -- whom it was asked for; none where a journal or a reading brought it
    cause        text NOT NULL CHECK (cause IN ('asked', 'journal', 'address')),
    author       text NOT NULL,
    status       text NOT NULL CHECK (status IN ('queued', 'begun', 'hidden', 'erased')),
    identity_ids uuid[] NOT NULL DEFAULT '{}',  -- whom the work is about, until it is done
    counts       jsonb NOT NULL DEFAULT '{}',   -- how many rows of each table
    receipt      text,                          -- the JWS
    requested_at timestamptz NOT NULL DEFAULT now(),
    hidden_at    timestamptz,                   -- gone from every answer, event and queue
    erased_at    timestamptz,                   -- gone from the files
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX erasures_by_person ON erasures (workspace_id, person_id);

CREATE TABLE suppressions (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    hash         bytea NOT NULL,                -- under a key that follows from the workspace's own
    kind         text NOT NULL CHECK (kind IN ('identity', 'address', 'name', 'handle', 'mention', 'number')),
    erasure_id   uuid NOT NULL,
    PRIMARY KEY (workspace_id, kind, hash)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['erasures', 'suppressions']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
