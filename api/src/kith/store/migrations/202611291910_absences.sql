-- Absence (a full disk, a database that is away, a killed worker) uses up no attempt of a job; it is counted by itself,
-- so that the waits grow.

ALTER TABLE jobs ADD COLUMN absences integer NOT NULL DEFAULT 0;
