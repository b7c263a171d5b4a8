-- How often a source is read by itself: {"every_minutes": ..., "quiet": ...}; null: only when someone asks for it.
ALTER TABLE sources ADD schedule jsonb;
