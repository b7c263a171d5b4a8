-- Row-level security on every table, also for the owner. The application works as kith_app, which owns nothing
-- and bypasses nothing; the migration runner creates the role. (SELECT ...) makes it one look-up a statement.

DO $$
DECLARE
    t text;
BEGIN
    FOR t IN
        SELECT c.relname FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (workspace_id = (SELECT nullif(current_setting(''kith.workspace'', true), '''')::uuid))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kith_app', t);
    END LOOP;
END
$$;

-- The ledger and the versions only grow.
REVOKE UPDATE ON decisions, claims, interaction_versions FROM kith_app;

-- Which workspaces there are, and nothing else of them: the sweeper walks it and then works inside each. The only
-- table that every tenant may read; it names no one.
CREATE TABLE workspace_ids (workspace_id uuid PRIMARY KEY);
GRANT SELECT ON workspace_ids TO kith_app;

CREATE FUNCTION note_workspace() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO workspace_ids VALUES (NEW.workspace_id);
    ELSE
        DELETE FROM workspace_ids WHERE workspace_id = OLD.workspace_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_workspace AFTER INSERT OR DELETE ON workspaces FOR EACH ROW EXECUTE FUNCTION note_workspace();
