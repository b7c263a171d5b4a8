-- Asks of a state or a chance that few have, and the people of a channel, are found along an index.

CREATE INDEX asks_by_state ON asks (workspace_id, state, occurred_at, id);
CREATE INDEX asks_by_chance ON asks (workspace_id, chance, id);
CREATE INDEX activity_days_by_channel ON activity_days (workspace_id, channel_id, identity_id);
