-- Tokens are found by their hash, and families by theirs; nothing asks for those of a grant.

DROP INDEX app_tokens_by_grant;
