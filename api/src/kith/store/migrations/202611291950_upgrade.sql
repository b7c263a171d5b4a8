-- What older versions did not write, from what they did: which source tells of a channel, until when each was read, and
-- that sources of the time before there were limits may go on to read what they read then.

DO $$
DECLARE
    home uuid;
BEGIN
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        INSERT INTO channel_sources (workspace_id, channel_id, source_id)
        SELECT DISTINCT home, coalesce(i.channel_id, '00000000-0000-0000-0000-000000000000'), i.source_id
        FROM interactions i WHERE i.workspace_id = home AND i.source_id IS NOT NULL
        ON CONFLICT DO NOTHING;
        INSERT INTO source_ends AS e (workspace_id, source_id, day)
        SELECT home, source_id, (least(max(moment), now()) AT TIME ZONE 'UTC')::date
        FROM (
            SELECT source_id, occurred_at AS moment FROM interactions
            WHERE workspace_id = home AND source_id IS NOT NULL AND occurred_at <= learnt_at
            UNION ALL
            SELECT source_id, upper(period) - interval '1 microsecond' FROM coverage
            WHERE workspace_id = home AND status = 'read' AND NOT upper_inf(period)
        ) AS told
        GROUP BY source_id
        ON CONFLICT (workspace_id, source_id) DO UPDATE SET day = excluded.day WHERE e.day < excluded.day;
        UPDATE sources s SET trusted = true FROM migrations m
        WHERE s.workspace_id = home AND NOT s.trusted AND m.name = '202611221330_trusted_sources'
            AND s.created_at < m.applied_at AND s.updated_at < m.applied_at;
    END LOOP;
END
$$;
