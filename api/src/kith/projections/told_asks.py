"""Events of asks: opened, answered and overdue, each told once, whatever is computed again."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from kith.domain.asks.waiting import LATEST, Usual, Waited, usual
from kith.store import asks, events
from kith.store import told_asks as store
from kith.store.db import Db

LEAST = 0.7
"""The chance that something is an ask, from which on it is told of."""
FRESH = timedelta(days=7)
"""How old an ask may be that is told of: history that is read later is no news."""
_AT_ONCE = 1_000


async def tell(db: Db, workspace_id: UUID, now: datetime) -> None:
    """Tell of the wanted asks that were opened or answered. An ask that was never told to be open is not told of."""
    opened = await store.tell_opened(db, workspace_id, now - FRESH, LEAST)
    answered = await store.tell_answered(db, workspace_id)
    told = [events.tell_opened(*each[:3]) for each in opened] + [events.tell_answered(*each) for each in answered]
    await events.add(db, workspace_id, told)


async def tell_overdue(db: Db, workspace_id: UUID, now: datetime) -> None:
    """Tell of the asks that have waited longer than nine of ten asks of their place do."""
    after = UUID(int=0)
    while waiting := await store.list_waiting(db, workspace_id, after, _AT_ONCE):
        waits = await usual_waits(db, workspace_id, {each.channel_id for each in waiting if each.channel_id}, now)
        late = {each.id: (each, due) for each in waiting if (due := _due(each, waits)) and due < now}
        noted = await store.note_overdue(db, workspace_id, late)
        told = [
            events.tell_overdue(each.id, each.person_id, each.channel_id, due)
            for id_, (each, due) in late.items()
            if id_ in noted
        ]
        await events.add(db, workspace_id, told)
        after = waiting[-1].id


async def usual_waits(
    db: Db, workspace_id: UUID, channel_ids: Collection[UUID], now: datetime
) -> dict[UUID | None, Usual]:
    """Return the usual wait of each channel that has one, and of the workspace, under None."""
    waits = defaultdict[UUID | None, list[Waited]](list)
    for channel_id, asked, answered in await asks.list_waits(db, workspace_id, channel_ids, now, LATEST):
        until = now if answered is None or answered > now else answered
        waits[channel_id].append(Waited((until - asked).total_seconds(), until is not now))
    found = {channel_id: usual(each) for channel_id, each in waits.items()}
    return {channel_id: wait for channel_id, wait in found.items() if wait}


def _due(waiting: store.Waiting, waits: dict[UUID | None, Usual]) -> datetime | None:
    wait = waits.get(waiting.channel_id) or waits.get(None)
    return None if wait is None or wait.high is None else waiting.asked_at + timedelta(seconds=wait.high)
