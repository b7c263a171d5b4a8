-- The projections: everything here can be dropped and rebuilt from the facts, with the same result.

-- Identity → person. A person's id is the id of one of its identities (its root), so a retired person id is
-- always the id of an identity and leads to the living person by one look-up, for ever and through any undoing.
CREATE TABLE person_identities (
    workspace_id uuid NOT NULL,
    identity_id  uuid NOT NULL,
    person_id    uuid NOT NULL,
    PRIMARY KEY (workspace_id, identity_id)
);
CREATE INDEX person_identities_by_person ON person_identities (workspace_id, person_id);

CREATE TABLE people (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    name         text,
    kind         text NOT NULL,
    identities   integer NOT NULL,
    interactions bigint NOT NULL,               -- acts by the person
    first_seen   timestamptz,
    last_seen    timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX people_by_last_seen ON people (workspace_id, last_seen DESC NULLS LAST, id);
CREATE INDEX people_by_name ON people (workspace_id, lower(name), id);

-- Who is addressed: the timeline of a person is interactions by actor, and this.
CREATE TABLE interaction_targets (
    workspace_id   uuid NOT NULL,
    identity_id    uuid NOT NULL,
    occurred_at    timestamptz NOT NULL,
    interaction_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, identity_id, occurred_at, interaction_id)
);

-- Directed contact per pair of identities, context and day. Whole numbers, so sums are exact and order-free.
CREATE TABLE contact_days (
    workspace_id uuid NOT NULL,
    actor_id     uuid NOT NULL,
    target_id    uuid NOT NULL,
    day          date NOT NULL,                 -- UTC
    channel_id   uuid NOT NULL,                 -- all zero where there is none
    kind         text NOT NULL,
    count        integer NOT NULL,
    weight       bigint NOT NULL,               -- thousandths; an act towards n targets gives each 1000/√n
    PRIMARY KEY (workspace_id, actor_id, target_id, day, channel_id, kind)
);

-- What each identity did and received per channel and day, towards others or at large.
CREATE TABLE activity_days (
    workspace_id uuid NOT NULL,
    identity_id  uuid NOT NULL,
    channel_id   uuid NOT NULL,                 -- all zero where there is none
    day          date NOT NULL,
    acts         integer NOT NULL,
    broadcasts   integer NOT NULL,              -- of the acts, those towards nobody
    received     integer NOT NULL,
    PRIMARY KEY (workspace_id, identity_id, channel_id, day)
);

-- Interactions per channel and day, so that no count walks through a large channel.
CREATE TABLE channel_days (
    workspace_id uuid NOT NULL,
    channel_id   uuid NOT NULL,
    day          date NOT NULL,
    count        integer NOT NULL,
    PRIMARY KEY (workspace_id, channel_id, day)
);

CREATE TABLE channel_activity (
    workspace_id uuid NOT NULL,
    channel_id   uuid NOT NULL,
    interactions bigint NOT NULL,
    first_at     timestamptz,
    last_at      timestamptz,
    PRIMARY KEY (workspace_id, channel_id)
);
CREATE INDEX channel_activity_by_last ON channel_activity (workspace_id, last_at DESC NULLS LAST, channel_id);

CREATE TABLE conversation_activity (
    workspace_id    uuid NOT NULL,
    conversation_id uuid NOT NULL,
    channel_id      uuid,
    interactions    bigint NOT NULL,
    identities      integer NOT NULL,           -- distinct actors
    first_at        timestamptz NOT NULL,
    last_at         timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id)
);
CREATE INDEX conversation_activity_by_last ON conversation_activity (workspace_id, last_at DESC, conversation_id);
CREATE INDEX conversation_activity_by_channel ON conversation_activity (workspace_id, channel_id, last_at DESC, conversation_id);

-- Each pair of persons twice, once from either side.
CREATE TABLE relationships (
    workspace_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    other_id     uuid NOT NULL,
    given        bigint NOT NULL,               -- interactions person → other
    received     bigint NOT NULL,               -- interactions other → person
    first_day    date NOT NULL,
    last_day     date NOT NULL,
    strength     double precision,              -- null below the floor of evidence
    computed_at  timestamptz NOT NULL,          -- the moment that strength speaks of
    model        text NOT NULL,
    PRIMARY KEY (workspace_id, person_id, other_id)
);
CREATE INDEX relationships_of_person ON relationships (workspace_id, person_id, strength DESC NULLS LAST, other_id);
CREATE INDEX relationships_by_strength ON relationships (workspace_id, strength DESC NULLS LAST, person_id, other_id) WHERE person_id < other_id;

-- What an ingested page touched and a projection has not yet seen: one row a page, taken off when worked in.
CREATE TABLE touches (
    workspace_id     uuid NOT NULL,
    id               bigint GENERATED ALWAYS AS IDENTITY,
    identity_ids     uuid[] NOT NULL,
    actor_ids        uuid[] NOT NULL,           -- actor_ids[i] → target_ids[i]: pairs whose contact changed
    target_ids       uuid[] NOT NULL,
    channel_ids      uuid[] NOT NULL,
    conversation_ids uuid[] NOT NULL,
    learnt_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
-- Ids are random: compressing them costs time and saves nothing.
ALTER TABLE touches
    ALTER identity_ids SET STORAGE EXTERNAL, ALTER actor_ids SET STORAGE EXTERNAL, ALTER target_ids SET STORAGE EXTERNAL,
    ALTER channel_ids SET STORAGE EXTERNAL, ALTER conversation_ids SET STORAGE EXTERNAL;
