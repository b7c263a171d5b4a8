-- A source that is written through the API rather than read: one for each app, and one for what members write themselves.
ALTER TABLE sources ADD app_id uuid;
CREATE UNIQUE INDEX sources_written ON sources (workspace_id, app_id) NULLS NOT DISTINCT WHERE connector = 'app';
-- A participant that is named by a handle is found by it.
CREATE INDEX identities_by_handle ON identities (workspace_id, network, lower(handle), id) WHERE handle IS NOT NULL;
