-- Strength as a calibrated chance, with a word beside it; models that a workspace's own past has taught; groups.

ALTER TABLE relationships ADD word text NOT NULL DEFAULT 'unknown';
ALTER TABLE relationships ALTER word DROP DEFAULT;

-- Weights fitted on this workspace. The newest that rests on the shipped model in use is the one that counts.
CREATE TABLE strength_models (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    version      text NOT NULL,
    shipped      text NOT NULL,                 -- version of the shipped model that it was drawn to
    model        jsonb NOT NULL,                -- kith.domain.strength.model.Model
    fitted_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, version)
);

-- How the model did on the workspace's own past: the last back-test.
CREATE TABLE strength_quality (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    version      text NOT NULL,                 -- the model in use when it was made
    report       jsonb NOT NULL,
    computed_at  timestamptz NOT NULL,
    PRIMARY KEY (workspace_id)
);

-- Saved selections of people: those listed, those who belong to an organization, and those who act in a channel.
CREATE TABLE groups (
    workspace_id    uuid NOT NULL REFERENCES workspaces,
    id              uuid NOT NULL,
    name            text NOT NULL,
    description     text,
    organization_id uuid,
    channel_id      uuid,
    revision        bigint NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name),
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations ON DELETE SET NULL (organization_id)
);

-- Kept by identity, so that a member goes where that identity goes.
CREATE TABLE group_people (
    workspace_id uuid NOT NULL,
    group_id     uuid NOT NULL,
    identity_id  uuid NOT NULL,
    added_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, group_id, identity_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES groups ON DELETE CASCADE
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['strength_models', 'strength_quality', 'groups', 'group_people']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
