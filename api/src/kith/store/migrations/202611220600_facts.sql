-- The facts: what sources told kith, and what people decided about identities.
-- Every key, index and foreign key begins with workspace_id (the tenant boundary and the distribution key).
-- Bulk facts carry no foreign keys: the one ingest statement writes both ends in the same transaction.

CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE workspaces (
    workspace_id uuid PRIMARY KEY,
    name         text NOT NULL,
    id_key       bytea NOT NULL,                -- keys the hash that turns natural keys into ids
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tokens (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,
    hash         bytea NOT NULL,                -- SHA-256 of the token; the token itself is never stored
    name         text NOT NULL,
    scopes       text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, hash)
);

CREATE TABLE sources (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,
    connector    text NOT NULL,
    name         text NOT NULL,
    config       jsonb NOT NULL,
    status       text NOT NULL CHECK (status IN ('active', 'paused', 'reauthorise', 'deleting')),
    revision     bigint NOT NULL DEFAULT 1,     -- grows with every change; the ETag
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name)
);

-- Where a source's reading stands: written in the transaction that stores the page it follows.
CREATE TABLE cursors (
    workspace_id uuid NOT NULL,
    source_id    uuid NOT NULL,
    cursor       text NOT NULL,                 -- the connector's own JSON, opaque to kith
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, source_id),
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources ON DELETE CASCADE
);

-- What a source has fully read, and what it knows to be missing.
CREATE TABLE coverage (
    workspace_id uuid NOT NULL,
    source_id    uuid NOT NULL,
    status       text NOT NULL CHECK (status IN ('read', 'gap', 'truncated')),
    period       tstzrange NOT NULL,            -- of occurred_at, half open
    reason       text NOT NULL DEFAULT '',
    learnt_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, source_id, status, period),
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources ON DELETE CASCADE
);

CREATE TABLE identities (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- keyed hash of (network, host, key)
    network      text NOT NULL,
    host         text NOT NULL,
    key          text NOT NULL,                 -- the network's own immutable id, or the nearest to it
    kind         text NOT NULL CHECK (kind IN ('person', 'bot', 'organization', 'group', 'unknown')),
    name         text,
    handle       text,
    address      text,                          -- e-mail address, lower case
    url          text,
    verified     boolean NOT NULL DEFAULT false,-- the network itself vouches that one human owns it
    source_id    uuid,
    seen_at      timestamptz,                   -- the date of the observation that gave name, handle, address, url
    learnt_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX identities_by_address ON identities (workspace_id, address) WHERE address IS NOT NULL;

-- What a source says about two identities: evidence for decisions, never a decision itself.
CREATE TABLE claims (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    subject_id   uuid NOT NULL,
    object_id    uuid NOT NULL,
    kind         text NOT NULL,                 -- mailmap, rel_me, profile_link, ...
    evidence     text NOT NULL,
    source_id    uuid,
    learnt_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX claims_by_subject ON claims (workspace_id, subject_id);
CREATE INDEX claims_by_object ON claims (workspace_id, object_id);

-- The append-only ledger on identities. A retraction names the decision that it takes back.
CREATE TABLE decisions (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    verdict      text NOT NULL CHECK (verdict IN ('same', 'different', 'retract')),
    one_id       uuid NOT NULL,                 -- one_id < other_id
    other_id     uuid NOT NULL,
    retracts     uuid,
    author       text NOT NULL,                 -- member:..., rule:name/version, import:source
    confidence   real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    evidence     jsonb NOT NULL DEFAULT '{}',
    decided_at   timestamptz NOT NULL DEFAULT now(),
    learnt_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    CHECK (one_id < other_id),
    CHECK ((verdict = 'retract') = (retracts IS NOT NULL))
);
CREATE INDEX decisions_by_one ON decisions (workspace_id, one_id);
CREATE INDEX decisions_by_other ON decisions (workspace_id, other_id);

CREATE TABLE channels (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- keyed hash of (network, host, key)
    network      text NOT NULL,
    host         text NOT NULL,
    key          text NOT NULL,
    kind         text NOT NULL,                 -- repository, area, list, room, category, hashtag, event, ...
    name         text NOT NULL,
    url          text,
    parent_id    uuid,
    visibility   text NOT NULL CHECK (visibility IN ('public', 'unlisted', 'members', 'private', 'direct')),
    source_id    uuid,
    seen_at      timestamptz,
    learnt_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE conversations (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- keyed hash of (network, host, key)
    channel_id   uuid,
    network      text NOT NULL,
    host         text NOT NULL,
    key          text NOT NULL,
    title        text,
    url          text,
    source_id    uuid,
    learnt_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE interactions (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- keyed hash of (network, host, key, kind[, actor where an object has many acts])
    kind         text NOT NULL,                 -- one of kith.connectors' base kinds
    native_kind  text,                          -- the network's own word, e.g. reviewed-by
    actor_id     uuid NOT NULL,
    target_ids   uuid[] NOT NULL,
    target_roles text[] NOT NULL,               -- as long as target_ids
    channel_id   uuid,
    conversation_id uuid,
    reply_to     uuid,                          -- interaction, perhaps not (yet) known
    network      text NOT NULL,
    host         text NOT NULL,
    key          text NOT NULL,
    occurred_at  timestamptz NOT NULL,
    edited_at    timestamptz,
    title        text,
    text         text,                          -- plain text, without what it quotes
    url          text,
    visibility   text NOT NULL CHECK (visibility IN ('public', 'unlisted', 'members', 'private', 'direct')),
    version      bytea NOT NULL,                -- hash of the content (not of source and channel); an edit changes it
    source_id    uuid,
    learnt_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX interactions_by_time ON interactions (workspace_id, occurred_at, id);
CREATE INDEX interactions_by_actor ON interactions (workspace_id, actor_id, occurred_at);
CREATE INDEX interactions_by_channel ON interactions (workspace_id, channel_id, occurred_at);
CREATE INDEX interactions_by_conversation ON interactions (workspace_id, conversation_id, occurred_at) WHERE conversation_id IS NOT NULL;
CREATE INDEX interactions_by_words ON interactions
    -- The first 100,000 characters: a tsvector holds 1 MB at most, and beyond them lies no conversation.
    USING gin (workspace_id, to_tsvector('simple', left(coalesce(title, '') || ' ' || coalesce(text, ''), 100000)))
    WHERE title IS NOT NULL OR text IS NOT NULL;

-- Further channels in which the same interaction was seen (a mail on two lists). The interaction itself carries the
-- least of their ids, so that the order of reading does not matter.
CREATE TABLE sightings (
    workspace_id   uuid NOT NULL,
    interaction_id uuid NOT NULL,
    channel_id     uuid NOT NULL,
    occurred_at    timestamptz NOT NULL,        -- as in the interaction
    learnt_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, interaction_id, channel_id)
);
CREATE INDEX sightings_by_channel ON sightings (workspace_id, channel_id, occurred_at, interaction_id);

-- What an interaction said before it was edited or deleted: the second clock.
CREATE TABLE interaction_versions (
    workspace_id   uuid NOT NULL,
    interaction_id uuid NOT NULL,
    version        bytea NOT NULL,
    content        jsonb NOT NULL,              -- the row as it stood
    learnt_at      timestamptz NOT NULL,        -- when kith learnt this version
    replaced_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, interaction_id, version)
);

CREATE TABLE tombstones (
    workspace_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    cause        text NOT NULL CHECK (cause IN ('deleted', 'redacted', 'withdrawn', 'rewritten', 'gone', 'policy')),
    occurred_at  timestamptz,
    source_id    uuid,
    learnt_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, interaction_id)
);
