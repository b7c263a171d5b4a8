-- OAuth as a client: the operator's apps at providers, what sources were granted, and what persons are asked to grant.

CREATE TABLE providers (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    name         text NOT NULL,                 -- of the provider, as connectors name it
    site         text NOT NULL,                 -- the instance: https://host
    client_id    text NOT NULL,
    registered   boolean NOT NULL,              -- kith registered it there by itself
    key_id       text,                          -- null: the app has no secret
    wrapped      bytea,
    sealed       bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, name, site)
);

CREATE TABLE authorizations (
    workspace_id  uuid NOT NULL,
    source_id     uuid NOT NULL,
    provider      text NOT NULL,
    site          text NOT NULL,
    scopes        text[] NOT NULL,              -- granted, as far as the provider says so
    expires_at    timestamptz,                  -- of the token among the credentials; null: not by itself
    key_id        text,                         -- null: there is no refresh token
    wrapped       bytea,
    sealed        bytea,
    problem       text,                         -- why it holds no longer
    authorized_at timestamptz NOT NULL DEFAULT now(),
    renewed_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, source_id),
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources ON DELETE CASCADE
);

CREATE TABLE authorization_requests (
    workspace_id uuid NOT NULL,
    hash         bytea NOT NULL,                -- of the state
    source_id    uuid NOT NULL,
    sign_in_id   uuid NOT NULL,                 -- who asked: nobody else brings the answer
    site         text NOT NULL,
    verifier     text NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, hash),
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources ON DELETE CASCADE
);
CREATE INDEX authorization_requests_source ON authorization_requests (workspace_id, source_id);

ALTER TABLE providers ENABLE ROW LEVEL SECURITY;
ALTER TABLE providers FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON providers
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
ALTER TABLE authorizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE authorizations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON authorizations
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
ALTER TABLE authorization_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE authorization_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON authorization_requests
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON providers, authorizations, authorization_requests TO kith_app;
