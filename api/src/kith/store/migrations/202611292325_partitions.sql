-- The channels, repositories or lists of a source, each with its own cursor.

CREATE TABLE partitions (
    workspace_id uuid NOT NULL,
    source_id    uuid NOT NULL,
    key          text COLLATE "C" NOT NULL,     -- the connector's own
    name         text NOT NULL,
    kind         text NOT NULL,
    visibility   text NOT NULL CHECK (visibility IN ('public', 'unlisted', 'members', 'private', 'direct')),
    size         bigint,                        -- about how many items
    seconds      double precision,              -- about how long reading them takes
    mark         text,                          -- changes whenever there is something new
    read_mark    text,                          -- the mark at the end of the last read
    included     boolean,                       -- what a human said; null: read unless it is private or direct
    cursor       text,                          -- the connector's own JSON; null: at the very beginning
    history      text,                          -- likewise, of the reading back to the beginning
    history_done boolean NOT NULL DEFAULT false,
    problem      text,                          -- why it could not be read the last time
    found_at     timestamptz NOT NULL DEFAULT now(),
    read_at      timestamptz,                   -- when a page of it was stored last
    ended_at     timestamptz,                   -- when the network named it no more
    PRIMARY KEY (workspace_id, source_id, key),
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources ON DELETE CASCADE
);

-- How far a run through partitions has come, so that the next step goes on there.
ALTER TABLE runs ADD place jsonb;

ALTER TABLE partitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE partitions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON partitions
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON partitions TO kith_app;
