-- Communities that the first look of an older version found count as born when that look was made; since then they
-- are born when enough of their people were there. Of how they did, older versions spoke as of days that no source was
-- read until.

DO $$
DECLARE
    tenant uuid;
BEGIN
    FOR tenant IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', tenant::text, true);
        UPDATE communities c SET born_at = there.since
        FROM (
            SELECT community_id, max(first_seen) AS since
            FROM (
                SELECT m.community_id, p.first_seen,
                    row_number() OVER (PARTITION BY m.community_id ORDER BY p.first_seen, p.id) AS number
                FROM community_people m
                JOIN person_identities i ON i.workspace_id = tenant AND i.identity_id = m.person_id
                JOIN people p ON p.workspace_id = tenant AND p.id = i.person_id
                WHERE m.workspace_id = tenant AND m.home AND p.first_seen IS NOT NULL
            ) AS arrivals
            WHERE number <= 3
            GROUP BY community_id
        ) AS there
        WHERE c.workspace_id = tenant AND c.id = there.community_id AND c.kind = 'detected' AND c.born_at > there.since
            AND c.born_at = (SELECT min(occurred_at) FROM community_events WHERE workspace_id = tenant);
        DELETE FROM community_health WHERE workspace_id = tenant
            AND day > (SELECT max(day) FROM source_ends WHERE workspace_id = tenant);
    END LOOP;
END
$$;
