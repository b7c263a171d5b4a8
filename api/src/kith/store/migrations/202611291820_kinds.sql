-- Projection: what stands behind an identity, where that is more than what its network said of it.
CREATE TABLE identity_kinds (
    workspace_id uuid NOT NULL,
    identity_id  uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('person', 'bot', 'organization', 'group', 'unknown')),
    reason       text NOT NULL,                 -- what it rests on: kith.domain.kinds.Reason, or correction
    suspected    boolean NOT NULL,              -- of being a list: never acts, addressed by many
    PRIMARY KEY (workspace_id, identity_id)
);
ALTER TABLE identity_kinds ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity_kinds FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON identity_kinds
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON identity_kinds TO kith_app;

-- An address that any source names as a list's is a list.
CREATE INDEX channels_by_list ON channels (workspace_id, key) WHERE kind = 'list';

ALTER TABLE people ADD suspected boolean NOT NULL DEFAULT false; -- of being a list
-- By which version of kith.domain.kinds everybody was judged.
ALTER TABLE populations ADD kinds text NOT NULL DEFAULT '';

-- Whoever is known already is judged by the next worker.
DO $$
DECLARE
    home uuid;
BEGIN
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        INSERT INTO jobs (workspace_id, id, kind, args, slot) VALUES (home, gen_random_uuid(), 'resolve', '{}', 'resolve')
        ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;
