-- While much is being read, 64 MB of words wait and are merged at once; autovacuum merges what is left soon after.
ALTER INDEX interactions_by_words SET (gin_pending_list_limit = 65536);
