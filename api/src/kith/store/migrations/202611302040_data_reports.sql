-- Data reports: all that kith holds of a person, made by a job and kept for some days.

CREATE TABLE data_reports (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,                      -- sorts by creation
    person_id    uuid NOT NULL,                      -- of whom, as the id was then
    author       text NOT NULL,                      -- who asked for it
    counts       jsonb NOT NULL DEFAULT '{}',        -- records by kind
    requested_at timestamptz NOT NULL DEFAULT now(),
    ready_at     timestamptz,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX data_reports_by_person ON data_reports (workspace_id, person_id);
CREATE INDEX data_reports_by_end ON data_reports (workspace_id, expires_at);

CREATE TABLE data_report_parts (
    workspace_id uuid NOT NULL,
    report_id    uuid NOT NULL,
    number       integer NOT NULL,                   -- in this order they are the report
    body         bytea NOT NULL,                     -- NDJSON, compressed (zlib)
    PRIMARY KEY (workspace_id, report_id, number),
    FOREIGN KEY (workspace_id, report_id) REFERENCES data_reports ON DELETE CASCADE
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['data_reports', 'data_report_parts']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
