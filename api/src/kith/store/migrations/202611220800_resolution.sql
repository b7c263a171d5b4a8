-- Identity resolution: what is read to find neighbours, what waits for a human, what humans said of people, and the
-- organizations that people belonged to.

CREATE INDEX decisions_by_time ON decisions (workspace_id, learnt_at DESC, id DESC);

-- Projection: what resolution last read of an identity.
CREATE TABLE identity_profiles (
    workspace_id uuid NOT NULL,
    identity_id  uuid NOT NULL,
    content      bytea NOT NULL,                -- hash of the identity, its claims and what humans decided on it
    domain       text,                          -- whose mail it is: the part that one owner registers; null for free mail
    PRIMARY KEY (workspace_id, identity_id)
);
CREATE INDEX identity_profiles_by_domain ON identity_profiles (workspace_id, domain) WHERE domain IS NOT NULL;

-- Projection: who could be one person; two identities that share no key are never compared.
CREATE TABLE identity_keys (
    workspace_id uuid NOT NULL,
    key          bigint NOT NULL,               -- 64 bits of the hash of a blocking key
    identity_id  uuid NOT NULL,
    PRIMARY KEY (workspace_id, key, identity_id)
);
CREATE INDEX identity_keys_by_identity ON identity_keys (workspace_id, identity_id);

-- How common names are here: a snapshot, so that no score drifts with those who arrive.
CREATE TABLE populations (
    workspace_id uuid NOT NULL PRIMARY KEY REFERENCES workspaces,
    identities   bigint NOT NULL,               -- how many were counted
    arrived      bigint NOT NULL,               -- how many came since
    content      bytea NOT NULL,                -- kith.domain.matching.Population as MessagePack
    counted_at   timestamptz NOT NULL DEFAULT now()
);

-- Absent: as the model says.
CREATE TABLE resolution_settings (
    workspace_id  uuid NOT NULL PRIMARY KEY REFERENCES workspaces,
    join_above    double precision NOT NULL CHECK (join_above BETWEEN 0 AND 1),
    suggest_above double precision NOT NULL CHECK (suggest_above BETWEEN 0 AND join_above),
    revision      bigint NOT NULL DEFAULT 1,
    updated_at    timestamptz NOT NULL DEFAULT now()
);

-- Pairs for a human to judge, and what became of them.
CREATE TABLE suggestions (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- hash of the two ids
    one_id       uuid NOT NULL,
    other_id     uuid NOT NULL,
    status       text NOT NULL CHECK (status IN ('open', 'accepted', 'rejected', 'postponed', 'joined')),
    probability  double precision NOT NULL,
    log_odds     double precision NOT NULL,
    contributions jsonb NOT NULL,
    model        text NOT NULL,
    postponed_until timestamptz,
    decision_id  uuid,                          -- the decision that accepted or rejected it
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    CHECK (one_id < other_id),
    CHECK ((status = 'postponed') = (postponed_until IS NOT NULL))
);
CREATE INDEX suggestions_by_probability ON suggestions (workspace_id, probability DESC, id);
CREATE INDEX suggestions_by_one ON suggestions (workspace_id, one_id);
CREATE INDEX suggestions_by_other ON suggestions (workspace_id, other_id);

-- What humans said of a person, kept with one of its identities, so that it goes where that identity goes.
CREATE TABLE corrections (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    identity_id  uuid NOT NULL,
    field        text NOT NULL CHECK (field IN ('name', 'kind', 'handle', 'address', 'url')),
    value        text,                          -- null: the correction before it no longer holds
    author       text NOT NULL,
    decided_at   timestamptz NOT NULL DEFAULT now(),
    learnt_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX corrections_by_identity ON corrections (workspace_id, identity_id, field, decided_at DESC, id DESC);

CREATE TABLE organizations (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    name         text NOT NULL,
    url          text,
    revision     bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name)
);

-- Lower case, as one owner registers it; a domain belongs to one organization.
CREATE TABLE organization_domains (
    workspace_id    uuid NOT NULL,
    domain          text NOT NULL,
    organization_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, domain),
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations ON DELETE CASCADE
);
CREATE INDEX organization_domains_by_organization ON organization_domains (workspace_id, organization_id);

-- Who belonged to which organization, when, and how that is known. An unknown start or end is an open range; seen says
-- on which days it is evidenced.
CREATE TABLE affiliations (
    workspace_id    uuid NOT NULL,
    id              uuid NOT NULL,
    identity_id     uuid NOT NULL,
    organization_id uuid NOT NULL,
    period          daterange NOT NULL CHECK (NOT isempty(period)),
    seen            daterange CHECK (NOT isempty(seen)),
    evidence        text NOT NULL CHECK (evidence IN ('address_in_act', 'own_statement', 'dated_record', 'domain', 'broker')),
    confidence      real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    title           text,
    author          text NOT NULL,              -- member:..., rule:name/version, import:source
    learnt_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations ON DELETE CASCADE,
    CONSTRAINT affiliations_overlap EXCLUDE USING gist (
        workspace_id WITH =, identity_id WITH =, organization_id WITH =, evidence WITH =, period WITH &&
    )
);
CREATE INDEX affiliations_by_identity ON affiliations (workspace_id, identity_id);
CREATE INDEX affiliations_by_organization ON affiliations (workspace_id, organization_id);

-- What happened in kith, for webhooks and streams.
CREATE TABLE events (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- sorts by creation
    type         text NOT NULL,
    data         jsonb NOT NULL,
    occurred_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['identity_profiles', 'identity_keys', 'populations', 'resolution_settings', 'suggestions',
        'corrections', 'organizations', 'organization_domains', 'affiliations', 'events']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;

-- What humans said only grows; a later statement takes an earlier one back.
REVOKE UPDATE ON corrections, events FROM kith_app;
