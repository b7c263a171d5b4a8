-- Who may come in: sign-ins and sessions of the instance, before a workspace is chosen, and members of a workspace.

CREATE TABLE sign_ins (
    id            uuid PRIMARY KEY,
    name          text NOT NULL,
    address       text UNIQUE,                  -- of mail, in lower case; none before its owner has given one
    password      text,                         -- argon2id, with its parameters
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sessions (
    id            uuid PRIMARY KEY,
    hash          bytea NOT NULL UNIQUE,        -- SHA-256 of the cookie
    sign_in_id    uuid NOT NULL REFERENCES sign_ins ON DELETE CASCADE,
    workspace_id  uuid,                         -- the one chosen
    method        text NOT NULL,                -- how its human showed who they are
    user_agent    text,
    address       text,                         -- of the network
    created_at    timestamptz NOT NULL DEFAULT now(),
    used_at       timestamptz NOT NULL DEFAULT now(),
    proven_at     timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz
);
CREATE INDEX sessions_by_sign_in ON sessions (sign_in_id, created_at);

-- A link that signs in once. purpose: sign_in, recovery, address.
CREATE TABLE sign_in_links (
    hash          bytea PRIMARY KEY,            -- SHA-256
    sign_in_id    uuid NOT NULL REFERENCES sign_ins ON DELETE CASCADE,
    purpose       text NOT NULL,
    address       text,                         -- to which it was sent; a link of this purpose makes it the sign-in's
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    used_at       timestamptz
);
CREATE INDEX sign_in_links_by_sign_in ON sign_in_links (sign_in_id);

CREATE TABLE members (
    workspace_id  uuid NOT NULL REFERENCES workspaces,
    id            uuid NOT NULL,
    sign_in_id    uuid NOT NULL REFERENCES sign_ins,
    role          text NOT NULL CHECK (role IN ('owner', 'admin', 'analyst', 'viewer')),
    revision      bigint NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, sign_in_id)
);
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE members FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON members USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));

-- Which workspaces a sign-in may enter, and nothing else of them: what can be asked before one is chosen.
CREATE TABLE memberships (
    sign_in_id    uuid NOT NULL REFERENCES sign_ins ON DELETE CASCADE,
    workspace_id  uuid NOT NULL,
    PRIMARY KEY (sign_in_id, workspace_id)
);

CREATE FUNCTION note_membership() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO memberships VALUES (NEW.sign_in_id, NEW.workspace_id);
    ELSE
        DELETE FROM memberships WHERE sign_in_id = OLD.sign_in_id AND workspace_id = OLD.workspace_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_membership AFTER INSERT OR DELETE ON members FOR EACH ROW EXECUTE FUNCTION note_membership();

-- Whose token it is; none of those that the operator makes.
ALTER TABLE tokens ADD COLUMN IF NOT EXISTS member_id uuid;
