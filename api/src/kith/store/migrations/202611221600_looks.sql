-- Looks speak of the day until which sources were read. Those so far spoke of the day on which they were made.
ALTER TABLE detections ADD as_of date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date;
ALTER TABLE communities ADD as_of date; -- the day that the numbers speak of; null until looked at
ALTER TABLE roles ADD as_of date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date;
COMMENT ON COLUMN detections.moment IS 'when it was made';
COMMENT ON COLUMN communities.computed_at IS 'when it was last looked at';

DO $$
DECLARE
    home uuid;
BEGIN
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        UPDATE detections SET as_of = (moment AT TIME ZONE 'UTC')::date WHERE workspace_id = home;
        UPDATE communities SET as_of = (computed_at AT TIME ZONE 'UTC')::date WHERE workspace_id = home;
        UPDATE roles SET as_of = (computed_at AT TIME ZONE 'UTC')::date WHERE workspace_id = home;
    END LOOP;
END
$$;
