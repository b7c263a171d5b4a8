-- What networks have pushed, until it is worked in; some days longer without its body, so that a repetition is known.

CREATE TABLE pushes (
    workspace_id uuid NOT NULL,
    source_id    uuid NOT NULL,
    id           uuid NOT NULL,                 -- hash of headers and body: the same delivery again is the same row
    headers      jsonb NOT NULL,
    body         bytea,                         -- null: worked in
    received_at  timestamptz NOT NULL DEFAULT now(),
    problem      text,                          -- why it could not be worked in; its body stays
    PRIMARY KEY (workspace_id, source_id, id),
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources ON DELETE CASCADE
);
CREATE INDEX pushes_waiting ON pushes (workspace_id, source_id, received_at) WHERE body IS NOT NULL AND problem IS NULL;

ALTER TABLE pushes ENABLE ROW LEVEL SECURITY;
ALTER TABLE pushes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON pushes
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON pushes TO kith_app;
