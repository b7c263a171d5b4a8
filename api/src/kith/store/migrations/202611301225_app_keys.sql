-- An app may prove who it is with a key of its own instead of a secret, and one that registered itself may look after
-- what it said of itself.
ALTER TABLE apps
    ADD keys              jsonb NOT NULL DEFAULT '[]', -- public halves, as JWK; where there are any, no secret counts
    ADD registration_hash bytea;                       -- of the token of who registered it

-- Whoever registered an app looks after it outside of workspaces, too.
CREATE POLICY look_after ON apps FOR UPDATE
    USING (owner_id IS NULL AND nullif(current_setting('kith.workspace', true), '') IS NULL);
