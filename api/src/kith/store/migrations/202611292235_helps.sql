-- Who helped somebody: who trusts whom is asked from the side of the one helped, beside all other contact.
CREATE INDEX contact_days_by_helped ON contact_days (workspace_id, target_id, actor_id)
    WHERE kind IN ('help', 'introduce', 'report', 'suggest', 'test');
