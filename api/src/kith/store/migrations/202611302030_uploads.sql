-- Large files on their way in, until an import has read them. Their bytes are sealed before they come here: each upload has a
-- key of its own, which the operator's wraps.

CREATE TABLE uploads (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- sorts by creation
    size         bigint NOT NULL CHECK (size >= 0),
    received     bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND size),
    metadata     text,                          -- as the client sent it
    author       text NOT NULL,
    key_id       text NOT NULL,
    wrapped      bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
);

-- What was received, without gaps; "at" is the place of the first byte.
CREATE TABLE upload_pieces (
    workspace_id uuid NOT NULL,
    upload_id    uuid NOT NULL,
    at           bigint NOT NULL,
    sealed       bytea NOT NULL,
    PRIMARY KEY (workspace_id, upload_id, at),
    FOREIGN KEY (workspace_id, upload_id) REFERENCES uploads ON DELETE CASCADE
);
ALTER TABLE upload_pieces ALTER sealed SET STORAGE EXTERNAL;  -- it is random to whoever would compress it

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['uploads', 'upload_pieces']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
