"""The whole network of a workspace, read in columns: whose each identity is, all contact, all activity."""

from collections.abc import Callable
from uuid import UUID

from kith.store import columns, reach, sums
from kith.store.columns import Columns
from kith.store.db import Db
from kith.store.kinds import UNSCORED

ACTIVITY = "identity_days WHERE workspace_id = $1"
"""The FROM of all activity that is stored."""


async def count_contact(db: Db, workspace_id: UUID) -> int:
    found: int = await db.fetchval("SELECT count(*) FROM contact_days WHERE workspace_id = $1", workspace_id)
    return found


async def persons(db: Db, workspace_id: UUID) -> Columns:
    """Return identity, person and the person's number in the order of their ids."""
    return await columns.read(db, _PERSONS, workspace_id, identity="V16", person="V16", number="i4")


async def each_contact(db: Db, workspace_id: UUID, most: int, handle: Callable[[Columns], None]) -> None:
    """Hand on all contact: actor, target, day, channel, kind, count and weight."""
    await columns.each(db, _CONTACT, (workspace_id,), most, handle, **_CONTACT_READ)


async def each_activity(
    db: Db, place: str, values: tuple[object, ...], most: int, handle: Callable[[Columns], None]
) -> None:
    """Hand on what each identity did or received on each day. place: the FROM of ACTIVITY, or of rows like these."""
    query = f"SELECT identity_id, day {sums.SINCE_EPOCH}, acts + received FROM {place}"
    await columns.each(db, query, values, most, handle, identity="V16", day="i4", count="i4")


async def ends(db: Db, workspace_id: UUID) -> list[tuple[UUID, int]]:
    """Return, by channel, the day until which a source that tells of it was read."""
    rows = await db.fetch(f"SELECT channel_id, day {sums.SINCE_EPOCH} AS day FROM ({reach.OF_ALL}) AS r", workspace_id)
    return [(row["channel_id"], row["day"]) for row in rows]


_PERSONS = f"""
    SELECT identity_id, person_id, (dense_rank() OVER (ORDER BY person_id))::integer - 1
    FROM person_identities WHERE workspace_id = $1 AND person_id NOT IN ({UNSCORED})
"""

_CONTACT = f"""
    SELECT actor_id, target_id, day {sums.SINCE_EPOCH}, channel_id, {sums.KIND}, count, weight FROM contact_days
    WHERE workspace_id = $1
"""

_CONTACT_READ = {
    "actor": "V16", "target": "V16", "day": "i4", "channel": "V16", "kind": "i4", "count": "i4", "weight": "i8",
}  # fmt: skip
