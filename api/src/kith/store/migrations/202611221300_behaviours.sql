-- Projection: pairs of identities that may be one person, and what they had done when they were last compared.
CREATE TABLE behaviours (
    workspace_id uuid NOT NULL,
    one_id       uuid NOT NULL,
    other_id     uuid NOT NULL,
    signed       smallint NOT NULL,             -- each in doublings, see kith.domain.matching.records.Behaviour
    conversed    smallint NOT NULL,
    took_turns   smallint NOT NULL,
    PRIMARY KEY (workspace_id, one_id, other_id),
    CHECK (one_id < other_id)
);
CREATE INDEX behaviours_by_other ON behaviours (workspace_id, other_id);
ALTER TABLE behaviours ENABLE ROW LEVEL SECURITY;
ALTER TABLE behaviours FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON behaviours USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON behaviours TO kith_app;

-- A large workspace is resolved anew in steps: up to which identity that has come; null: all are done.
ALTER TABLE populations ADD COLUMN walked_to uuid;
