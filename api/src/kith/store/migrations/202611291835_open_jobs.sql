-- Which jobs are open in any workspace and when each is next to be looked at, and nothing else of them: the sweeper asks
-- this table once a second, whatever the number of workspaces. Like workspace_ids, every tenant may read it.

CREATE TABLE open_jobs (
    workspace_id uuid NOT NULL,
    job_id       uuid NOT NULL,
    fence        bigint NOT NULL,
    moment       timestamptz NOT NULL,          -- when it is due, or when the lease of its worker may have ended
    PRIMARY KEY (workspace_id, job_id)
);
CREATE INDEX open_jobs_by_moment ON open_jobs (moment);
GRANT SELECT ON open_jobs TO kith_app;

-- A lease is renewed with every page: its end is noted once in ten seconds, so a sweep looks a little early and finds
-- that the job is not due.
CREATE FUNCTION note_open_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM open_jobs WHERE workspace_id = OLD.workspace_id AND job_id = OLD.id;
    ELSIF NEW.status NOT IN ('queued', 'running') THEN
        DELETE FROM open_jobs WHERE workspace_id = NEW.workspace_id AND job_id = NEW.id;
    ELSE
        INSERT INTO open_jobs AS o (workspace_id, job_id, fence, moment)
        VALUES (NEW.workspace_id, NEW.id, NEW.fence,
                CASE NEW.status WHEN 'queued' THEN NEW.due_at ELSE coalesce(NEW.lease_until, NEW.due_at) END)
        ON CONFLICT (workspace_id, job_id) DO UPDATE SET fence = excluded.fence, moment = excluded.moment
        WHERE o.fence <> excluded.fence OR o.moment > excluded.moment
            OR o.moment < excluded.moment - CASE NEW.status WHEN 'queued' THEN interval '0' ELSE interval '10 s' END;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_open_job_added AFTER INSERT OR DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION note_open_job();
CREATE TRIGGER note_open_job_changed AFTER UPDATE OF status, due_at, lease_until, fence ON jobs
    FOR EACH ROW EXECUTE FUNCTION note_open_job();

-- The day on which what is to be done daily was last asked for.
ALTER TABLE workspace_ids ADD tended_on date;
GRANT UPDATE (tended_on) ON workspace_ids TO kith_app;

DO $$
DECLARE
    home uuid;
BEGIN
    FOR home IN SELECT workspace_id FROM workspace_ids
    LOOP
        PERFORM set_config('kith.workspace', home::text, true);
        INSERT INTO open_jobs (workspace_id, job_id, fence, moment)
        SELECT workspace_id, id, fence, CASE status WHEN 'queued' THEN due_at ELSE coalesce(lease_until, due_at) END
        FROM jobs WHERE workspace_id = home AND status IN ('queued', 'running');
    END LOOP;
END
$$;
