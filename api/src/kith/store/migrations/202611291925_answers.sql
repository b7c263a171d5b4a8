-- Whom an act answers, and its conversation, are settled whichever record came first (kith.store.answers).

-- Acts whose answered act is not here yet, with the conversation that their network named.
CREATE TABLE awaited (
    workspace_id    uuid NOT NULL,
    parent_id       uuid NOT NULL,              -- the interaction answered
    interaction_id  uuid NOT NULL,              -- the one that answers
    conversation_id uuid,
    PRIMARY KEY (workspace_id, parent_id, interaction_id)
);
ALTER TABLE awaited ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON awaited
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON awaited TO kith_app;

-- The act after which a conversation is named, as most networks name it after its first.
ALTER TABLE conversations ADD COLUMN opened_by uuid;
CREATE INDEX conversations_by_opener ON conversations (workspace_id, opened_by);

ALTER TABLE touches ADD COLUMN act_ids uuid[] NOT NULL DEFAULT '{}';  -- acts that were added or changed
ALTER TABLE touches ALTER act_ids SET STORAGE EXTERNAL;

COMMENT ON TABLE awaited IS 'rekey';  -- the mark for kith.store.rekey
