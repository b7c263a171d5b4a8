-- Who tells what: a fact is withdrawn only when no source has it any more, and comes back when one has it again.

-- Which sources tell of an interaction and in which channel, where more than one does. The interaction itself names one
-- of them; of an act that a single source tells, nothing is kept here.
CREATE TABLE tellings (
    workspace_id   uuid NOT NULL REFERENCES workspaces,
    interaction_id uuid NOT NULL,
    source_id      uuid NOT NULL,
    channel_id     uuid NOT NULL,               -- all zero where there is none
    PRIMARY KEY (workspace_id, interaction_id, source_id, channel_id)
);
CREATE INDEX tellings_by_source ON tellings (workspace_id, source_id, interaction_id);

-- Which sources make a claim, each with the edition of the document that it was last read from (the id of a .mailmap).
CREATE TABLE claim_tellings (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    claim_id     uuid NOT NULL,
    source_id    uuid NOT NULL,
    edition      text NOT NULL,                 -- empty: of no edition
    PRIMARY KEY (workspace_id, claim_id, source_id)
);
CREATE INDEX claim_tellings_by_source ON claim_tellings (workspace_id, source_id);

DO $$
DECLARE
    t text;
    home uuid;
BEGIN
    FOREACH t IN ARRAY ARRAY['tellings', 'claim_tellings']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        INSERT INTO claim_tellings (workspace_id, claim_id, source_id, edition)
        SELECT workspace_id, id, source_id, '' FROM claims WHERE workspace_id = home AND source_id IS NOT NULL;
    END LOOP;
END
$$;

-- Told by a copy of the object (a backport repeats reviews): it holds until the original tells of the act itself.
ALTER TABLE interactions ADD copied boolean NOT NULL DEFAULT false;
-- The date that the network gives, where that lies beyond the act's arrival; occurred_at is the arrival then.
ALTER TABLE interactions ADD stated_at timestamptz;

-- Each thing that a run could not read has a line of its own.
ALTER TABLE run_errors ADD number bigint;
DO $$
DECLARE
    home uuid;
BEGIN
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        UPDATE run_errors e SET number = n.number
        FROM (
            SELECT run_id, place, code, row_number() OVER (PARTITION BY run_id ORDER BY place, code) AS number
            FROM run_errors WHERE workspace_id = home
        ) AS n
        WHERE e.workspace_id = home AND e.run_id = n.run_id AND e.place = n.place AND e.code = n.code;
    END LOOP;
END
$$;
ALTER TABLE run_errors
    ALTER number SET NOT NULL, DROP CONSTRAINT run_errors_pkey, ADD PRIMARY KEY (workspace_id, run_id, number);
