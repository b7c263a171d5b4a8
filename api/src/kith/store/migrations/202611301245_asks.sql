-- Open questions and requests of people: which acts ask something, and what became of it.

CREATE TABLE ask_acts (
    workspace_id   uuid NOT NULL,
    interaction_id uuid NOT NULL,
    chance         real NOT NULL,               -- that it asks something; 1 where its network says so
    learnt         boolean NOT NULL,            -- whether words were judged, and not the question mark alone
    sentence       text NOT NULL,               -- what in it asks most
    PRIMARY KEY (workspace_id, interaction_id)
);

-- All that one person asks in one conversation.
CREATE TABLE asks (
    workspace_id uuid NOT NULL,
    place_id     uuid NOT NULL,                 -- the conversation; of an act in none, the act
    id           uuid NOT NULL,                 -- the first act that asks
    actor_id     uuid NOT NULL,
    channel_id   uuid,
    native       boolean NOT NULL,              -- its network calls it a question
    chance       real NOT NULL,
    learnt       boolean NOT NULL,
    sentence     text NOT NULL,
    occurred_at  timestamptz NOT NULL,
    asked_at     timestamptz NOT NULL,          -- when it was asked last
    state        text NOT NULL CHECK (state IN ('open', 'answered', 'accepted', 'reopened', 'withdrawn', 'closed')),
    answer_id    uuid,                          -- the first answer by another human
    answered_at  timestamptz,
    answerer_id  uuid,
    taken_by     text,                          -- the member who said so
    PRIMARY KEY (workspace_id, place_id, id)
);
CREATE INDEX asks_by_time ON asks (workspace_id, occurred_at, id);
CREATE INDEX asks_by_channel ON asks (workspace_id, channel_id, occurred_at, id);
CREATE INDEX asks_by_actor ON asks (workspace_id, actor_id, occurred_at, id);
CREATE INDEX asks_by_id ON asks (workspace_id, id);
CREATE INDEX asks_by_answer ON asks (workspace_id, answered_at) WHERE answered_at IS NOT NULL;

-- What members say of an ask; it only grows, and survives every rebuild.
CREATE TABLE ask_statements (
    workspace_id   uuid NOT NULL,
    id             uuid NOT NULL,               -- sorts by creation
    interaction_id uuid NOT NULL,
    state          text CHECK (state IN ('not_an_ask', 'open', 'answered', 'withdrawn', 'closed')), -- null: as before
    taken          boolean,                     -- by the author; null: as before
    author         text NOT NULL,
    stated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX ask_statements_by_act ON ask_statements (workspace_id, interaction_id, id);

DO $$
DECLARE
    t text;
    home uuid;
BEGIN
    FOREACH t IN ARRAY ARRAY['ask_acts', 'asks', 'ask_statements']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
    REVOKE UPDATE ON ask_statements FROM kith_app;
    -- What was read before is judged with the next pages.
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        INSERT INTO touches (workspace_id, identity_ids, actor_ids, target_ids, channel_ids, conversation_ids, act_ids)
        SELECT home, '{}', '{}', '{}', '{}', coalesce(array_agg(DISTINCT conversation_id) FILTER (WHERE conversation_id IS NOT NULL), '{}'), array_agg(id)
        FROM (SELECT id, conversation_id, row_number() OVER (ORDER BY conversation_id, id) / 5000 AS part FROM interactions
              WHERE workspace_id = home AND kind IN ('message', 'post', 'reply', 'comment', 'question', 'quote')) AS acts
        GROUP BY part;
    END LOOP;
END
$$;
