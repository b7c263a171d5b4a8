-- Apps and what they were granted. An app belongs to the instance, since whoever calls is known before a workspace is
-- chosen; what a workspace approved and its members granted belongs to the workspace.

CREATE TABLE apps (
    id            uuid PRIMARY KEY,
    owner_id      uuid REFERENCES workspaces ON DELETE CASCADE,  -- whose app it is; none: it registered itself
    name          text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('browser', 'server', 'device', 'machine')),
    homepage      text,
    policy_url    text,
    redirect_uris text[] NOT NULL DEFAULT '{}',
    logout_uris   text[] NOT NULL DEFAULT '{}',   -- where a browser may go after it has signed out
    origins       text[] NOT NULL DEFAULT '{}',   -- whose pages may call with the app's tokens
    scopes        text[] NOT NULL,                -- what it may ask for
    shared        boolean NOT NULL DEFAULT false, -- other workspaces may approve it
    revision      bigint NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    deleted_at    timestamptz                     -- its tokens ended then, in every workspace
);
CREATE INDEX apps_by_owner ON apps (owner_id, id);

-- Everybody may look an app up; only its owner changes it. Whoever registers itself does so outside of workspaces.
ALTER TABLE apps ENABLE ROW LEVEL SECURITY;
ALTER TABLE apps FORCE ROW LEVEL SECURITY;
CREATE POLICY look ON apps FOR SELECT USING (true);
CREATE POLICY add ON apps FOR INSERT
    WITH CHECK (owner_id IS NOT DISTINCT FROM (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
CREATE POLICY change ON apps FOR UPDATE
    USING (owner_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
CREATE POLICY remove ON apps FOR DELETE
    USING (owner_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));

CREATE TABLE app_secrets (
    app_id     uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
    id         uuid NOT NULL,
    hash       bytea NOT NULL,                    -- SHA-256
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,                       -- of the older one of two
    PRIMARY KEY (app_id, id)
);

-- What a browser or a device waits for, before it is known in which workspace.
CREATE TABLE pushed_requests (
    hash       bytea PRIMARY KEY,                 -- of the request_uri
    app_id     uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
    parameters jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX pushed_requests_by_end ON pushed_requests (expires_at);

CREATE TABLE device_codes (
    hash       bytea PRIMARY KEY,                 -- of the device_code
    user_code  text NOT NULL UNIQUE,              -- what a human types
    app_id     uuid NOT NULL REFERENCES apps ON DELETE CASCADE,
    scopes     text[] NOT NULL,
    resources  text[] NOT NULL,
    thumbprint text,                              -- of the key that the tokens are bound to
    wait       integer NOT NULL,                  -- seconds between two polls
    polled_at  timestamptz,
    expires_at timestamptz NOT NULL,
    granted    boolean,                           -- none: nobody has decided
    home_id    uuid,                              -- the workspace in which somebody has
    grant_id   uuid,
    spent_at   timestamptz
);
CREATE INDEX device_codes_by_end ON device_codes (expires_at);

-- Which proofs of possession were used, until they are too old to be used again.
CREATE UNLOGGED TABLE proofs (
    hash       bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX proofs_by_end ON proofs (expires_at);

CREATE TABLE signing_keys (
    id         text PRIMARY KEY,                  -- thumbprint of the public half
    public     jsonb NOT NULL,
    key_id     text NOT NULL,                     -- which of the operator's keys wraps the key's own
    wrapped    bytea NOT NULL,
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz                        -- it signs no more; what it signed is still believed
);
CREATE UNIQUE INDEX signing_keys_current ON signing_keys ((retired_at IS NULL)) WHERE retired_at IS NULL;

CREATE TABLE app_approvals (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    app_id       uuid NOT NULL,
    scopes       text[] NOT NULL,                 -- what members may grant it, and it may do by itself
    author       text NOT NULL,
    approved_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, app_id)
);

-- What a member granted an app, or, without a member, what it may do by itself.
CREATE TABLE grants (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id           uuid NOT NULL,
    app_id       uuid NOT NULL,
    member_id    uuid,
    scopes       text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at   timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX grants_living ON grants (workspace_id, app_id, member_id) NULLS NOT DISTINCT
    WHERE revoked_at IS NULL;

CREATE TABLE authorization_codes (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    hash         bytea NOT NULL,
    family_id    uuid NOT NULL,                   -- of the tokens that it is exchanged for
    grant_id     uuid NOT NULL,
    app_id       uuid NOT NULL,
    redirect_uri text NOT NULL,
    challenge    text NOT NULL,                   -- S256
    scopes       text[] NOT NULL,
    resources    text[] NOT NULL,
    nonce        text,
    thumbprint   text,
    signed_in_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    spent_at     timestamptz,
    PRIMARY KEY (workspace_id, hash)
);
CREATE INDEX authorization_codes_by_end ON authorization_codes (workspace_id, expires_at);

CREATE TABLE app_tokens (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    hash         bytea NOT NULL,
    id           uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('access', 'refresh')),
    family_id    uuid NOT NULL,                   -- all that came from one consent by exchange and renewal
    grant_id     uuid NOT NULL,
    app_id       uuid NOT NULL,
    scopes       text[] NOT NULL,
    resources    text[] NOT NULL,
    thumbprint   text,
    begun_at     timestamptz NOT NULL,            -- when the family began
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    spent_at     timestamptz,                     -- a refresh token is exchanged once
    revoked_at   timestamptz,
    PRIMARY KEY (workspace_id, hash)
);
CREATE INDEX app_tokens_by_family ON app_tokens (workspace_id, family_id);
CREATE INDEX app_tokens_by_grant ON app_tokens (workspace_id, grant_id);
CREATE INDEX app_tokens_by_end ON app_tokens (workspace_id, expires_at);

-- Whose a personal token is; none: the operator's.
ALTER TABLE tokens ADD COLUMN IF NOT EXISTS member_id uuid;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['app_approvals', 'grants', 'authorization_codes', 'app_tokens']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['apps', 'app_secrets', 'pushed_requests', 'device_codes', 'proofs', 'signing_keys']
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
