-- Search over all kinds of things. As in 202611291840_searches.sql, functions find ids by bitmaps alone.

-- Each two signs that follow one another, of those whose code is ``lowest`` or more; null where there are none. Scripts
-- without spaces have no words to be found by, and outside of ASCII trigrams depend on the locale of the database.
CREATE FUNCTION pairs(t text, lowest integer) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    IF octet_length(t) = length(t) OR (lowest > 128 AND t !~ '[\u2e80-\U0010ffff]') THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT array_agg(DISTINCT one || two) FROM (
            SELECT sign AS one, lead(sign) OVER (ORDER BY n) AS two
            FROM string_to_table(lower(t), NULL) WITH ORDINALITY AS signs (sign, n)
        ) AS both_
        WHERE ascii(one) >= lowest AND ascii(two) >= lowest
    );
END
$$;

CREATE INDEX identities_by_pairs ON identities
    USING gin (workspace_id, pairs(coalesce(name, '') || ' ' || coalesce(handle, ''), 128))
    WHERE octet_length(coalesce(name, '') || coalesce(handle, '')) > length(coalesce(name, '') || coalesce(handle, ''));
-- From the radicals of Chinese on: these scripts, and what stands behind them.
CREATE INDEX interactions_by_pairs ON interactions
    USING gin (workspace_id, pairs(left(coalesce(title, '') || ' ' || coalesce(text, ''), 100000), 11904))
    WHERE octet_length(coalesce(title, '') || coalesce(text, '')) > length(coalesce(title, '') || coalesce(text, ''));
CREATE INDEX conversations_by_words ON conversations
    USING gin (workspace_id, to_tsvector('simple', left(title, 1000))) WHERE title IS NOT NULL;
CREATE INDEX conversations_by_pairs ON conversations USING gin (workspace_id, pairs(left(title, 1000), 11904))
    WHERE octet_length(title) > length(title);
CREATE INDEX channels_by_words ON channels USING gin (workspace_id, lower(name) gin_trgm_ops);
CREATE INDEX communities_by_words ON communities USING gin (workspace_id, lower(name) gin_trgm_ops)
    WHERE ended_at IS NULL;
CREATE INDEX topics_by_words ON topics USING gin (workspace_id, lower(name) gin_trgm_ops);

-- What finds all words that share a stem with those asked for, and more; with what is to be absent, the words alone.
CREATE FUNCTION stem_query(words text, language regconfig) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    plain tsquery := websearch_to_tsquery('simple', words);
    stems text := websearch_to_tsquery(language, words)::text;
