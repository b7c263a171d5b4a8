-- Where events are handed on to, what waits for each, and every attempt.
CREATE TABLE webhooks (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    url          text NOT NULL,
    types        text[] NOT NULL,               -- empty: all
    scopes       text[] NOT NULL,               -- of whoever created it
    app_id       uuid,
    status       text NOT NULL CHECK (status IN ('active', 'paused', 'disabled')),
    reason       text,                          -- why it was disabled
    key_id       text NOT NULL,
    wrapped      bytea NOT NULL,
    sealed       bytea NOT NULL,                -- the secret
    old_key_id   text,
    old_wrapped  bytea,
    old_sealed   bytea,                         -- the secret before, good until old_until
    old_until    timestamptz,
    last         bigint NOT NULL,               -- number of the last event that was looked at for it
    failing_since timestamptz,
    revision     bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE webhook_events (
    workspace_id uuid NOT NULL,
    webhook_id   uuid NOT NULL,
    event_id     uuid NOT NULL,
    seq          bigint NOT NULL,
    subject      text NOT NULL,                 -- events of one arrive in their order
    status       text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'delivered', 'failed')),
    attempts     integer NOT NULL DEFAULT 0,
    due_at       timestamptz NOT NULL DEFAULT now(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, webhook_id, event_id),
    FOREIGN KEY (workspace_id, webhook_id) REFERENCES webhooks ON DELETE CASCADE
);
CREATE INDEX webhook_events_waiting ON webhook_events (workspace_id, webhook_id, subject, seq) WHERE status = 'waiting';

CREATE TABLE deliveries (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- sorts by creation
    webhook_id   uuid NOT NULL,
    event_id     uuid NOT NULL,
    attempt      integer NOT NULL,
    status       integer,                       -- null: no answer came
    problem      text,
    milliseconds integer NOT NULL,
    delivered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, webhook_id) REFERENCES webhooks ON DELETE CASCADE
);
CREATE INDEX deliveries_by_webhook ON deliveries (workspace_id, webhook_id, id);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['webhooks', 'webhook_events', 'deliveries']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
