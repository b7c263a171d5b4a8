-- Retention: what kith keeps of what a source tells.

CREATE TABLE retention_policies (
    workspace_id uuid NOT NULL,
    source_id    uuid NOT NULL,
    days         integer CHECK (days > 0),           -- how old acts may be; null: as old as they are
    texts        boolean NOT NULL,                   -- whether texts and titles are kept, or what happened alone
    private      boolean NOT NULL,                   -- whether private rooms and direct messages are kept
    revision     integer NOT NULL DEFAULT 1,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, source_id),
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources ON DELETE CASCADE
);
ALTER TABLE retention_policies ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_policies FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON retention_policies
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_policies TO kith_app;
