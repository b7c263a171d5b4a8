"""Interactions as kith knew them at a moment: those known since, and versions that were replaced only later."""

# Of the identities $2 and $3, as actors or targets. {moment}: which parameter it is. stands: it is the same now.
KNOWN = """
    known AS (
        SELECT id, kind, actor_id, target_ids, channel_id, conversation_id, occurred_at, true AS stands
        FROM interactions
        WHERE workspace_id = $1 AND actor_id = ANY ($2::uuid[] || $3::uuid[]) AND learnt_at <= {moment}
        UNION ALL
        SELECT i.id, i.kind, i.actor_id, i.target_ids, i.channel_id, i.conversation_id, i.occurred_at, true
        FROM (SELECT DISTINCT interaction_id FROM interaction_targets
              WHERE workspace_id = $1 AND identity_id = ANY ($2::uuid[] || $3::uuid[])) AS t
        JOIN interactions i ON i.workspace_id = $1 AND i.id = t.interaction_id
        WHERE NOT i.actor_id = ANY ($2::uuid[] || $3::uuid[]) AND i.learnt_at <= {moment}
        UNION ALL
        SELECT interaction_id, v.kind, v.actor_id, v.target_ids, v.channel_id, v.conversation_id, v.occurred_at, false
        FROM interaction_versions, LATERAL jsonb_to_record(content) AS v (kind text, actor_id uuid, target_ids uuid[],
            channel_id uuid, conversation_id uuid, occurred_at timestamptz)
        WHERE workspace_id = $1 AND learnt_at <= {moment} AND replaced_at > {moment}
            AND (v.actor_id = ANY ($2::uuid[] || $3::uuid[]) OR v.target_ids && ($2::uuid[] || $3::uuid[]))
    )
"""
