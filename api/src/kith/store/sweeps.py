"""Sweeps: complete looks at acts of some kinds, after which those that were not told again are gone.

Until a sweep is complete, nothing is deleted; and where it would take away more than a fifth, nothing is either, unless
somebody accepts that.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.domain.classes import STATES
from kith.domain.ids import NOWHERE
from kith.store.db import Db

SHARE = 0.2
LEAST = 5
"""A sweep that takes away so many acts, or so large a share of them, may do so; a greater one is refused."""


class Sweep(NamedTuple):
    """begun: else it is complete. channel_id: all zero for all channels. since: acts before it are not looked at."""

    begun: bool
    kinds: tuple[str, ...]
    channel_id: UUID
    since: datetime | None

    @property
    def scope(self) -> bytes:
        """Return what names this sweep from its beginning to its end."""
        parts = (sorted(self.kinds), self.channel_id.hex, self.since)
        return blake2b(msgspec.json.encode(parts), digest_size=16).digest()


class Outcome(NamedTuple):
    """What a complete sweep found: acts that were looked for, those that are gone, and of them those that were states.

    known: whether its beginning is known; without it, nothing was looked for.
    """

    sweep: Sweep
    known: bool
    total: int
    gone: Sequence[UUID]
    ended: Sequence[UUID]

    @property
    def is_refused(self) -> bool:
        lost = len(self.gone) + len(self.ended)
        return not self.known or lost > max(LEAST, self.total * SHARE)


async def begin(db: Db, workspace_id: UUID, source_id: UUID, sweeps: Iterable[Sweep]) -> None:
    for sweep in sweeps:
        await _forget(db, workspace_id, source_id, sweep)
        await db.execute(
            """
            INSERT INTO sweeps (workspace_id, source_id, scope, kinds, channel_id, since)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            workspace_id, source_id, sweep.scope, sweep.kinds, sweep.channel_id, sweep.since,
        )  # fmt: skip


async def see(db: Db, workspace_id: UUID, source_id: UUID, acts: Sequence[tuple[UUID, str, UUID | None]]) -> None:
    """Note that a page tells these acts: id, kind and channel."""
    if acts and await db.fetchval(_OPEN, workspace_id, source_id):
        await db.execute(_SEE, workspace_id, source_id, *zip(*acts, strict=True))


async def complete(db: Db, workspace_id: UUID, source_id: UUID, sweep: Sweep) -> Outcome:
    """Return what is gone, and end the sweep; one that is refused can be accepted until the next one begins."""
    began_at = await db.fetchval(
        "SELECT began_at FROM sweeps WHERE workspace_id = $1 AND source_id = $2 AND scope = $3",
        workspace_id, source_id, sweep.scope,
    )  # fmt: skip
    if began_at is None:
        return Outcome(sweep, False, 0, (), ())
    outcome = await _outcome(db, workspace_id, source_id, sweep, began_at)
    if outcome.is_refused:
        await db.execute(
            "UPDATE sweeps SET refused_at = now() WHERE workspace_id = $1 AND source_id = $2 AND scope = $3",
            workspace_id, source_id, sweep.scope,
        )  # fmt: skip
    else:
        await _forget(db, workspace_id, source_id, sweep)
        await _note_members(db, workspace_id, sweep, began_at)
    return outcome


async def _note_members(db: Db, workspace_id: UUID, sweep: Sweep, began_at: datetime) -> None:
    """Note that all members of a channel were told."""
    if "join" in sweep.kinds and sweep.channel_id != NOWHERE and sweep.since is None:
        await db.execute(
            """
            INSERT INTO rosters (workspace_id, channel_id, seen_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
            """,
            workspace_id, sweep.channel_id, began_at,
        )  # fmt: skip


