-- What members and apps note of people, organizations and relationships; no sync overwrites it. A person is meant by one of
-- its identities, which keeps the note through every merge and takes it along when that is undone.

CREATE TABLE notes (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,                 -- sorts by creation
    identity_id  uuid,                          -- of the person
    other_id     uuid,                          -- of a relationship: an identity of the other person
    organization_id uuid,
    text         text NOT NULL,
    author       text NOT NULL,
    revision     bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations ON DELETE CASCADE,
    CHECK (num_nonnulls(identity_id, organization_id) = 1 AND (other_id IS NULL OR identity_id IS NOT NULL))
);
CREATE INDEX notes_by_identity ON notes (workspace_id, identity_id, id) WHERE identity_id IS NOT NULL;
CREATE INDEX notes_by_organization ON notes (workspace_id, organization_id, id) WHERE organization_id IS NOT NULL;

-- Tags, and fields of a workspace's own.
CREATE TABLE attributes (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    name         text NOT NULL,
    type         text NOT NULL CHECK (type IN ('tag', 'text', 'number', 'boolean', 'date', 'choice')),
    choices      text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, name)
);

CREATE TABLE attribute_values (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    attribute_id uuid NOT NULL,
    identity_id  uuid,
    other_id     uuid,
    organization_id uuid,
    value        jsonb NOT NULL,
    author       text NOT NULL,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE NULLS NOT DISTINCT (workspace_id, attribute_id, identity_id, other_id, organization_id),
    FOREIGN KEY (workspace_id, attribute_id) REFERENCES attributes ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations ON DELETE CASCADE,
    CHECK (num_nonnulls(identity_id, organization_id) = 1 AND (other_id IS NULL OR identity_id IS NOT NULL))
);
CREATE INDEX attribute_values_by_attribute ON attribute_values (workspace_id, attribute_id, id);
CREATE INDEX attribute_values_by_identity ON attribute_values (workspace_id, identity_id, id) WHERE identity_id IS NOT NULL;
CREATE INDEX attribute_values_by_organization ON attribute_values (workspace_id, organization_id, id)
    WHERE organization_id IS NOT NULL;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['notes', 'attributes', 'attribute_values']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;
