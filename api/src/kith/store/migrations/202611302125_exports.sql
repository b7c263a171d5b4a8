-- What a workspace takes away, written by a job and sealed as uploads are, until it expires.

CREATE TABLE exports (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- sorts by creation
    job_id       uuid NOT NULL,
    format       text NOT NULL,
    record       text,                          -- the type of the records of a table
    packing      text NOT NULL,
    contact      boolean NOT NULL,              -- what whoever asked may see
    texts        boolean NOT NULL,
    sight        text,                          -- which rows that need a scope; null: all
    author       text NOT NULL,
    key_id       text NOT NULL,
    wrapped      bytea NOT NULL,
    size         bigint NOT NULL DEFAULT 0,
    records      bigint NOT NULL DEFAULT 0,
    sha256       bytea,                         -- of the file, once it is whole
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, job_id) REFERENCES jobs ON DELETE CASCADE
);
CREATE INDEX exports_by_job ON exports (workspace_id, job_id);

CREATE TABLE export_pieces (
    workspace_id uuid NOT NULL,
    export_id    uuid NOT NULL,
    at           bigint NOT NULL,
    sealed       bytea NOT NULL,
    PRIMARY KEY (workspace_id, export_id, at),
    FOREIGN KEY (workspace_id, export_id) REFERENCES exports ON DELETE CASCADE
);
ALTER TABLE export_pieces ALTER sealed SET STORAGE EXTERNAL;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['exports', 'export_pieces']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
