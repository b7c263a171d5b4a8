-- What operators watch in all workspaces at once, without reading any: of what kind the open jobs are, and how each source
-- does. Like open_jobs, every tenant may read it; neither names a person.

ALTER TABLE open_jobs ADD kind text NOT NULL DEFAULT '';

CREATE OR REPLACE FUNCTION note_open_job() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM open_jobs WHERE workspace_id = OLD.workspace_id AND job_id = OLD.id;
    ELSIF NEW.status NOT IN ('queued', 'running') THEN
        DELETE FROM open_jobs WHERE workspace_id = NEW.workspace_id AND job_id = NEW.id;
    ELSE
        INSERT INTO open_jobs AS o (workspace_id, job_id, fence, moment, listens, kind)
        VALUES (NEW.workspace_id, NEW.id, NEW.fence,
                CASE NEW.status WHEN 'queued' THEN NEW.due_at ELSE coalesce(NEW.lease_until, NEW.due_at) END,
                NEW.kind = 'listen', NEW.kind)
        ON CONFLICT (workspace_id, job_id) DO UPDATE SET fence = excluded.fence, moment = excluded.moment
        WHERE o.fence <> excluded.fence OR o.moment > excluded.moment
            OR o.moment < excluded.moment - CASE NEW.status WHEN 'queued' THEN interval '0' ELSE interval '10 s' END;
    END IF;
    RETURN NULL;
END
$$;

CREATE TABLE source_states (
    workspace_id uuid NOT NULL,
    source_id    uuid NOT NULL,
    connector    text NOT NULL,
    status       text NOT NULL,
    failing      boolean NOT NULL DEFAULT false,  -- its last reading failed
    succeeded_at timestamptz,                     -- null: it has not been read to the end yet
    PRIMARY KEY (workspace_id, source_id)
);
GRANT SELECT ON source_states TO kith_app;

CREATE FUNCTION note_source_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM source_states WHERE workspace_id = OLD.workspace_id AND source_id = OLD.id;
    ELSE
        INSERT INTO source_states (workspace_id, source_id, connector, status)
        VALUES (NEW.workspace_id, NEW.id, NEW.connector, NEW.status)
        ON CONFLICT (workspace_id, source_id) DO UPDATE SET status = excluded.status;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_source_state_added AFTER INSERT OR DELETE ON sources
    FOR EACH ROW EXECUTE FUNCTION note_source_state();
CREATE TRIGGER note_source_state_changed AFTER UPDATE OF status ON sources
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION note_source_state();

CREATE FUNCTION note_source_read() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE source_states
    SET failing = NEW.status = 'failed',
        succeeded_at = CASE NEW.status WHEN 'succeeded' THEN now() ELSE succeeded_at END
    WHERE workspace_id = NEW.workspace_id AND source_id = (NEW.args ->> 'source_id')::uuid;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_source_read AFTER UPDATE OF status ON jobs
    FOR EACH ROW WHEN (NEW.kind = 'sync' AND NEW.status IN ('succeeded', 'failed') AND OLD.status <> NEW.status)
    EXECUTE FUNCTION note_source_read();

DO $$
DECLARE
    home uuid;
BEGIN
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        UPDATE open_jobs o SET kind = j.kind
        FROM jobs j WHERE o.workspace_id = home AND j.workspace_id = home AND j.id = o.job_id;
        INSERT INTO source_states (workspace_id, source_id, connector, status, failing, succeeded_at)
        SELECT s.workspace_id, s.id, s.connector, s.status, coalesce(last.status = 'failed', false), best.finished_at
        FROM sources s
        LEFT JOIN LATERAL (
            SELECT status FROM jobs j
            WHERE j.workspace_id = home AND j.kind = 'sync' AND j.args ->> 'source_id' = s.id::text
                AND j.finished_at IS NOT NULL
            ORDER BY j.id DESC LIMIT 1
        ) AS last ON true
        LEFT JOIN LATERAL (
            SELECT max(finished_at) AS finished_at FROM jobs j
            WHERE j.workspace_id = home AND j.kind = 'sync' AND j.args ->> 'source_id' = s.id::text
                AND j.status = 'succeeded'
        ) AS best ON true
        WHERE s.workspace_id = home;
    END LOOP;
    PERFORM set_config('kith.workspace', '', true);
END
$$;
