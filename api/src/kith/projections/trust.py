"""Acts between two people that say something of trust, as they are known now or were known at any moment."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from kith.projections import ledger
from kith.store import trust
from kith.store.db import Db
from kith.store.trust import Act


async def list_acts(
    db: Db, workspace_id: UUID, ones: Sequence[UUID], others: Sequence[UUID], kinds: Collection[str], until: date,
    shown: int, known_at: datetime | None = None,
) -> list[Act]:  # fmt: skip
    """Return the acts between two people's identities as ``kith.store.trust.list_acts`` does.

    known_at: as kith knew the acts, that contact and who is one person then.
    """
    they = dict.fromkeys(others, min(others))
    if known_at is None:
        return await trust.list_acts(db, workspace_id, ones, they, kinds, until, shown)
    introduced = await trust.introduced_then(db, workspace_id, ones, others, known_at)
    persons = await ledger.roots_then(db, workspace_id, introduced, as_of=None, known_at=known_at)
    return await trust.list_acts_then(db, workspace_id, ones, they, kinds, until, shown, known_at, persons)
