-- Objections: who does not want to be scored. A fact of identities, so that it survives joining, parting and rebuilding.

CREATE TABLE objections (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,                      -- sorts by creation
    reason       text NOT NULL DEFAULT '',           -- as the person gave it
    author       text NOT NULL,                      -- who recorded it
    objected_at  timestamptz NOT NULL,               -- when the person objected
    created_at   timestamptz NOT NULL DEFAULT now(), -- when kith learnt it
    ended_at     timestamptz,                        -- when it was taken back
    ended_by     text,
    revision     integer NOT NULL DEFAULT 1,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE objection_identities (
    workspace_id uuid NOT NULL,
    identity_id  uuid NOT NULL,                      -- those of the person when it was recorded
    objection_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, identity_id, objection_id),
    FOREIGN KEY (workspace_id, objection_id) REFERENCES objections ON DELETE CASCADE
);
CREATE INDEX objection_identities_by_objection ON objection_identities (workspace_id, objection_id);

ALTER TABLE identity_kinds ADD objects boolean NOT NULL DEFAULT false; -- an objection of it stands
ALTER TABLE people ADD objects boolean NOT NULL DEFAULT false;         -- one of its identities objects
CREATE INDEX identity_kinds_objecting ON identity_kinds (workspace_id, identity_id) WHERE objects;
CREATE INDEX people_objecting ON people (workspace_id, id) WHERE objects;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['objections', 'objection_identities']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
