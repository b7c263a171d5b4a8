-- Rights of people who are no members: who has shown that an address or a handle is theirs, and what they asked for.

-- Needed before a workspace is known, so of the instance.
CREATE TABLE rights_links (
    hash         bytea PRIMARY KEY,              -- of the text in the address of the page
    address      text,                           -- to which the link was sent; else a handle is shown by a code
    network      text,
    handle       text,
    code         text,                           -- what is to be posted with the handle
    browser      bytea,                          -- hash of the cookie of the browser that may use it
    identity_ids uuid[] NOT NULL DEFAULT '{}',   -- those that posted the code, of any workspace
    proven_at    timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    CHECK ((address IS NULL) <> (handle IS NULL)),
    CHECK (handle IS NULL OR (network IS NOT NULL AND code IS NOT NULL))
);
CREATE INDEX rights_links_by_end ON rights_links (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON rights_links TO kith_app;

CREATE TABLE rights_requests (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,                  -- sorts by creation
    person_id    uuid,                           -- of whom; none where several people have the address
    kind         text NOT NULL CHECK (kind IN ('report', 'object', 'take_back', 'erase', 'other')),
    proof        text NOT NULL CHECK (proof IN ('address', 'handle')),
    message      text NOT NULL DEFAULT '',       -- what the person wrote
    address      text,                           -- where to answer, for what kith does not do by itself
    object       text,                           -- public id of what came of it
    created_at   timestamptz NOT NULL DEFAULT now(),
    due_at       timestamptz NOT NULL,
    done_at      timestamptz,
    done_by      text,
    revision     integer NOT NULL DEFAULT 1,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX rights_requests_open ON rights_requests (workspace_id, due_at, id) WHERE done_at IS NULL;
CREATE INDEX rights_requests_by_person ON rights_requests (workspace_id, person_id);
ALTER TABLE rights_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE rights_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rights_requests
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON rights_requests TO kith_app;

ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_actor_check;
ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_actor_check
    CHECK (actor IN ('token', 'app', 'member', 'operator', 'person')) NOT VALID; -- without looking at what is there
