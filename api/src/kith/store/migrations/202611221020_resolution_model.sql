-- With which model the workspace was last resolved as a whole: another one resolves everybody anew.
ALTER TABLE populations ADD COLUMN model text NOT NULL DEFAULT '';
