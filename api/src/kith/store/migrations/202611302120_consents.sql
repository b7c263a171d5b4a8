-- Consents: for which purpose data of a person may be used, on which ground, and since when.

CREATE TABLE consents (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,                      -- sorts by creation
    purpose      text NOT NULL,                      -- what for, in words
    basis        text NOT NULL CHECK (basis IN ('consent', 'contract', 'legal_obligation', 'vital_interests',
                     'public_task', 'legitimate_interests')),
    evidence     text NOT NULL DEFAULT '',           -- where and how it was given
    author       text NOT NULL,                      -- who recorded it
    given_at     timestamptz NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(), -- when kith learnt it
    withdrawn_at timestamptz,
    withdrawn_by text,
    revision     integer NOT NULL DEFAULT 1,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE consent_identities (
    workspace_id uuid NOT NULL,
    identity_id  uuid NOT NULL,                      -- those of the person when it was recorded
    consent_id   uuid NOT NULL,
    PRIMARY KEY (workspace_id, identity_id, consent_id),
    FOREIGN KEY (workspace_id, consent_id) REFERENCES consents ON DELETE CASCADE
);
CREATE INDEX consent_identities_by_consent ON consent_identities (workspace_id, consent_id);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['consents', 'consent_identities']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
