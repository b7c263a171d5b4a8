-- What is named after texts, or counts acts, says beside the whole what of it is open: for whoever does not see private
-- acts, or no texts. open_: of open texts and channels. plain_: of the names of open channels alone.

ALTER TABLE topics
    ADD open_name text NOT NULL DEFAULT '', ADD open_terms text[] NOT NULL DEFAULT '{}',
    ADD plain_name text NOT NULL DEFAULT '', ADD plain_terms text[] NOT NULL DEFAULT '{}',
    ADD open_texts integer NOT NULL DEFAULT 0;      -- those of which something is open
ALTER TABLE topic_channels ADD open_texts integer NOT NULL DEFAULT 0;
ALTER TABLE communities ADD open_name text, ADD plain_name text;  -- of detected ones; null: not detected since

-- Null: nothing of the conversation is hidden.
ALTER TABLE conversation_activity
    ADD open_interactions bigint, ADD open_identities integer, ADD open_first_at timestamptz,
    ADD open_last_at timestamptz;
ALTER TABLE sealed.conversation_activity
    ADD open_interactions bigint, ADD open_identities integer, ADD open_first_at timestamptz,
    ADD open_last_at timestamptz;
CREATE OR REPLACE VIEW whole.conversation_activity WITH (security_invoker)
    AS TABLE public.conversation_activity UNION ALL TABLE sealed.conversation_activity;
CREATE INDEX conversation_activity_by_last_seen ON conversation_activity
    (workspace_id, (coalesce(open_last_at, last_at)) DESC, conversation_id);
CREATE INDEX conversation_activity_by_channel_seen ON conversation_activity
    (workspace_id, channel_id, (coalesce(open_last_at, last_at)) DESC, conversation_id);

-- kith.store.policies makes them anew.
DROP POLICY IF EXISTS guest ON topics;
DROP POLICY IF EXISTS guest ON topic_channels;
