-- kith.store.statistics has tables counted that a rebuild has filled, as it does after a load.
DROP FUNCTION count_relationships;
