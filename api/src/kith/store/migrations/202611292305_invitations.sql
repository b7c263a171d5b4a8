-- Who is asked to become a member, and which identities members say are their own.

CREATE TABLE invitations (
    workspace_id  uuid NOT NULL REFERENCES workspaces,
    id            uuid NOT NULL,
    hash          bytea NOT NULL,               -- SHA-256 of the link's text
    address       text NOT NULL,                -- of mail, in lower case
    role          text NOT NULL CHECK (role IN ('owner', 'admin', 'analyst', 'viewer')),
    author        text NOT NULL,                -- member:... or operator
    mailed        boolean NOT NULL,             -- whether the link went by mail: who has it then reads that mail
    revision      bigint NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    sent_at       timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    accepted_at   timestamptz,
    revoked_at    timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX invitations_open ON invitations (workspace_id, address)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE UNIQUE INDEX invitations_by_hash ON invitations (workspace_id, hash);

CREATE TABLE member_identities (
    workspace_id  uuid NOT NULL,
    identity_id   uuid NOT NULL,
    member_id     uuid NOT NULL,
    proof         text NOT NULL CHECK (proof IN ('address', 'word')),  -- the sign-in's verified address, or their word
    confirmed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, identity_id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES members ON DELETE CASCADE
);
CREATE INDEX member_identities_by_member ON member_identities (workspace_id, member_id);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['invitations', 'member_identities']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
    END LOOP;
END
$$;
