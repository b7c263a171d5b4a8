-- Which asks were told of as events: each change once, whatever is computed again.

CREATE TABLE told_asks (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- the first act that asks
    answered     boolean NOT NULL DEFAULT false,
    overdue      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX told_asks_waiting ON told_asks (workspace_id, id) WHERE NOT answered AND NOT overdue;
ALTER TABLE told_asks ENABLE ROW LEVEL SECURITY;
ALTER TABLE told_asks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON told_asks
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON told_asks TO kith_app;
