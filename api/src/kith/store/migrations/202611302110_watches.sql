-- What is said of whom: watches, where their aliases stand, which of that is meant, and whether members say so.

CREATE TABLE watches (
    workspace_id    uuid NOT NULL,
    id              uuid NOT NULL,
    name            text NOT NULL,
    identity_id     uuid,                       -- the person who is watched, as one identity
    organization_id uuid,
    aliases         text[] NOT NULL,
    rules           text[] NOT NULL,            -- of each alias: always, in_context
    terms           text[] NOT NULL,            -- words of the subject
    since           timestamptz NOT NULL,       -- acts before it are not listened to
    heard_since     timestamptz NOT NULL,       -- how far back the back-fill has come; since: it is done
    revision        bigint NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);

-- Where an alias stands in an act, whether it is meant or may be.
CREATE TABLE mention_hits (
    workspace_id   uuid NOT NULL,
    interaction_id uuid NOT NULL,
    watch_id       uuid NOT NULL,
    start          integer NOT NULL,            -- signs before it in title and text
    sure           boolean NOT NULL,            -- meant, whatever else the conversation says
    beside         boolean NOT NULL,            -- another alias or a word of the subject stands in the same act
    word           text NOT NULL,               -- folded
    quote          text NOT NULL,               -- the sentence
    quote_start    integer NOT NULL,
    quote_stop     integer NOT NULL,
    PRIMARY KEY (workspace_id, interaction_id, watch_id, start),
    FOREIGN KEY (workspace_id, watch_id) REFERENCES watches ON DELETE CASCADE
);
CREATE INDEX mention_hits_by_watch ON mention_hits (workspace_id, watch_id);

CREATE TABLE mentions (
    workspace_id   uuid NOT NULL,
    id             uuid NOT NULL,               -- hash of act, watch and place
    watch_id       uuid NOT NULL,
    interaction_id uuid NOT NULL,
    place_id       uuid NOT NULL,               -- the conversation; of an act in none, the act
    actor_id       uuid NOT NULL,
    channel_id     uuid,
    occurred_at    timestamptz NOT NULL,
    reason         text NOT NULL CHECK (reason IN ('name', 'takes_part', 'named_before', 'named_beside')),
    quote          text NOT NULL,
    quote_start    integer NOT NULL,
    quote_stop     integer NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, watch_id) REFERENCES watches ON DELETE CASCADE
);
CREATE INDEX mentions_by_time ON mentions (workspace_id, occurred_at, id);
CREATE INDEX mentions_by_watch ON mentions (workspace_id, watch_id, occurred_at, id);
CREATE INDEX mentions_by_actor ON mentions (workspace_id, actor_id, occurred_at, id);
CREATE INDEX mentions_by_channel ON mentions (workspace_id, channel_id, occurred_at, id);
CREATE INDEX mentions_by_place ON mentions (workspace_id, place_id, occurred_at, id);
CREATE INDEX mentions_by_act ON mentions (workspace_id, interaction_id);

-- How those were called, and who they were, whose names decided what is meant: a change decides it again.
CREATE TABLE mention_people (
    workspace_id uuid NOT NULL,
    identity_id  uuid NOT NULL,
    name         text,
    person_id    uuid NOT NULL,
    PRIMARY KEY (workspace_id, identity_id)
);

-- What members say of mentions; it only grows, and survives every rebuild.
CREATE TABLE mention_verdicts (
    workspace_id   uuid NOT NULL,
    id             uuid NOT NULL,               -- sorts by creation
    mention_id     uuid NOT NULL,
    watch_id       uuid NOT NULL,
    interaction_id uuid NOT NULL,
    is_right       boolean NOT NULL,
    author         text NOT NULL,
    stated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX mention_verdicts_by_watch ON mention_verdicts (workspace_id, watch_id, mention_id, id);
CREATE INDEX mention_verdicts_by_act ON mention_verdicts (workspace_id, interaction_id);

-- A look at all members of a channel: who is not told as one was none.
CREATE TABLE rosters (
    workspace_id uuid NOT NULL,
    channel_id   uuid NOT NULL,
    seen_at      timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, channel_id, seen_at)
);
DO $$
DECLARE
    t text;
BEGIN
    EXECUTE format('CREATE TABLE sealed.%I (LIKE public.%I INCLUDING ALL)', 'rosters', 'rosters');
    FOREACH t IN ARRAY ARRAY[
        'public.rosters', 'sealed.rosters', 'public.watches', 'public.mention_hits', 'public.mentions',
        'public.mention_people', 'public.mention_verdicts']
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %s USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO kith_app', t);
    END LOOP;
    REVOKE UPDATE ON mention_verdicts FROM kith_app;
END
$$;
