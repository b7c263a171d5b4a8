"""Sealed sources: what they tell stands in a schema of its own, where the statements on facts find and leave it.

Nothing that all see is computed from that schema. Callers with the scope read it beside all else, through views.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from kith.store import locks, projection, reach
from kith.store.db import SEALED_SCHEMA, Db
from kith.store.locks import Lock


async def enter(db: Db, workspace_id: UUID, source_id: UUID) -> bool:
    """Let the rest of the transaction find and leave facts where this source has them; return whether it is sealed.

    Until the transaction ends, nobody seals or unseals it.
    """
    sealed = await db.fetchval(
        "SELECT sealed FROM sources WHERE workspace_id = $1 AND id = $2 FOR SHARE", workspace_id, source_id
    )
    await go(db, sealed=bool(sealed))
    return bool(sealed)


async def go(db: Db, *, sealed: bool) -> None:
    """Let the rest of the transaction find and leave facts among those of sealed sources, or of open ones."""
    await db.execute(f"SET LOCAL search_path = {f'{SEALED_SCHEMA}, public' if sealed else 'public'}")


async def settle(db: Db, workspace_id: UUID) -> None:
    """Bring up to date how busy the channels and conversations are that the pages of sealed sources touched."""
    await locks.hold(db, workspace_id, Lock.PROJECTIONS)
    await settle_touched(db, workspace_id, await projection.take_touches(db, workspace_id, ALL_PAGES))


async def settle_touched(db: Db, workspace_id: UUID, touches: Sequence[Mapping[str, list[UUID]]]) -> None:
    """Bring up to date how busy the channels and conversations of sealed sources are that were touched."""
    await projection.start(db)
    await projection.want_channels(db, {id_ for touch in touches for id_ in touch["channel_ids"]})
    await projection.want_conversations(db, {id_ for touch in touches for id_ in touch["conversation_ids"]})
    for kind in (projection.CHANNEL_ACTIVITY, projection.CONVERSATION_ACTIVITY):
        await projection.save(db, workspace_id, kind)


async def forget_alone(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Forget among the open facts all of a source that was just sealed: what it told was taken back and worked in.

    Old versions of its acts, and the identities, channels and conversations of which no other source tells and no human
    said anything. Of those that others tell too, the last description stays until one of them tells again.
    """
    await locks.hold(db, workspace_id, Lock.FACTS)
    await locks.hold(db, workspace_id, Lock.PROJECTIONS)
    await reach.forget(db, workspace_id, source_id)
    await db.execute(_FORGET_VERSIONS, workspace_id, source_id)
    await db.execute(_FORGET_CONVERSATIONS, workspace_id, source_id)
    await db.execute(_FORGET_CHANNELS, workspace_id, source_id)
    alone = [row["id"] for row in await db.fetch(_ALONE, workspace_id, source_id)]
    with_them = await db.fetchval(_WITH, workspace_id, alone)
    for statement in _FORGET:
        await db.execute(statement, workspace_id, alone)
    await projection.touch(db, workspace_id, with_them)


ALL_PAGES = 1000

_FORGET_VERSIONS = """
    WITH gone AS (
        DELETE FROM tombstones WHERE workspace_id = $1 AND source_id = $2 AND cause = 'withdrawn'
        RETURNING interaction_id
    )
    DELETE FROM interaction_versions v USING gone g WHERE v.workspace_id = $1 AND v.interaction_id = g.interaction_id
"""

_FORGET_CONVERSATIONS = """
    DELETE FROM conversations v WHERE v.workspace_id = $1 AND v.source_id = $2
        AND NOT EXISTS (SELECT FROM interactions i WHERE i.workspace_id = $1 AND i.conversation_id = v.id)
"""

_FORGET_CHANNELS = """
    DELETE FROM channels c WHERE c.workspace_id = $1 AND c.source_id = $2
        AND NOT EXISTS (SELECT FROM channel_sources s WHERE s.workspace_id = $1 AND s.channel_id = c.id)
        AND NOT EXISTS (SELECT FROM channels b WHERE b.workspace_id = $1 AND b.parent_id = c.id AND b.source_id <> $2)
        AND NOT EXISTS (SELECT FROM groups g WHERE g.workspace_id = $1 AND g.channel_id = c.id)
"""

# A rule's decision goes with the identity, a human's keeps it.
_ALONE = """
    SELECT d.id FROM identities d WHERE d.workspace_id = $1 AND d.source_id = $2
        AND NOT EXISTS (SELECT FROM interactions i WHERE i.workspace_id = $1 AND i.actor_id = d.id)
        AND NOT EXISTS (SELECT FROM interaction_targets t WHERE t.workspace_id = $1 AND t.identity_id = d.id)
        AND NOT EXISTS (SELECT FROM claims c WHERE c.workspace_id = $1 AND c.subject_id = d.id)
        AND NOT EXISTS (SELECT FROM claims c WHERE c.workspace_id = $1 AND c.object_id = d.id)
        AND NOT EXISTS (SELECT FROM affiliation_tellings a WHERE a.workspace_id = $1 AND a.identity_id = d.id)
        AND NOT EXISTS (SELECT FROM standings s WHERE s.workspace_id = $1 AND s.identity_id = d.id)
        AND NOT EXISTS (SELECT FROM corrections c WHERE c.workspace_id = $1 AND c.identity_id = d.id)
        AND NOT EXISTS (SELECT FROM member_identities m WHERE m.workspace_id = $1 AND m.identity_id = d.id)
        AND NOT EXISTS (SELECT FROM group_people g WHERE g.workspace_id = $1 AND g.identity_id = d.id)
        AND NOT EXISTS (
            SELECT FROM decisions o
            WHERE o.workspace_id = $1 AND d.id IN (o.one_id, o.other_id) AND o.author NOT LIKE 'rule:%'
        )
"""

_WITH = """
    SELECT coalesce(array_agg(id), '{}') FROM (
        SELECT o.identity_id AS id FROM person_identities p
        JOIN person_identities o ON o.workspace_id = $1 AND o.person_id = p.person_id
        WHERE p.workspace_id = $1 AND p.identity_id = ANY ($2)
    ) AS w WHERE id <> ALL ($2)
"""

_FORGET = (
    """
    DELETE FROM people p WHERE p.workspace_id = $1 AND p.id IN (
        SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2)
    ) AND NOT EXISTS (
        SELECT FROM person_identities o WHERE o.workspace_id = $1 AND o.person_id = p.id AND o.identity_id <> ALL ($2)
    )
    """,
    *(
        f"DELETE FROM {table} WHERE workspace_id = $1 AND identity_id = ANY ($2)"
        for table in ("person_identities", "identity_kinds", "identity_profiles", "identity_keys", "affiliations")
    ),
    *(
        f"DELETE FROM {table} WHERE workspace_id = $1 AND (one_id = ANY ($2) OR other_id = ANY ($2))"
        for table in ("behaviors", "suggestions", "decisions")
    ),
    "DELETE FROM identities WHERE workspace_id = $1 AND id = ANY ($2)",
)
