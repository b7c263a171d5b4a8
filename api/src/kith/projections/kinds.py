"""Who is a robot or a list: as its network says, as its own words tell, or as a human decided, whichever came first.

An address that any source names as a list's is a list. A target that never acts and that many address is suspected to
be one, until a human decides.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from kith.domain import kinds
from kith.store import events
from kith.store import kinds as store
from kith.store.db import Db
from kith.store.kinds import Row, Standing

# Identities judged at once when all are.
CHUNK = 10_000


class Found(NamedTuple):
    """changed: who stands otherwise than before; and how many rows were missing, extra and different."""

    changed: set[UUID]
    missing: int = 0
    extra: int = 0
    different: int = 0


async def judge(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> Found:
    """Judge these identities again."""
    shown = await store.shown(db, workspace_id, identity_ids, kinds.VERY_MANY)
    right = {standing.identity_id: standing for standing in map(_stand, shown) if standing}
    before = await store.stored(db, workspace_id, identity_ids)
    gone = before.keys() - right.keys()
    new = [standing for id_, standing in right.items() if before.get(id_) != standing]
    await store.forget(db, workspace_id, gone)
    await store.save(db, workspace_id, new)
    network = {row["id"]: row["kind"] for row in shown}
    was, are = _suspected(before), _suspected(right)
    told = [(id_, right.get(id_) or Standing(id_, network.get(id_, "unknown"), "", False)) for id_ in sorted(was ^ are)]
    await events.add(
        db, workspace_id, [events.tell_suspicion(id_, now.kind, now.reason, suspected=id_ in are) for id_, now in told]
    )
    missing = len(right.keys() - before.keys())
    return Found({*gone, *(standing.identity_id for standing in new)}, missing, len(gone), len(new) - missing)


async def judge_all(db: Db, workspace_id: UUID) -> Found:
    """Judge everybody again, by the present words."""
    found, after = Found(set()), UUID(int=0)
    while ids := await store.next_ids(db, workspace_id, after, CHUNK):
        after = ids[-1]
        part = await judge(db, workspace_id, ids)
        counts = (one + more for one, more in zip(found[1:], part[1:], strict=True))
        found = Found(found.changed | part.changed, *counts)
    await store.note_version(db, workspace_id, kinds.VERSION)
    return found


async def is_outdated(db: Db, workspace_id: UUID) -> bool:
    """Whether everybody there was had been judged by other words than the present ones."""
    return await store.version(db, workspace_id) not in (None, kinds.VERSION)


def _suspected(standings: Mapping[UUID, Standing]) -> set[UUID]:
    return {id_ for id_, standing in standings.items() if standing.suspected}


def _stand(row: Row) -> Standing | None:
    """Say how an identity stands; None where it is a human, as far as its network says, who may be scored."""
    objects = row["objects"]
    if row["corrected"]:
        return Standing(row["id"], row["corrected"], "correction", False, objects)
    kind, name, address = row["kind"], row["name"] or "", row["address"] or ""
    vouched = row["verified"] and kind == "person"
    judged = kinds.judge(kind, name, row["handle"] or "", address, is_list=row["is_list"], vouched=vouched)
    if judged.kind not in ("person", "unknown"):
        return Standing(row["id"], judged.kind, judged.reason, False, objects)
    if kinds.is_suspected(name, address, row["addressers"]):
        return Standing(row["id"], judged.kind, "addressed", True, objects)
    return Standing(row["id"], judged.kind, "", False, objects) if objects else None
