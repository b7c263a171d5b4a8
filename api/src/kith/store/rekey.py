"""What the migration ``answers`` needs beside SQL: ids of acts that are said once no longer hash their kind.

It runs after all migrations, on the schema that this code knows, and once: the migration leaves a mark for it.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any
from uuid import UUID

from kith.domain.ids import NOWHERE, fact_id
from kith.store import ingest
from kith.store.db import Db, in_turn

_ROWS = 50_000


async def rekey_where_needed(db: Db) -> None:
    if await db.fetchval("SELECT obj_description(to_regclass('awaited')) = 'rekey'"):
        await rekey_said(db)
        await db.execute("COMMENT ON TABLE awaited IS NULL")


async def rekey_said(db: Db) -> None:
    """Give posts, messages and replies of all workspaces the ids that they have without their kind, each once.

    What they answer is settled by the job that works touches in.
    """
    await in_turn(db, _TABLES)
    for workspace_id in [row["workspace_id"] for row in await db.fetch("SELECT workspace_id FROM workspace_ids")]:
        await db.execute("SELECT set_config('kith.workspace', $1::text, true)", str(workspace_id))
        id_key = await db.fetchval("SELECT id_key FROM workspaces WHERE workspace_id = $1", workspace_id)
        await db.execute("TRUNCATE rekeyed, openers")
        async for rows in _chunks(db, _SAID, workspace_id):
            await db.copy_records_to_table("rekeyed", records=_rekeyed(id_key, rows))
        async for rows in _chunks(db, _CONVERSATIONS, workspace_id):
            records = [(id_, fact_id(id_key, "interaction", parts)) for id_, *parts in rows]
            await db.copy_records_to_table("openers", records=records)
        await _apply(db, workspace_id)


async def _apply(db: Db, workspace_id: UUID) -> None:
    await db.execute("ANALYZE rekeyed, openers")
    doubles = [row["old_id"] for row in await db.fetch(_DOUBLES, workspace_id)]
    await ingest.begin_changes(db, workspace_id, doubles)
    for statement in (_TELL, _SEE, _WIDEN):
        await db.execute(statement, workspace_id)
    await db.execute("DELETE FROM interactions WHERE workspace_id = $1 AND id = ANY ($2)", workspace_id, doubles)
    touched = await ingest.end_changes(db, workspace_id, doubles)
    if touched:
        await db.execute(_TOUCH.format(columns=", ".join(touched)), workspace_id, *touched.values())
    for statement in (_ANSWERS, _INTERACTIONS, _OPENERS, _TOUCHES):
        await db.execute(statement, workspace_id)
    for table, column, rest in _REFERRING:
        await db.execute(_MERGE.format(table=table, column=column, rest=rest), workspace_id)
        await db.execute(_REFER.format(table=table, column=column), workspace_id)


async def _chunks(db: Db, query: str, workspace_id: UUID) -> AsyncIterator[Sequence[Any]]:
    cursor = await db.cursor(query, workspace_id)
    while rows := await cursor.fetch(_ROWS):
        yield rows


def _rekeyed(id_key: bytes, rows: Sequence[Any]) -> Iterator[tuple[UUID, UUID]]:
    """Yield the ids that an act may have had, or that an answer may have guessed, each with the one that it gets."""
    for parts in rows:
        new_id = fact_id(id_key, "interaction", parts)
        for kind in ("message", "post", "reply"):
            yield fact_id(id_key, "interaction", (*parts, kind)), new_id


_TABLES = """
    CREATE TEMPORARY TABLE rekeyed (old_id uuid PRIMARY KEY, new_id uuid NOT NULL) ON COMMIT DROP;
    CREATE TEMPORARY TABLE openers (conversation_id uuid PRIMARY KEY, act_id uuid NOT NULL) ON COMMIT DROP;
"""

# Those that were deleted are known by what they said last.
_SAID = """
    SELECT network, host, key FROM interactions
    WHERE workspace_id = $1 AND kind IN ('message', 'post', 'reply')
    UNION
    SELECT v.content ->> 'network', v.content ->> 'host', v.content ->> 'key'
    FROM interaction_versions v
    WHERE v.workspace_id = $1 AND v.content ->> 'kind' IN ('message', 'post', 'reply')
