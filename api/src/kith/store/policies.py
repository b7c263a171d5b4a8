"""What is hidden: policies on top of the tenant's. Those for guests bind no other role, which pays nothing for them.

Like rights, each migration makes those that are missing: where the role was not there, a dump was restored without.
"""

from typing import NamedTuple

from kith.domain.ids import NOWHERE
from kith.store.db import GUEST, PRIVATE, ROLE, SEALED_SCHEMA

_ALL = "(SELECT sees('private'))"
_OPEN = f"{{}} NOT IN {PRIVATE} OR {_ALL}"
_IN_CHANNEL = f"""
    {{0}}.channel_id = '{NOWHERE}'
    OR EXISTS (SELECT FROM channels c WHERE c.workspace_id = {{0}}.workspace_id AND c.id = {{0}}.channel_id)
"""
_SEEN = "EXISTS (SELECT FROM interactions i WHERE i.workspace_id = {0}.workspace_id AND i.conversation_id = {0}.{1})"

_ACT = "EXISTS (SELECT FROM interactions i WHERE i.workspace_id = {0}.workspace_id AND i.id = {0}.{1})"

_SEALED = "(SELECT sealed_sources(nullif(current_setting('kith.workspace', true), '')::uuid))::uuid[]"
_OPEN_SOURCE = f"{{0}} IS NULL OR {{0}} <> ALL ({_SEALED})"
_OF_OPEN_SOURCE = _OPEN_SOURCE.format("source_id")

#: Which rows of a table a guest may see. A conversation is seen by whoever sees any of it, a topic by whoever sees
#: words of it and a channel where it comes up. Sealed sources, and what is kept for them, are for no guest.
SHOWN = {
    "sources": "NOT sealed",
    **dict.fromkeys(("coverage", "pushes", "runs"), _OF_OPEN_SOURCE),
    "jobs": _OPEN_SOURCE.format("(args ->> 'source_id')::uuid"),
    "run_errors": """
        EXISTS (SELECT FROM runs r WHERE r.workspace_id = run_errors.workspace_id AND r.id = run_errors.run_id)
    """,
    **{table: _OPEN.format("visibility") for table in ("interactions", "channels")},
    "partitions": f"({_OPEN.format('visibility')}) AND ({_OF_OPEN_SOURCE})",
    "interaction_versions": _OPEN.format("(content ->> 'visibility')"),
    **{table: _IN_CHANNEL.format(table) for table in ("rosters", "sightings", "standings")},
    "topic_channels": f"({_IN_CHANNEL.format('topic_channels')}) AND (open_texts > 0 OR {_ALL})",
    "topics": f"""
        (open_terms <> '{{}}' OR {_ALL}) AND EXISTS (
            SELECT FROM topic_channels h WHERE h.workspace_id = topics.workspace_id AND h.topic_id = topics.id)
    """,
    "conversations": _SEEN.format("conversations", "id"),
    "asks": _ACT.format("asks", "id"),
    "inferred_replies": _ACT.format("inferred_replies", "interaction_id"),
    "ask_acts": _ACT.format("ask_acts", "interaction_id"),
    **{table: _ACT.format(table, "interaction_id") for table in ("mentions", "mention_hits", "mention_verdicts")},
    "conversation_activity": _SEEN.format("conversation_activity", "conversation_id"),
}

#: What names a row of a sealed table of which the views show one where an open source tells it too.
ONCE = {
    **dict.fromkeys(("identities", "channels", "conversations", "interactions"), "id"),
    "channel_activity": "channel_id",
    "conversation_activity": "conversation_id",
}
_ONCE = """
    NOT (SELECT sees('sealed')) OR NOT EXISTS (
        SELECT FROM public.{0} p WHERE p.workspace_id = {0}.workspace_id AND p.{1} = {0}.{1})
"""
_BLIND = "NOT sealed OR (SELECT coalesce(current_setting('kith.blind', true), '') <> 'on')"


class _Policy(NamedTuple):
    table: str
    name: str
    role: str
    shown: str


_POLICIES = [
    *(_Policy(table, "guest", GUEST, shown) for table, shown in SHOWN.items()),
    _Policy("sources", "blind", ROLE, _BLIND),
    *(_Policy(f"{SEALED_SCHEMA}.{table}", "once", ROLE, _ONCE.format(table, key)) for table, key in ONCE.items()),
]

_NAMES = ", ".join(f"('{each.table}', '{each.name}')" for each in _POLICIES)

LACKING = f"""
    SELECT t.name FROM (VALUES {_NAMES}) AS t (name, policy)
    JOIN pg_class c ON c.oid::regclass::text = t.name
        AND c.relnamespace IN (current_schema()::regnamespace, to_regnamespace('{SEALED_SCHEMA}'))
    WHERE NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = t.policy)
    UNION ALL
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relnamespace = to_regnamespace('{SEALED_SCHEMA}') AND c.relkind = 'r'
        AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'guest')
"""
"""Tables that show too much."""

MAKE = (
    ";".join(
        f"""
    DROP POLICY IF EXISTS {name} ON {table};
    CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR SELECT TO {role} USING ({shown})
    """
        for table, name, role, shown in _POLICIES
    )
    + f"""
    ;DO $$
    DECLARE
        t regclass;
    BEGIN
        FOR t IN SELECT oid FROM pg_class WHERE relnamespace = '{SEALED_SCHEMA}'::regnamespace AND relkind = 'r' LOOP
            EXECUTE format('DROP POLICY IF EXISTS guest ON %s', t);
            EXECUTE format('CREATE POLICY guest ON %s AS RESTRICTIVE TO {GUEST} USING (false)', t);
        END LOOP;
    END $$
"""
)
