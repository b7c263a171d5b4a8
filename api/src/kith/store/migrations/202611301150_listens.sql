-- A source that is listened to is held for as long as it is active, by a process that does nothing else: workers do not
-- look at such a job.

ALTER TABLE open_jobs ADD listens boolean NOT NULL DEFAULT false;
DROP INDEX open_jobs_by_moment;
CREATE INDEX open_jobs_by_moment ON open_jobs (listens, moment);

CREATE OR REPLACE FUNCTION note_open_job() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM open_jobs WHERE workspace_id = OLD.workspace_id AND job_id = OLD.id;
    ELSIF NEW.status NOT IN ('queued', 'running') THEN
        DELETE FROM open_jobs WHERE workspace_id = NEW.workspace_id AND job_id = NEW.id;
    ELSE
        INSERT INTO open_jobs AS o (workspace_id, job_id, fence, moment, listens)
        VALUES (NEW.workspace_id, NEW.id, NEW.fence,
                CASE NEW.status WHEN 'queued' THEN NEW.due_at ELSE coalesce(NEW.lease_until, NEW.due_at) END,
                NEW.kind = 'listen')
        ON CONFLICT (workspace_id, job_id) DO UPDATE SET fence = excluded.fence, moment = excluded.moment
        WHERE o.fence <> excluded.fence OR o.moment > excluded.moment
            OR o.moment < excluded.moment - CASE NEW.status WHEN 'queued' THEN interval '0' ELSE interval '10 s' END;
    END IF;
    RETURN NULL;
END
$$;