"""

_CONVERSATIONS = "SELECT id, network, host, key FROM conversations WHERE workspace_id = $1"

# Of the copies of one act the one stays that kith.store.ingest would keep.
_DOUBLES = """
    SELECT old_id FROM (
        SELECT r.old_id, row_number() OVER (
            PARTITION BY r.new_id
            ORDER BY array_position('{reply,post,message}', i.kind), i.version DESC
        ) AS place
        FROM rekeyed r JOIN interactions i ON i.workspace_id = $1 AND i.id = r.old_id
    ) AS copies WHERE place > 1
"""

_GROUPS = """
    SELECT r.new_id, i.source_id, i.channel_id, i.occurred_at, min(i.channel_id::text) OVER acts AS home,
        count(*) OVER acts AS copies
    FROM rekeyed r JOIN interactions i ON i.workspace_id = $1 AND i.id = r.old_id WINDOW acts AS (PARTITION BY r.new_id)
"""

_TELL = f"""
    INSERT INTO tellings (workspace_id, interaction_id, source_id, channel_id)
    SELECT $1::uuid, new_id, source_id, coalesce(channel_id, '{NOWHERE}') FROM ({_GROUPS}) AS g
    WHERE copies > 1 ON CONFLICT DO NOTHING
"""

_SEE = f"""
    INSERT INTO sightings (workspace_id, interaction_id, channel_id, occurred_at)
    SELECT $1::uuid, new_id, channel_id, occurred_at FROM ({_GROUPS}) AS g
    WHERE copies > 1 AND channel_id::text <> home ON CONFLICT DO NOTHING
"""

_WIDEN = """
    UPDATE interactions i SET visibility = w.visibility, channel_id = w.channel_id
    FROM (
        SELECT r.new_id, (array_agg(i.channel_id ORDER BY i.channel_id))[1] AS channel_id,
            (array_agg(i.visibility ORDER BY
                array_position('{public,unlisted,members,private,direct}', i.visibility)))[1] AS visibility
        FROM rekeyed r JOIN interactions i ON i.workspace_id = $1 AND i.id = r.old_id
        GROUP BY r.new_id HAVING count(*) > 1
    ) AS w JOIN rekeyed r ON r.new_id = w.new_id
    WHERE i.workspace_id = $1 AND i.id = r.old_id
"""

_ANSWERS = """
    UPDATE interactions i SET reply_to = r.new_id FROM rekeyed r WHERE i.workspace_id = $1 AND i.reply_to = r.old_id
"""

_INTERACTIONS = """
    UPDATE interactions i SET id = r.new_id FROM rekeyed r WHERE i.workspace_id = $1 AND i.id = r.old_id
"""

_OPENERS = """
    UPDATE conversations c SET opened_by = o.act_id FROM openers o
    WHERE c.workspace_id = $1 AND c.id = o.conversation_id
"""

_TOUCH = "INSERT INTO touches (workspace_id, {columns}) VALUES ($1, $2, $3, $4, $5, $6, $7)"

_TOUCHES = """
    INSERT INTO touches (workspace_id, identity_ids, actor_ids, target_ids, channel_ids, conversation_ids, act_ids)
    SELECT $1::uuid, '{}', '{}', '{}', '{}', array_remove(array_agg(DISTINCT conversation_id), NULL), array_agg(id)
    FROM (
        SELECT id, conversation_id, row_number() OVER (ORDER BY occurred_at, id) / 10000 AS page
        FROM interactions WHERE workspace_id = $1 AND kind IN ('message', 'post', 'reply')
    ) AS said GROUP BY page RETURNING id
"""

_REFERRING = (
    ("interaction_targets", "interaction_id", "t.identity_id = o.identity_id AND t.occurred_at = o.occurred_at"),
    ("sightings", "interaction_id", "t.channel_id = o.channel_id"),
    ("tellings", "interaction_id", "t.source_id = o.source_id AND t.channel_id = o.channel_id"),
    ("interaction_versions", "interaction_id", "t.version = o.version"),
    ("tombstones", "interaction_id", "true"),
)

_MERGE = """
    DELETE FROM {table} t USING rekeyed r, {table} o, rekeyed s
    WHERE t.workspace_id = $1 AND t.{column} = r.old_id AND o.workspace_id = $1 AND o.{column} = s.old_id
        AND r.new_id = s.new_id AND r.old_id > s.old_id AND {rest}
"""

_REFER = """
    UPDATE {table} t SET {column} = r.new_id FROM rekeyed r WHERE t.workspace_id = $1 AND t.{column} = r.old_id
"""
