-- How far a relationship can be spoken of: strength speaks of the last day on which a source that sees the two was read.

-- Until which day (UTC) each source was read: the end of the newest period that it has fully read, or its newest
-- interaction that does not lie ahead, whichever is later. It stays when the source is removed, as its facts do.
CREATE TABLE source_ends (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    source_id    uuid NOT NULL,
    day          date NOT NULL,
    PRIMARY KEY (workspace_id, source_id)
);

-- Which source tells what happens in a channel; channel 0: of what happens in none.
CREATE TABLE channel_sources (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    channel_id   uuid NOT NULL,
    source_id    uuid NOT NULL,
    PRIMARY KEY (workspace_id, channel_id, source_id)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['source_ends', 'channel_sources']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;

ALTER TABLE relationships ADD as_of date NOT NULL DEFAULT '1970-01-01'; -- the day that strength and word speak of
ALTER TABLE relationships ALTER as_of DROP DEFAULT;
COMMENT ON COLUMN relationships.computed_at IS 'the day (UTC) on which it was computed';
