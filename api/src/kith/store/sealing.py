"""Sealed sources: what they tell stands in a schema of its own, where the statements on facts find and leave it.

Nothing that all see is computed from that schema. Callers with the scope read it beside all else, through views.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from kith.store import locks, projection
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


ALL_PAGES = 1000
