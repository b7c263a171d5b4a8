-- Sources that the operator added at the command line may read what the API's callers may not name.

ALTER TABLE sources ADD COLUMN trusted boolean NOT NULL DEFAULT false;  -- its places are the operator's own word
