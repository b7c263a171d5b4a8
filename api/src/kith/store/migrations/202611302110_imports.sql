-- What apps and members bring in as files. Each import has a source of its own, read by that source's first run; a trial stores
-- nothing, and has none. It is forgotten with its job.

CREATE TABLE imports (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- sorts by creation
    upload_id    uuid NOT NULL,                 -- deleted once it is read
    source_id    uuid,
    job_id       uuid NOT NULL,
    name         text NOT NULL,
    connector    text NOT NULL,
    config       jsonb NOT NULL,                -- of the connector, without where the file is
    author       text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, job_id) REFERENCES jobs ON DELETE CASCADE
);
CREATE INDEX imports_by_source ON imports (workspace_id, source_id);
CREATE INDEX imports_by_job ON imports (workspace_id, job_id);

ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE imports FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON imports USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON imports TO kith_app;
