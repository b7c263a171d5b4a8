-- Jobs and runs: PostgreSQL owns the truth of every piece of background work; the queue only wakes workers.

CREATE TABLE jobs (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id           uuid NOT NULL,                 -- UUIDv7: sorts by creation
    kind         text NOT NULL,                 -- sync, project, rebuild, remove_source, ...
    args         jsonb NOT NULL DEFAULT '{}',
    slot         text,                          -- at most one open job per slot
    status       text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'canceled')),
    attempt      integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL DEFAULT 8,
    due_at       timestamptz NOT NULL DEFAULT now(),
    lease_until  timestamptz,                   -- a running job whose lease has passed may be taken by another worker
    fence        bigint NOT NULL DEFAULT 0,     -- grows with every claim; effects commit only under the newest
    done         bigint NOT NULL DEFAULT 0,
    total        bigint,
    unit         text,
    cancel       boolean NOT NULL DEFAULT false,
    again        boolean NOT NULL DEFAULT false,-- run once more when done: there is news that this run may have missed
    error        jsonb,                         -- a problem: code, detail
    result       jsonb,
    created_at   timestamptz NOT NULL DEFAULT now(),
    started_at   timestamptz,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX jobs_open_slot ON jobs (workspace_id, slot) WHERE status IN ('queued', 'running');
CREATE INDEX jobs_open ON jobs (workspace_id, due_at) WHERE status IN ('queued', 'running');

CREATE TABLE runs (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL,
    source_id    uuid NOT NULL,
    job_id       uuid NOT NULL,
    pages        bigint NOT NULL DEFAULT 0,
    records      bigint NOT NULL DEFAULT 0,
    added        bigint NOT NULL DEFAULT 0,
    changed      bigint NOT NULL DEFAULT 0,
    deleted      bigint NOT NULL DEFAULT 0,
    skipped      bigint NOT NULL DEFAULT 0,
    started_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, source_id) REFERENCES sources ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, job_id) REFERENCES jobs
);
CREATE INDEX runs_by_source ON runs (workspace_id, source_id, id);

-- What a run could not read, with the place and the reason; the rest of its page was kept.
CREATE TABLE run_errors (
    workspace_id uuid NOT NULL,
    run_id       uuid NOT NULL,
    place        text NOT NULL,                 -- line 17 of import.ndjson, commit 3f2a..., message <id>
    code         text NOT NULL,
    reason       text NOT NULL,
    learnt_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, run_id, place, code),
    FOREIGN KEY (workspace_id, run_id) REFERENCES runs ON DELETE CASCADE
);
