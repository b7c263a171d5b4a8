"""What two identities that may be one person did with one another: evidence that neither shows alone.

It is kept for each pair that is likely enough by all else, so that an act that changes it is noticed.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from kith.domain.matching import Behavior
from kith.store import behaviors
from kith.store.db import Db

# Acts that carry a signature beside the author's own.
SIGNING = ("sign_off", "contribute", "merge")
# Acts that nobody does towards themselves.
CONVERSING = (
    "message", "reply", "question", "answer", "accept", "thank", "comment", "review", "approve", "test", "report",
    "suggest", "help", "endorse", "introduce", "meet", "call", "conflict",
)  # fmt: skip
# Days on which each must have acted before their never acting on one day tells anything.
DAYS = 3
# Over so many days both must have acted, on DAYS days each, to have done so at one time: a change of jobs takes less.
AT_ONCE = 180
# Pairs looked at in one statement.
CHUNK = 10_000

Pair = tuple[str, str]  # ids in order, as the matching domain has them


async def observe(db: Db, workspace_id: UUID, pairs: Collection[Pair]) -> dict[Pair, Behavior]:
    """Return what each of these pairs did."""
    found = {}
    wanted = sorted(pairs)
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        for row in await behaviors.observe(db, workspace_id, chunk, SIGNING, CONVERSING, DAYS, AT_ONCE):
            found[str(row.one_id), str(row.other_id)] = Behavior(
                row.signed.bit_length(),
                row.conversed.bit_length(),
                max(0, row.shared.bit_length() - 1),
                row.at_once,
            )
    return found


async def note(
    db: Db, workspace_id: UUID, identity_ids: Collection[str] | None, found: Mapping[Pair, Behavior]
) -> None:
    """Keep what was found around these identities, or (None) around all."""
    ids = None if identity_ids is None else list(map(UUID, identity_ids))
    rows = [
        behaviors.Noted(UUID(one), UUID(other), did.signed, did.conversed, did.took_turns, did.at_once)
        for (one, other), did in found.items()
    ]
    await behaviors.note(db, workspace_id, ids, rows)


async def find_changed(db: Db, workspace_id: UUID, identity_ids: Collection[UUID] | None) -> set[UUID]:
    """Return those who did other things with one of these identities, or with anyone, than when last compared."""
    stored = {
        (str(row.one_id), str(row.other_id)): Behavior(row.signed, row.conversed, row.took_turns, row.at_once)
        for row in await behaviors.noted(db, workspace_id, identity_ids)
    }
    now = await observe(db, workspace_id, stored)
    return {UUID(id_) for pair, did in now.items() if stored[pair] != did for id_ in pair}
