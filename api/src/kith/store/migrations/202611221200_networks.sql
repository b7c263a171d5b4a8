-- The networks on which a person has identities, so that a list reads one row a person.
ALTER TABLE people ADD networks text[] NOT NULL DEFAULT '{}';

DO $$
DECLARE
    home uuid;
BEGIN
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        UPDATE people p SET networks = found.networks
        FROM (
            SELECT pi.person_id, array_agg(DISTINCT i.network ORDER BY i.network) AS networks
            FROM person_identities pi
            JOIN identities i ON i.workspace_id = pi.workspace_id AND i.id = pi.identity_id
            WHERE pi.workspace_id = home GROUP BY pi.person_id
        ) AS found
        WHERE p.workspace_id = home AND p.id = found.person_id;
    END LOOP;
END
$$;