async def take_refused(db: Db, workspace_id: UUID, source_id: UUID) -> list[Outcome]:
    """Return what is gone by the sweeps that were refused, as it is now, and end them."""
    rows = await db.fetch(
        """
        SELECT kinds, channel_id, since, began_at FROM sweeps
        WHERE workspace_id = $1 AND source_id = $2 AND refused_at IS NOT NULL ORDER BY scope
        """,
        workspace_id, source_id,
    )  # fmt: skip
    outcomes = []
    for row in rows:
        sweep = Sweep(False, tuple(row["kinds"]), row["channel_id"], row["since"])
        outcomes.append(await _outcome(db, workspace_id, source_id, sweep, row["began_at"]))
        await _forget(db, workspace_id, source_id, sweep)
    return outcomes


async def _outcome(db: Db, workspace_id: UUID, source_id: UUID, sweep: Sweep, began_at: datetime) -> Outcome:
    values = (workspace_id, source_id, sweep.scope, sweep.kinds, sweep.since, began_at)
    if sweep.channel_id == NOWHERE:
        rows = await db.fetch(_lost(_THERE), *values)
    else:
        rows = await db.fetch(_lost(_THERE_IN_CHANNEL), *values, sweep.channel_id)
    lost = [row for row in rows if not row["seen"]]
    ended = [row["id"] for row in lost if row["kind"] in STATES]
    return Outcome(sweep, True, len(rows), [row["id"] for row in lost if row["kind"] not in STATES], ended)


async def _forget(db: Db, workspace_id: UUID, source_id: UUID, sweep: Sweep) -> None:
    for table in ("sweep_sightings", "sweeps"):
        await db.execute(
            f"DELETE FROM {table} WHERE workspace_id = $1 AND source_id = $2 AND scope = $3",
            workspace_id, source_id, sweep.scope,
        )  # fmt: skip


_OPEN = "SELECT EXISTS (SELECT FROM sweeps WHERE workspace_id = $1 AND source_id = $2)"

_SEE = f"""
    INSERT INTO sweep_sightings (workspace_id, source_id, scope, interaction_id)
    SELECT DISTINCT $1::uuid, $2::uuid, s.scope, n.id
    FROM unnest($3::uuid[], $4::text[], $5::uuid[]) AS n (id, kind, channel_id)
    JOIN sweeps s ON s.workspace_id = $1 AND s.source_id = $2 AND n.kind = ANY (s.kinds)
        AND s.channel_id IN ('{NOWHERE}', n.channel_id)
    ORDER BY 3, 4 ON CONFLICT DO NOTHING
"""

# Where the acts stand that a sweep looks at: each part by its index.
_THERE = """
    SELECT id FROM interactions WHERE workspace_id = $1 AND source_id = $2 AND kind = ANY ($4)
    UNION SELECT interaction_id FROM tellings WHERE workspace_id = $1 AND source_id = $2
"""
_THERE_IN_CHANNEL = """
    SELECT t.id FROM (
        SELECT id FROM interactions WHERE workspace_id = $1 AND channel_id = $7 AND kind = ANY ($4)
        UNION SELECT interaction_id FROM sightings WHERE workspace_id = $1 AND channel_id = $7
    ) AS t
    JOIN interactions i ON i.workspace_id = $1 AND i.id = t.id
    WHERE i.source_id = $2 OR EXISTS (
        SELECT FROM tellings o WHERE o.workspace_id = $1 AND o.interaction_id = t.id AND o.source_id = $2
    )
"""


def _lost(there: str) -> str:
    """What was learned or edited since the sweep began may be newer than what it looked at."""
    return f"""
        SELECT i.id, i.kind, EXISTS (
            SELECT FROM sweep_sightings n
            WHERE n.workspace_id = $1 AND n.source_id = $2 AND n.scope = $3 AND n.interaction_id = i.id
        ) AS seen
        FROM ({there}) AS there JOIN interactions i ON i.workspace_id = $1 AND i.id = there.id
        WHERE i.kind = ANY ($4) AND i.learnt_at < $6::timestamptz AND i.ended_at IS NULL
            AND ($5::timestamptz IS NULL OR i.occurred_at >= $5)
        ORDER BY i.id
    """
