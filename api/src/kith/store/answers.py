"""Statements on what acts answer: which of it is here, whom that makes them towards, in which conversation."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from kith.store import ingest
from kith.store.db import Db
from kith.store.ingest import TALK

Ids = Collection[UUID] | None
"""Of acts or conversations; None: all there are."""


async def find_answering(db: Db, workspace_id: UUID, act_ids: Collection[UUID]) -> list[UUID]:
    """Return which of these acts answer one, here or not."""
    return [row["id"] for row in await db.fetch(_ANSWERING, workspace_id, act_ids)]


async def wait(db: Db, workspace_id: UUID, act_ids: Ids) -> None:
    """Note which of these acts answer one that is not here."""
    await db.execute(_AWAIT, workspace_id, act_ids)


async def take_arrived(db: Db, workspace_id: UUID, act_ids: Ids) -> list[UUID]:
    """Return the acts that waited for these ones, and let them wait no longer."""
    return [row["interaction_id"] for row in await db.fetch(_ARRIVED, workspace_id, act_ids)]


async def find_wrong(db: Db, workspace_id: UUID, act_ids: Ids) -> dict[UUID, UUID]:
    """Return which of these acts are not first towards the author of what they answer, with that author; lock them."""
    return {row["id"]: row["actor_id"] for row in await db.fetch(_WRONG, workspace_id, act_ids)}


async def address(db: Db, workspace_id: UUID, authors: Mapping[UUID, UUID]) -> Mapping[str, list[UUID]]:
    """Make each author the first target of an act; return the ids of what that touched."""
    ids = list(authors)
    await ingest.begin_changes(db, workspace_id, ids)
    await db.execute(_ADDRESS, workspace_id, ids, list(authors.values()))
    return await ingest.end_changes(db, workspace_id, ids)


async def find_apart(db: Db, workspace_id: UUID, answering_ids: Ids, act_ids: Ids, conversation_ids: Ids) -> set[UUID]:
    """Return conversations with acts of another one: of an act that they answer, or that their own is named after."""
    apart = await db.fetch(_APART, workspace_id, answering_ids)
    named = await db.fetch(_NAMED, workspace_id, act_ids, conversation_ids)
    return {id_ for row in (*apart, *named) for id_ in row}


async def load_acts(db: Db, workspace_id: UUID, conversation_ids: Collection[UUID]) -> list[Mapping[str, Any]]:
    """Return the acts of these conversations.

    above_id: the act whose conversation is theirs, with that. named_id: the conversation that their network names.
    """
    return [dict(row) for row in await db.fetch(_ACTS, workspace_id, conversation_ids)]


async def move(db: Db, workspace_id: UUID, act_ids: Sequence[UUID], conversation_ids: Sequence[UUID]) -> None:
    """Put each act into the conversation of its place in the list."""
    await db.execute(_MOVE, workspace_id, act_ids, conversation_ids)


_AMONG = "($2::uuid[] IS NULL OR i.id = ANY ($2))"

_ANSWERING = f"""
    SELECT id FROM interactions
    WHERE workspace_id = $1 AND id = ANY ($2) AND reply_to IS NOT NULL AND kind IN {TALK}
"""

_AWAIT = f"""
    INSERT INTO awaited (workspace_id, parent_id, interaction_id, conversation_id)
    SELECT $1::uuid, i.reply_to, i.id, i.conversation_id FROM interactions i
    WHERE i.workspace_id = $1 AND {_AMONG} AND i.reply_to IS NOT NULL AND i.kind IN {TALK}
        AND NOT EXISTS (SELECT FROM interactions p WHERE p.workspace_id = $1 AND p.id = i.reply_to)
    ON CONFLICT (workspace_id, parent_id, interaction_id) DO UPDATE SET conversation_id = excluded.conversation_id
"""

_ARRIVED = """
    DELETE FROM awaited a USING interactions p
    WHERE a.workspace_id = $1 AND ($2::uuid[] IS NULL OR a.parent_id = ANY ($2))
        AND p.workspace_id = $1 AND p.id = a.parent_id
    RETURNING a.interaction_id
"""

# An author who is a target of another kind than talk gives (the author of a change, say) stays that.
_WRONG = f"""
    SELECT i.id, p.actor_id FROM interactions i JOIN interactions p ON p.workspace_id = $1 AND p.id = i.reply_to
    WHERE i.workspace_id = $1 AND {_AMONG} AND i.kind IN {TALK} AND p.actor_id <> i.actor_id
        AND NOT (coalesce(i.target_ids[1] = p.actor_id, false) AND array_positions(i.target_kinds, 'reply') = '{{1}}')
        AND coalesce(i.target_kinds[array_position(i.target_ids, p.actor_id)], 'to') IN ('to', 'cc', 'mention', 'reply')
    ORDER BY i.id FOR UPDATE OF i
"""

_OTHERS = """
    FROM unnest(i.target_ids, i.target_kinds) WITH ORDINALITY AS t (id, kind, place)
    WHERE t.id <> a.author AND t.kind <> 'reply' ORDER BY place
"""
_ADDRESS = f"""
    UPDATE interactions i SET target_ids = a.author || ARRAY(SELECT t.id {_OTHERS}),
        target_kinds = 'reply'::text || ARRAY(SELECT t.kind {_OTHERS})
    FROM unnest($2::uuid[], $3::uuid[]) AS a (id, author) WHERE i.workspace_id = $1 AND i.id = a.id
"""

_APART = f"""
    SELECT DISTINCT i.conversation_id, p.conversation_id
    FROM interactions i JOIN interactions p ON p.workspace_id = $1 AND p.id = i.reply_to
    WHERE i.workspace_id = $1 AND {_AMONG} AND i.kind IN {TALK} AND i.conversation_id <> p.conversation_id
"""

# Conversations that are named after an act of another one.
_NAMED = """
    SELECT c.id, o.conversation_id FROM conversations c
    JOIN interactions o ON o.workspace_id = $1 AND o.id = c.opened_by
    WHERE c.workspace_id = $1 AND o.conversation_id <> c.id
        AND ($2::uuid[] IS NULL OR c.opened_by = ANY ($2) OR c.id = ANY ($3))
        AND EXISTS (SELECT FROM interactions i WHERE i.workspace_id = $1 AND i.conversation_id = c.id)
"""

_ACTS = f"""
    SELECT i.id, i.conversation_id, coalesce(a.conversation_id, i.conversation_id) AS named_id,
        coalesce(p.id, o.id) AS above_id, coalesce(p.conversation_id, o.conversation_id) AS above_conversation_id
    FROM interactions i
    LEFT JOIN interactions p
        ON p.workspace_id = $1 AND p.id = i.reply_to AND i.kind IN {TALK} AND p.conversation_id IS NOT NULL
    LEFT JOIN awaited a ON a.workspace_id = $1 AND a.parent_id = i.reply_to AND a.interaction_id = i.id
    LEFT JOIN conversations c ON c.workspace_id = $1 AND c.id = coalesce(a.conversation_id, i.conversation_id)
    LEFT JOIN interactions o
        ON o.workspace_id = $1 AND o.id = c.opened_by AND o.id <> i.id AND o.conversation_id IS NOT NULL
    WHERE i.workspace_id = $1 AND i.conversation_id = ANY ($2)
"""

_MOVE = """
    UPDATE interactions i SET conversation_id = m.conversation_id
    FROM unnest($2::uuid[], $3::uuid[]) AS m (id, conversation_id) WHERE i.workspace_id = $1 AND i.id = m.id
"""
