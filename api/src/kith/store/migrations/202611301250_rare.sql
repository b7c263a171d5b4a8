-- What lists are asked for and few rows have is found along an index, as it is for people and interactions.

CREATE INDEX audit_entries_by_member ON audit_entries (workspace_id, member_id, number) WHERE member_id IS NOT NULL;
CREATE INDEX audit_entries_by_app ON audit_entries (workspace_id, app_id, number) WHERE app_id IS NOT NULL;
CREATE INDEX audit_entries_by_token ON audit_entries (workspace_id, token_id, number) WHERE token_id IS NOT NULL;
CREATE INDEX communities_by_level ON communities (workspace_id, level, size DESC, id) WHERE ended_at IS NULL;
CREATE INDEX communities_by_kind ON communities (workspace_id, kind, size DESC, id) WHERE ended_at IS NULL;
CREATE INDEX decisions_by_verdict ON decisions (workspace_id, verdict, learnt_at DESC, id DESC);
CREATE INDEX events_by_type ON events (workspace_id, type, id);
CREATE INDEX jobs_by_kind ON jobs (workspace_id, kind, id);
CREATE INDEX pushes_failed ON pushes (workspace_id, source_id, received_at DESC, id DESC) WHERE problem IS NOT NULL;
CREATE INDEX organizations_by_name ON organizations (workspace_id, name, id);
CREATE INDEX organizations_by_words ON organizations USING gin (workspace_id, lower(name) gin_trgm_ops);
CREATE INDEX organization_domains_by_words ON organization_domains USING gin (workspace_id, domain gin_trgm_ops);

-- As the functions of 202611291840_searches.sql.
CREATE FUNCTION find_organizations(ws uuid, words text) RETURNS SETOF uuid ROWS 1000
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_indexscan = off
AS $$
BEGIN
    IF ws IS DISTINCT FROM nullif(current_setting('kith.workspace', true), '')::uuid THEN
        RAISE insufficient_privilege USING MESSAGE = 'search outside the bound workspace';
    END IF;
    RETURN QUERY SELECT o.id FROM organizations o
        WHERE o.workspace_id = ws
          AND lower(o.name) LIKE '%' || replace(replace(replace(lower(words), '\', '\\'), '%', '\%'), '_', '\_') || '%'
        UNION SELECT d.organization_id FROM organization_domains d
        WHERE d.workspace_id = ws
          AND d.domain LIKE '%' || replace(replace(replace(lower(words), '\', '\\'), '%', '\%'), '_', '\_') || '%';
END
$$;
REVOKE ALL ON FUNCTION find_organizations(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_organizations(uuid, text) TO kith_app;
