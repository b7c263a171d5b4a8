"""The community of a path."""

from uuid import UUID

from kith.api.http.ids import from_path, not_found
from kith.store import communities as store
from kith.store.db import Db


async def find(db: Db, workspace_id: UUID, community_id: str, *, lock: bool = False) -> store.Community:
    found = await store.get_community(db, workspace_id, from_path("community", community_id), lock=lock)
    if found is None:
        raise not_found("community")
    return found
