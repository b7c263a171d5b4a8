-- What an act begins (a follow, a reaction, a membership) may end and begin again: dated facts beside the act.

CREATE TABLE state_changes (
    workspace_id   uuid NOT NULL REFERENCES workspaces,
    interaction_id uuid NOT NULL,               -- perhaps not (yet) known
    occurred_at    timestamptz NOT NULL,
    began          boolean NOT NULL,            -- it began again; else it ended
    source_id      uuid NOT NULL,               -- who told first
    learnt_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, interaction_id, occurred_at, began)
);

-- When what it began ended, where it has not begun again.
ALTER TABLE interactions ADD ended_at timestamptz;

ALTER TABLE state_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE state_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON state_changes
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON state_changes TO kith_app;
