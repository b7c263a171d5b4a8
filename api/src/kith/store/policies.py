"""What is hidden from guests: policies on top of the tenant's. They bind no other role, which pays nothing for them.

Like rights, each migration makes those that are missing: where the role was not there, a dump was restored without.
"""

from kith.domain.ids import NOWHERE
from kith.store.db import GUEST

_OPEN = "{} NOT IN ('private', 'direct') OR (SELECT sees('private'))"
_IN_CHANNEL = f"""
    {{0}}.channel_id = '{NOWHERE}'
    OR EXISTS (SELECT FROM channels c WHERE c.workspace_id = {{0}}.workspace_id AND c.id = {{0}}.channel_id)
"""
_SEEN = "EXISTS (SELECT FROM interactions i WHERE i.workspace_id = {0}.workspace_id AND i.conversation_id = {0}.{1})"

#: Which rows of a table a guest may see. A conversation is seen by whoever sees any of it, a topic by whoever sees a
#: channel in which it comes up.
SHOWN = {
    **{table: _OPEN.format("visibility") for table in ("interactions", "channels", "partitions")},
    "interaction_versions": _OPEN.format("(content ->> 'visibility')"),
    **{table: _IN_CHANNEL.format(table) for table in ("sightings", "standings", "topic_channels")},
    "topics": """
        EXISTS (SELECT FROM topic_channels h WHERE h.workspace_id = topics.workspace_id AND h.topic_id = topics.id)
    """,
    "conversations": _SEEN.format("conversations", "id"),
    "conversation_activity": _SEEN.format("conversation_activity", "conversation_id"),
}

LACKING = f"""
    SELECT t.name FROM unnest('{{{",".join(SHOWN)}}}'::text[]) AS t (name)
    WHERE to_regclass(t.name) IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_policies p
        WHERE p.schemaname = current_schema() AND p.tablename = t.name AND p.policyname = 'guest'
    )
"""
"""Tables that show guests too much."""

MAKE = ";".join(
    f"""
    DROP POLICY IF EXISTS guest ON {table};
    CREATE POLICY guest ON {table} AS RESTRICTIVE FOR SELECT TO {GUEST} USING ({shown})
    """
    for table, shown in SHOWN.items()
)
