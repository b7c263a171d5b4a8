-- Which worker holds a job, so that its successor need not wait for the lease of a dead one.

ALTER TABLE jobs ADD COLUMN worker text;  -- name of the worker that claimed it last
