-- The audit: who changed what in a workspace through the API or the command line. It only grows; each entry carries a
-- hash over itself and the entry before, so that what is changed, removed or reordered shows.

CREATE TABLE audit_entries (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    number       bigint NOT NULL,               -- 1, 2, 3 ... without gaps
    occurred_at  timestamptz NOT NULL,
    actor        text NOT NULL CHECK (actor IN ('token', 'app', 'member', 'operator')),
    member_id    uuid,                          -- for whom; it names nobody once the member is gone
    app_id       uuid,
    token_id     uuid,
    network      text,                          -- from where: of the address the part that names no machine
    operation    text NOT NULL,                 -- updateGroup, or the command
    object       text,                          -- public id of what was changed
    changes      text NOT NULL,                 -- JSON as it was hashed: names of fields; values where they are not personal
    request_id   text,
    previous     bytea NOT NULL,
    hash         bytea NOT NULL,
    PRIMARY KEY (workspace_id, number)
);
CREATE INDEX audit_entries_by_object ON audit_entries (workspace_id, object, number);
CREATE INDEX audit_entries_by_operation ON audit_entries (workspace_id, operation, number);

-- Both ends of the chain. What is older than the operator keeps it is cut off at the beginning.
CREATE TABLE audit_chains (
    workspace_id   uuid PRIMARY KEY REFERENCES workspaces,
    number         bigint NOT NULL DEFAULT 0,
    hash           bytea NOT NULL,              -- of the last entry
    first_number   bigint NOT NULL DEFAULT 1,
    first_previous bytea NOT NULL               -- what the first entry that is kept follows
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['audit_entries', 'audit_chains']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
    END LOOP;
END
$$;
GRANT SELECT, INSERT ON audit_entries TO kith_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_chains TO kith_app;

-- Cuts off entries older than a moment, as many at most, from the beginning; returns how many. Not those of the last
-- month, so that nobody who works as kith_app can take back what was just done.
CREATE FUNCTION prune_audit(ws uuid, before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    last audit_entries;
    gone integer;
BEGIN
    IF ws IS DISTINCT FROM nullif(current_setting('kith.workspace', true), '')::uuid THEN
        RAISE insufficient_privilege USING MESSAGE = 'audit outside the bound workspace';
    END IF;
    SELECT * INTO last FROM (
        SELECT * FROM audit_entries WHERE workspace_id = ws ORDER BY number LIMIT most
    ) oldest WHERE occurred_at < least(before, now() - interval '30 days') ORDER BY number DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    DELETE FROM audit_entries WHERE workspace_id = ws AND number <= last.number;
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE audit_chains SET first_number = last.number + 1, first_previous = last.hash WHERE workspace_id = ws;
    RETURN gone;
END
$$;
REVOKE ALL ON FUNCTION prune_audit(uuid, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prune_audit(uuid, timestamptz, integer) TO kith_app;
