-- What sources sign in with, sealed: the database holds no key that opens it.
CREATE TABLE credentials (
    workspace_id uuid NOT NULL,
    source_id    uuid NOT NULL,
    name         text NOT NULL,                 -- of the setting
    key_id       text NOT NULL,                 -- which of the operator's keys wraps the text's own
    wrapped      bytea NOT NULL,                -- the text's own key, AES-256-GCM
    sealed       bytea NOT NULL,                -- the text, AES-256-GCM
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, source_id, name),
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources ON DELETE CASCADE
);
ALTER TABLE credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE credentials FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON credentials USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
