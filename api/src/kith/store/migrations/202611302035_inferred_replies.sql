-- What the lines of a room answer where nothing points at it: what kith infers, and what members say of that.

-- The lines of rooms: messages of a channel that stand in no conversation.
CREATE TABLE inferred_replies (
    workspace_id   uuid NOT NULL,
    interaction_id uuid NOT NULL,
    channel_id     uuid NOT NULL,
    occurred_at    timestamptz NOT NULL,
    answers        uuid[] NOT NULL,             -- earlier lines that it may answer, the likeliest first
    chances        real[] NOT NULL,             -- of each; as long as answers
    begins         real NOT NULL,               -- the chance that it answers none
    known          boolean NOT NULL,            -- its network or a member says so; not inferred
    PRIMARY KEY (workspace_id, interaction_id)
);
CREATE INDEX inferred_replies_by_channel ON inferred_replies (workspace_id, channel_id, occurred_at, interaction_id);
CREATE INDEX inferred_replies_known ON inferred_replies (workspace_id, (answers[1])) WHERE known;

-- What a member says that a line answers; it only grows, and survives every rebuild.
CREATE TABLE reply_statements (
    workspace_id   uuid NOT NULL,
    id             uuid NOT NULL,               -- sorts by creation
    interaction_id uuid NOT NULL,
    stated         boolean NOT NULL,            -- false: what was said before is taken back
    answers_id     uuid,                        -- null: it answers none
    author         text NOT NULL,
    stated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX reply_statements_by_act ON reply_statements (workspace_id, interaction_id, id);

-- The chance that nobody answered; null where replies point at what they answer.
ALTER TABLE asks ADD nobody real;

DO $$
DECLARE
    t text;
    home uuid;
BEGIN
    FOREACH t IN ARRAY ARRAY['inferred_replies', 'reply_statements']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
    REVOKE UPDATE ON reply_statements FROM kith_app;
    -- What was read before is linked with the next pages.
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        INSERT INTO touches (workspace_id, identity_ids, actor_ids, target_ids, channel_ids, conversation_ids, act_ids)
        SELECT home, '{}', '{}', '{}', '{}', '{}', array_agg(id)
        FROM (SELECT id, row_number() OVER (ORDER BY channel_id, occurred_at, id) / 5000 AS part FROM interactions
              WHERE workspace_id = home AND kind = 'message' AND conversation_id IS NULL AND channel_id IS NOT NULL) AS acts
        GROUP BY part;
    END LOOP;
END
$$;
