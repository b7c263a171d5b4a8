-- Which word was last told of a relationship, so that its change is an event once, and not at each computation.
CREATE TABLE told_words (
    workspace_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    other_id     uuid NOT NULL,                 -- the greater id
    word         text NOT NULL,
    before       text,
    PRIMARY KEY (workspace_id, person_id, other_id)
);
INSERT INTO told_words SELECT workspace_id, person_id, other_id, word FROM relationships WHERE person_id < other_id;
ALTER TABLE told_words ENABLE ROW LEVEL SECURITY;
ALTER TABLE told_words FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON told_words
    USING (workspace_id = (SELECT nullif(current_setting('kith.workspace', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON told_words TO kith_app;
