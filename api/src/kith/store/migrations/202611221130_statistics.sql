-- A rebuild writes whole tables at once. Until PostgreSQL has counted them anew, it plans the next statement as if they
-- were empty, and reads them whole. Only their owner may have them counted.
CREATE FUNCTION count_relationships() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE contact_days, activity_days, relationships;
END
$$;
REVOKE ALL ON FUNCTION count_relationships FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_relationships TO kith_app;
