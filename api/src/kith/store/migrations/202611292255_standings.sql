-- What networks tell of identities beyond their names: a picture, where somebody works, how they stand.

ALTER TABLE identities ADD avatar_url text;

-- What a source tells of an affiliation; affiliations are derived from it, beside those from addresses and by humans.
CREATE TABLE affiliation_tellings (
    workspace_id    uuid NOT NULL REFERENCES workspaces,
    source_id       uuid NOT NULL,
    identity_id     uuid NOT NULL,
    organization_id uuid NOT NULL,
    organization    text NOT NULL,              -- as the source names it
    evidence        text NOT NULL CHECK (evidence IN ('own_statement', 'dated_record', 'broker')),
    since           date NOT NULL,              -- -infinity: unknown
    until           date,                       -- null: unknown, or still so
    title           text,
    seen            daterange CHECK (NOT isempty(seen)), -- on which days it was told
    learnt_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, identity_id, organization_id, evidence, since, source_id),
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations ON DELETE CASCADE
);
CREATE INDEX affiliation_tellings_by_source ON affiliation_tellings (workspace_id, source_id);
CREATE INDEX affiliation_tellings_by_organization ON affiliation_tellings (workspace_id, organization_id);
CREATE INDEX affiliation_tellings_by_name ON affiliation_tellings (workspace_id, lower(organization));

-- How a network, or a channel of it, rates an identity.
CREATE TABLE standings (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    source_id    uuid NOT NULL,
    identity_id  uuid NOT NULL,
    channel_id   uuid NOT NULL,                 -- all zero: the network itself
    kind         text NOT NULL,                 -- reputation, points, badge, level, ...
    label        text NOT NULL,                 -- which badge; empty where there is one of a kind
    value        double precision NOT NULL,
    seen_at      timestamptz NOT NULL,
    learnt_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, identity_id, channel_id, kind, label, source_id)
);
CREATE INDEX standings_by_source ON standings (workspace_id, source_id);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['affiliation_tellings', 'standings']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
