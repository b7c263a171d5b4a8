-- What a source told is found without reading what others told: to take it back, and to say beforehand what would go.

CREATE INDEX interactions_by_source ON interactions (workspace_id, source_id);
