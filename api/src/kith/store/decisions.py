"""The ledger of decisions on identities, which only grows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.store.db import Db, new_id
from kith.store.queries import Order, Statement, fetch_page

_COLUMNS = "id, verdict, one_id, other_id, retracts, author, confidence, evidence, decided_at, learnt_at"


class Decision(msgspec.Struct, frozen=True):
    """A row of the ledger. A retraction names the two identities of the decision that it takes back."""

    id: UUID
    verdict: str
    one_id: UUID
    other_id: UUID
    retracts: UUID | None
    author: str
    confidence: float
    evidence: dict[str, Any]
    decided_at: datetime
    learnt_at: datetime

    @property
    def pair(self) -> tuple[UUID, UUID]:
        return self.one_id, self.other_id


class DecisionFilter(msgspec.Struct, frozen=True, kw_only=True):
    verdicts: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()  # member, rule, import
    identity_ids: tuple[UUID, ...] | None = None
    since: datetime | None = None
    before: datetime | None = None


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A decision to be. decided_at: None for now; never earlier than what was last decided on the two."""

    verdict: str
    pair: tuple[UUID, UUID]
    author: str
    retracts: UUID | None = None
    confidence: float = 1.0
    evidence: Mapping[str, Any] = {}
    decided_at: datetime | None = None


async def append(db: Db, workspace_id: UUID, decisions: Sequence[New]) -> list[UUID]:
    """Add decisions to the ledger; return their ids. What comes later in the list is later."""
    ids = sorted(new_id() for _ in decisions)
    rows = zip(ids, decisions, strict=True)
    values = [
        (id_, d.verdict, min(d.pair), max(d.pair), d.retracts, d.author, d.confidence, d.evidence, d.decided_at)
        for id_, d in rows
    ]
    if values:
        await db.execute(_APPEND, workspace_id, *map(list, zip(*values, strict=True)))
    return ids


async def get_decision(db: Db, workspace_id: UUID, decision_id: UUID) -> Decision | None:
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM decisions WHERE workspace_id = $1 AND id = $2", workspace_id, decision_id
    )
    return Decision(**row) if row else None


async def list_decisions(
    db: Db, workspace_id: UUID, wanted: DecisionFilter, after: tuple[datetime, UUID] | None, limit: int
) -> list[Decision]:
    """Return decisions, the last learnt first. after: learnt_at and id of the row before."""
    statement = Statement(workspace_id)
    statement.where("verdict = ANY ({})", wanted.verdicts)
    statement.where("split_part(author, ':', 1) = ANY ({})", wanted.authors)
    if wanted.identity_ids is not None:
        ids = statement.value(wanted.identity_ids)
        statement.conditions.append(f"(one_id = ANY ({ids}) OR other_id = ANY ({ids}))")
    statement.where("learnt_at >= {}", wanted.since)
    statement.where("learnt_at < {}", wanted.before)
    order = Order("learnt_at", ("id",), newest=True)
    sql = f"SELECT {_COLUMNS} FROM decisions WHERE workspace_id = $1"
    return [Decision(**row) for row in await fetch_page(db, sql, statement, order, after, limit)]


async def on(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], *, as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> list[Decision]:  # fmt: skip
    """Return all decisions that name one of these identities; with a date, those made or known by then."""
    rows = await db.fetch(_ON, workspace_id, list(identity_ids), as_of, known_at)
    return [Decision(**row) for row in rows]


async def load_all(db: Db, workspace_id: UUID) -> list[Decision]:
    rows = db.cursor(f"SELECT {_COLUMNS} FROM decisions WHERE workspace_id = $1", workspace_id, prefetch=10_000)
    return [Decision(**row) async for row in rows]


async def on_pairs(db: Db, workspace_id: UUID, pairs: Collection[tuple[UUID, UUID]]) -> list[Decision]:
    """Return all decisions on just these pairs, the lesser id first."""
    ones, others = zip(*pairs, strict=True) if pairs else ((), ())
    rows = await db.fetch(
        f"""
        SELECT {_COLUMNS} FROM decisions WHERE workspace_id = $1 AND one_id = ANY ($2)
            AND (one_id, other_id) IN (SELECT * FROM unnest($2::uuid[], $3::uuid[]))
        """,
        workspace_id, list(ones), list(others),
    )  # fmt: skip
    return [Decision(**row) for row in rows]


async def between(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Decision]:
    """Return all decisions both of whose identities are among these."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM decisions WHERE workspace_id = $1 AND one_id = ANY ($2) AND other_id = ANY ($2)",
        workspace_id,
        list(identity_ids),
    )
    return [Decision(**row) for row in rows]


# The later decision on two identities counts, so none may bear the time of another, whatever a clock says.
_APPEND = """
    INSERT INTO decisions
        (workspace_id, id, verdict, one_id, other_id, retracts, author, confidence, evidence, decided_at)
    SELECT $1, n.id, n.verdict, n.one_id, n.other_id, n.retracts, n.author, n.confidence, n.evidence,
        coalesce(n.decided_at, greatest(clock_timestamp(), last.decided_at + interval '1 microsecond'))
            + (n.place - 1) * interval '1 microsecond' * (n.decided_at IS NULL)::integer
    FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::real[], $9::jsonb[],
                $10::timestamptz[])
            WITH ORDINALITY
            AS n (id, verdict, one_id, other_id, retracts, author, confidence, evidence, decided_at, place),
        LATERAL (
            SELECT max(d.decided_at) AS decided_at FROM decisions d
            WHERE d.workspace_id = $1 AND d.one_id = n.one_id AND d.other_id = n.other_id
        ) AS last
    RETURNING id
"""

_ON = f"""
    SELECT {_COLUMNS} FROM decisions
    WHERE workspace_id = $1 AND one_id = ANY ($2)
        AND ($3::timestamptz IS NULL OR decided_at <= $3) AND ($4::timestamptz IS NULL OR learnt_at <= $4)
    UNION ALL
    SELECT {_COLUMNS} FROM decisions
    WHERE workspace_id = $1 AND other_id = ANY ($2) AND NOT one_id = ANY ($2)
        AND ($3::timestamptz IS NULL OR decided_at <= $3) AND ($4::timestamptz IS NULL OR learnt_at <= $4)
"""
