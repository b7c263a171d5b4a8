-- Whether two identities that may be one person acted over and over in one long time, as two people with two jobs do.
ALTER TABLE behaviors ADD COLUMN at_once boolean NOT NULL DEFAULT false;
