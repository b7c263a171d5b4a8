-- A record that could not be read is kept as it came, so that it can be looked at and read again.
ALTER TABLE run_errors ADD raw text NOT NULL DEFAULT '';  -- cut short, without secrets

-- A connector that breaks again and again is put aside until a check of the source succeeds.
ALTER TABLE sources ADD faults integer NOT NULL DEFAULT 0; -- in a row
ALTER TABLE sources DROP CONSTRAINT sources_status_check;
ALTER TABLE sources ADD CONSTRAINT sources_status_check
    CHECK (status IN ('active', 'paused', 'reauthorize', 'faulty', 'deleting'));
