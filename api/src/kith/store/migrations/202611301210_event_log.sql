-- Events get a number once they are committed, so that whoever reads on from one misses none that was begun earlier and
-- committed later.
ALTER TABLE events ADD seq bigint;
UPDATE events e SET seq = n.seq
FROM (SELECT workspace_id, id, row_number() OVER (PARTITION BY workspace_id ORDER BY id) AS seq FROM events) n
WHERE e.workspace_id = n.workspace_id AND e.id = n.id;
CREATE UNIQUE INDEX events_by_seq ON events (workspace_id, seq);
CREATE INDEX events_unnumbered ON events (workspace_id, id) WHERE seq IS NULL;
GRANT UPDATE (seq) ON events TO kith_app;

-- The last number that was given.
CREATE TABLE event_logs (
    workspace_id uuid NOT NULL PRIMARY KEY,
    last         bigint NOT NULL
);
INSERT INTO event_logs SELECT workspace_id, max(seq) FROM events GROUP BY workspace_id;
ALTER TABLE event_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON event_logs
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON event_logs TO kith_app;
