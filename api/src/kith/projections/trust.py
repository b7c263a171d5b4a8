"""Acts between two people that say something of trust, as they are known now or were known at any moment."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec.structs import replace

from kith.projections import ledger
from kith.store import trust
from kith.store.db import Db, is_narrow, whole
from kith.store.trust import Act


async def list_acts(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Mapping[UUID, UUID], kinds: Collection[str], until: date,
    shown: int, known_at: datetime | None = None,
) -> list[Act]:  # fmt: skip
    """Return the acts between somebody's identities and others' as ``kith.store.trust.list_acts`` does.

    known_at: as kith knew the acts, that contact and who is one person then; of two people alone. Those that the reader
    does not see count, and are named nowhere.
    """
    wanted = (workspace_id, ones, others, kinds, until, shown, known_at)
    async with whole(db):
        acts = await _list(db, *wanted)
    if not is_narrow(db):
        return acts
    seen = {_key(act): act for act in await _list(db, *wanted)}
    return [_seen(act, seen.get(_key(act))) for act in acts]


def _key(act: Act) -> tuple[object, ...]:
    return act.other_id, act.given, act.day, act.topic_id, act.channel_id, act.kind


def _seen(act: Act, seen: Act | None) -> Act:
    """Return the act with what is seen of it."""
    shown = seen.interaction_ids if seen else []
    return replace(act, interaction_ids=shown, hidden=seen is None or seen.count < act.count)


async def _list(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Mapping[UUID, UUID], kinds: Collection[str], until: date,
    shown: int, known_at: datetime | None,
) -> list[Act]:  # fmt: skip
    if known_at is None:
        return await trust.list_acts(db, workspace_id, ones, others, kinds, until, shown)
    introduced = await trust.introduced_then(db, workspace_id, ones, list(others), known_at)
    persons = await ledger.roots_then(db, workspace_id, introduced, as_of=None, known_at=known_at)
    return await trust.list_acts_then(db, workspace_id, ones, others, kinds, until, shown, known_at, persons)
