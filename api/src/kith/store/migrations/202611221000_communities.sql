-- Communities, roles and topics: projections of contact and text, kept from one detection to the next so that a
-- community or a topic keeps its id; and communities that humans declare.

-- One row for each look at the whole workspace. The newest complete one is where the next begins.
CREATE TABLE detections (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,                 -- UUIDv7: sorts by creation
    moment       timestamptz NOT NULL,          -- contact before it, as it had faded then
    whole        boolean NOT NULL,              -- false: the former communities were only brought up to date
    people       integer NOT NULL,              -- with living contact
    ties         bigint NOT NULL,
    resolution   double precision NOT NULL,
    bits         double precision NOT NULL,     -- length of the description
    bits_undivided double precision NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE communities (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('detected', 'curated')),
    name         text NOT NULL,
    level        smallint NOT NULL DEFAULT 0,   -- 0: the smallest; each level above joins some of the one below
    parent_id    uuid,                          -- the community of the next level that holds it
    size         integer NOT NULL,
    cohesion     double precision,              -- null: no contact
    openness     double precision,
    health       jsonb,                         -- kith.domain.communities.health.Health; null until looked at
    map          bytea,                         -- kith.domain.maps.community.CommunityMap as MessagePack, compressed
    revision     bigint NOT NULL DEFAULT 1,     -- grows with every change by a human; the ETag
    computed_at  timestamptz,                   -- the moment that the numbers speak of
    born_at      timestamptz NOT NULL,
    ended_at     timestamptz,                   -- null: it exists
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX communities_by_size ON communities (workspace_id, size DESC, id) WHERE ended_at IS NULL;

-- Who belongs to which. A person's id leads to the living person through person_identities, as everywhere.
CREATE TABLE community_people (
    workspace_id uuid NOT NULL,
    community_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    belonging    real,                          -- share of the person's ties that lead there; null: nobody measured it
    home         boolean NOT NULL,              -- of detected communities of one level, exactly one
    PRIMARY KEY (workspace_id, community_id, person_id),
    FOREIGN KEY (workspace_id, community_id) REFERENCES communities ON DELETE CASCADE
);
CREATE INDEX community_people_by_person ON community_people (workspace_id, person_id);
CREATE INDEX community_people_by_belonging ON community_people
    (workspace_id, community_id, belonging DESC NULLS LAST, person_id);

-- Birth, growth into another (merge), split and end of detected communities. Only grows.
CREATE TABLE community_events (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- UUIDv7
    change       text NOT NULL CHECK (change IN ('birth', 'death', 'merge', 'split')),
    before_ids   uuid[] NOT NULL,
    after_ids    uuid[] NOT NULL,
    occurred_at  timestamptz NOT NULL,          -- the moment of the look that saw it
    PRIMARY KEY (workspace_id, id)
);

-- How a community did at each look, at most one a day.
CREATE TABLE community_health (
    workspace_id uuid NOT NULL,
    community_id uuid NOT NULL,
    day          date NOT NULL,                 -- UTC
    health       jsonb NOT NULL,
    PRIMARY KEY (workspace_id, community_id, day),
    FOREIGN KEY (workspace_id, community_id) REFERENCES communities ON DELETE CASCADE
);

CREATE TABLE roles (
    workspace_id uuid NOT NULL,
    community_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    role         text NOT NULL CHECK (
        role IN ('connector', 'maven', 'host', 'newcomer', 'core', 'bridge', 'broadcaster')),
    rank         integer NOT NULL,              -- from 1 within role and community
    score        double precision NOT NULL,     -- what rank goes by
    stability    real NOT NULL,                 -- share of resampled histories in which the person has the role
    evidence     jsonb NOT NULL,
    interaction_ids uuid[] NOT NULL,            -- some of what it rests on, the latest first
    place        integer,                       -- among those who matter in the community, from 1; null: not among them
    computed_at  timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, community_id, person_id, role),
    FOREIGN KEY (workspace_id, community_id) REFERENCES communities ON DELETE CASCADE
);
CREATE INDEX roles_by_rank ON roles (workspace_id, community_id, role, rank);
CREATE INDEX roles_by_person ON roles (workspace_id, person_id);

CREATE TABLE topics (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,
    name         text NOT NULL,
    terms        text[] NOT NULL,               -- the most telling first
    texts        integer NOT NULL,
    computed_at  timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX topics_by_texts ON topics (workspace_id, texts DESC, id);

-- What each text is about. A text is a conversation, or an interaction outside of any.
CREATE TABLE topic_texts (
    workspace_id uuid NOT NULL,
    text_id      uuid NOT NULL,
    topic_id     uuid NOT NULL,
    PRIMARY KEY (workspace_id, text_id),
    FOREIGN KEY (workspace_id, topic_id) REFERENCES topics ON DELETE CASCADE
);
CREATE INDEX topic_texts_by_topic ON topic_texts (workspace_id, topic_id);

-- Where each topic comes up.
CREATE TABLE topic_channels (
    workspace_id uuid NOT NULL,
    topic_id     uuid NOT NULL,
    channel_id   uuid NOT NULL,
    texts        integer NOT NULL,
    PRIMARY KEY (workspace_id, topic_id, channel_id),
    FOREIGN KEY (workspace_id, topic_id) REFERENCES topics ON DELETE CASCADE
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['detections', 'communities', 'community_people', 'community_events', 'community_health',
        'roles', 'topics', 'topic_texts', 'topic_channels']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;

-- What happened, happened.
REVOKE UPDATE ON community_events FROM kith_app;