BEGIN
    IF stems = '' OR stems LIKE '%!%' THEN
        RETURN plain;
    END IF;
    RETURN plain || regexp_replace(stems, '''([^'']{3,}?)i?''', '''\1'':*', 'g')::tsquery;
END
$$;

-- Whether a text has these words or their stems, and each run of two or more signs of scripts without spaces.
CREATE FUNCTION says(t text, words text, language regconfig) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    rest text := btrim(regexp_replace(words, '[\u2e80-\U0010ffff]{2,}', ' ', 'g'));
BEGIN
    IF EXISTS (
        SELECT FROM regexp_matches(lower(words), '[\u2e80-\U0010ffff]{2,}', 'g') AS run WHERE position(run[1] IN lower(t)) = 0
    ) THEN
        RETURN false;
    END IF;
    RETURN (rest = '' AND words <> '') OR to_tsvector('simple', t) @@ websearch_to_tsquery('simple', rest)
        OR to_tsvector(language, t) @@ websearch_to_tsquery(language, rest);
END
$$;

-- Identities whose name or handle is nearly so written, and how nearly: 1 is the same.
CREATE FUNCTION find_alike(ws uuid, words text, most integer) RETURNS TABLE (id uuid, likeness real)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB'
SET enable_seqscan = off SET enable_indexscan = off SET pg_trgm.word_similarity_threshold = 0.35
AS $$
DECLARE
    wanted text[] := pairs(words, 128);
BEGIN
    IF ws IS DISTINCT FROM nullif(current_setting('kith.workspace', true), '')::uuid THEN
        RAISE insufficient_privilege USING MESSAGE = 'search outside the bound workspace';
    END IF;
    IF wanted IS NULL THEN
        RETURN QUERY SELECT * FROM (
            SELECT i.id, word_similarity(lower(words), lower(coalesce(i.name, '') || ' ' || coalesce(i.handle, ''))) AS share
                FROM identities i
                WHERE i.workspace_id = ws
                  AND lower(coalesce(i.name, '') || ' ' || coalesce(i.handle, '')) %> lower(words)
                LIMIT 10 * most
            ) AS found
            ORDER BY share DESC LIMIT most;
    ELSE
        RETURN QUERY SELECT * FROM (
            SELECT i.id, (SELECT count(*)::real FROM unnest(wanted) AS pair WHERE pair = ANY (
                    pairs(coalesce(i.name, '') || ' ' || coalesce(i.handle, ''), 128))) / cardinality(wanted)::real AS share
                FROM identities i
                WHERE i.workspace_id = ws
                  AND octet_length(coalesce(i.name, '') || coalesce(i.handle, ''))
                      > length(coalesce(i.name, '') || coalesce(i.handle, ''))
                  AND pairs(coalesce(i.name, '') || ' ' || coalesce(i.handle, ''), 128) && wanted
                LIMIT 10 * most
            ) AS found
            WHERE share >= 0.5 ORDER BY share DESC LIMIT most;
    END IF;
END
$$;

-- Interactions with the stems of these words, or with signs of scripts without spaces. most: as many are looked at.
CREATE FUNCTION find_said(ws uuid, words text, language regconfig, since timestamptz, until timestamptz, most integer)
RETURNS SETOF uuid ROWS 100
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB'
SET enable_seqscan = off SET enable_indexscan = off
AS $$
DECLARE
    wanted text[] := pairs(words, 11904);
BEGIN
    IF ws IS DISTINCT FROM nullif(current_setting('kith.workspace', true), '')::uuid THEN
        RAISE insufficient_privilege USING MESSAGE = 'search outside the bound workspace';
    END IF;
    IF wanted IS NULL THEN
        RETURN QUERY SELECT found.id FROM (
            SELECT i.id, left(coalesce(i.title, '') || ' ' || coalesce(i.text, ''), 100000) AS said FROM interactions i
                WHERE i.workspace_id = ws
                  AND (i.title IS NOT NULL OR i.text IS NOT NULL)
                  AND to_tsvector('simple', left(coalesce(i.title, '') || ' ' || coalesce(i.text, ''), 100000))
                      @@ stem_query(words, language)
                  AND (since IS NULL OR i.occurred_at >= since)
                  AND (until IS NULL OR i.occurred_at <= until)
                LIMIT most
            ) AS found
            WHERE says(said, words, language);
    ELSE
        RETURN QUERY SELECT found.id FROM (
            SELECT i.id, left(coalesce(i.title, '') || ' ' || coalesce(i.text, ''), 100000) AS said FROM interactions i
                WHERE i.workspace_id = ws
                  AND octet_length(coalesce(i.title, '') || coalesce(i.text, ''))
                      > length(coalesce(i.title, '') || coalesce(i.text, ''))
                  AND pairs(left(coalesce(i.title, '') || ' ' || coalesce(i.text, ''), 100000), 11904) @> wanted
                  AND (since IS NULL OR i.occurred_at >= since)
                  AND (until IS NULL OR i.occurred_at <= until)
                LIMIT most
            ) AS found
            WHERE says(said, words, language);
    END IF;
END
$$;

CREATE FUNCTION find_conversations(ws uuid, words text, language regconfig, most integer) RETURNS SETOF uuid ROWS 100
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB'
SET enable_seqscan = off SET enable_indexscan = off
AS $$
DECLARE
    wanted text[] := pairs(words, 11904);
BEGIN
    IF ws IS DISTINCT FROM nullif(current_setting('kith.workspace', true), '')::uuid THEN
        RAISE insufficient_privilege USING MESSAGE = 'search outside the bound workspace';
    END IF;
    IF wanted IS NULL THEN
        RETURN QUERY SELECT found.id FROM (
            SELECT v.id, left(v.title, 1000) AS said FROM conversations v
                WHERE v.workspace_id = ws AND v.title IS NOT NULL
                  AND to_tsvector('simple', left(v.title, 1000)) @@ stem_query(words, language)
                LIMIT most
            ) AS found
            WHERE says(said, words, language);
    ELSE
        RETURN QUERY SELECT found.id FROM (
            SELECT v.id, left(v.title, 1000) AS said FROM conversations v
                WHERE v.workspace_id = ws AND octet_length(v.title) > length(v.title)
                  AND pairs(left(v.title, 1000), 11904) @> wanted
                LIMIT most
            ) AS found
            WHERE says(said, words, language);
    END IF;
END
$$;

-- what: channels, communities (that have not ended) or topics.
CREATE FUNCTION find_named(ws uuid, what text, words text, most integer) RETURNS SETOF uuid ROWS 100
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_indexscan = off
AS $$
DECLARE
    part text := '%' || replace(replace(replace(lower(words), '\', '\\'), '%', '\%'), '_', '\_') || '%';
BEGIN
    IF ws IS DISTINCT FROM nullif(current_setting('kith.workspace', true), '')::uuid THEN
        RAISE insufficient_privilege USING MESSAGE = 'search outside the bound workspace';
    END IF;
    CASE what
    WHEN 'channels' THEN
        RETURN QUERY SELECT c.id FROM channels c WHERE c.workspace_id = ws AND lower(c.name) LIKE part LIMIT most;
    WHEN 'communities' THEN
        RETURN QUERY SELECT c.id FROM communities c
            WHERE c.workspace_id = ws AND c.ended_at IS NULL AND lower(c.name) LIKE part LIMIT most;
    WHEN 'topics' THEN
        RETURN QUERY SELECT t.id FROM topics t WHERE t.workspace_id = ws AND lower(t.name) LIKE part LIMIT most;
    END CASE;
END
$$;

DO $$
DECLARE
    f text;
BEGIN
    FOREACH f IN ARRAY ARRAY[
        'find_alike(uuid, text, integer)', 'find_named(uuid, text, text, integer)',
        'find_said(uuid, text, regconfig, timestamptz, timestamptz, integer)',
        'find_conversations(uuid, text, regconfig, integer)']
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO kith_app', f);
    END LOOP;
    GRANT SELECT ON channels, communities, conversations, topics TO kith_search;
    EXECUTE format('GRANT kith_search TO %I', current_user);
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO kith_search', current_schema());
    FOREACH f IN ARRAY ARRAY[
        'find_alike(uuid, text, integer)', 'find_named(uuid, text, text, integer)',
        'find_said(uuid, text, regconfig, timestamptz, timestamptz, integer)',
        'find_conversations(uuid, text, regconfig, integer)']
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO kith_search', f);
    END LOOP;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM kith_search', current_schema());
    EXECUTE format('REVOKE kith_search FROM %I', current_user);
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
    RAISE NOTICE 'No right to give functions to a role that bypasses row-level security: searches will be slow.';
END
$$;
