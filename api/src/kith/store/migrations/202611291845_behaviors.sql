-- American spelling, as everywhere else.
ALTER TABLE behaviours RENAME TO behaviors;
ALTER INDEX behaviours_pkey RENAME TO behaviors_pkey;
ALTER INDEX behaviours_by_other RENAME TO behaviors_by_other;
