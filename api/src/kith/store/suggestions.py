"""Suggestions: pairs of identities for a human to judge."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kith.domain.ids import encode, fact_id
from kith.store import events
from kith.store.db import Db
from kith.store.queries import Order, Statement, fetch_page

# A postponed suggestion is open again when its time has come.
_STATUS = "CASE WHEN status = 'postponed' AND postponed_until <= now() THEN 'open' ELSE status END"
_COLUMNS = f"""
    id, one_id, other_id, {_STATUS} AS status, probability, log_odds, contributions, model, postponed_until,
    decision_id, created_at, updated_at
"""


class Contribution(msgspec.Struct, frozen=True):
    """What one feature adds to the log-odds, in nats."""

    feature: str
    value: float
    log_odds: float


class Suggestion(msgspec.Struct, frozen=True):
    id: UUID
    one_id: UUID
    other_id: UUID
    status: str
    probability: float
    log_odds: float
    contributions: list[Contribution]
    model: str
    postponed_until: datetime | None
    decision_id: UUID | None
    created_at: datetime
    updated_at: datetime


class Found(msgspec.Struct, frozen=True):
    """A pair that resolution suggests. contributions: they add up to ``log_odds``."""

    pair: tuple[UUID, UUID]
    probability: float
    log_odds: float
    contributions: Sequence[Contribution]


class Stored(NamedTuple):
    """A suggestion as it is stored, whatever became of it."""

    id: UUID
    one_id: UUID
    other_id: UUID
    decision_id: UUID | None


class Closed(NamedTuple):
    """What the ledger made of a suggestion: accepted or rejected by a decision, or joined by others."""

    id: UUID
    status: str
    decision_id: UUID | None


class Double(NamedTuple):
    """A person who is suggested to be one with another."""

    person_id: UUID
    suggestion_id: UUID
    probability: float


class SuggestionFilter(msgspec.Struct, frozen=True, kw_only=True):
    statuses: tuple[str, ...] = ()
    identity_ids: tuple[UUID, ...] | None = None
    at_least: float | None = None
    below: float | None = None


def suggestion_id(pair: tuple[UUID, UUID]) -> UUID:
    """Return the id of a pair's suggestion; the ids of identities are keyed already."""
    return fact_id(b"", "suggestion", map(str, sorted(pair)))


async def list_suggestions(
    db: Db, workspace_id: UUID, wanted: SuggestionFilter, after: tuple[float, UUID] | None, limit: int
) -> list[Suggestion]:
    """Return suggestions, the likeliest first; of the postponed those too whose time has come, as open ones.

    None names somebody who objects to being scored.
    """
    statement = Statement(workspace_id)
    statement.conditions.append(_SCORED)
    statement.where(f"{_STATUS} = ANY ({{}})", wanted.statuses)
    if wanted.identity_ids is not None:
        ids = statement.value(wanted.identity_ids)
        statement.conditions.append(f"(one_id = ANY ({ids}) OR other_id = ANY ({ids}))")
    statement.where("probability >= {}", wanted.at_least)
    statement.where("probability < {}", wanted.below)
    sql = f"SELECT {_COLUMNS} FROM suggestions WHERE workspace_id = $1"
    rows = await fetch_page(db, sql, statement, Order("probability", ("id",)), after, limit)
    return [_suggestion(row) for row in rows]


async def get_suggestions(
    db: Db, workspace_id: UUID, suggestion_ids: Collection[UUID], *, lock: bool = False
) -> dict[UUID, Suggestion]:
    rows = await db.fetch(
        f"""
        SELECT {_COLUMNS} FROM suggestions WHERE workspace_id = $1 AND id = ANY ($2) AND {_SCORED}
        ORDER BY id {"FOR UPDATE" if lock else ""}
        """,
        workspace_id,
        list(suggestion_ids),
    )
    return {row["id"]: _suggestion(row) for row in rows}


async def doubles(db: Db, workspace_id: UUID, identity_ids: Collection[UUID], limit: int) -> list[Double]:
    """Return who may be one person with the bearer of these identities, the likeliest suggestion of each first."""
    rows = await db.fetch(_DOUBLES, workspace_id, list(identity_ids), limit)
    return [Double(row["person_id"], row["id"], row["probability"]) for row in rows]


async def close(
    db: Db, workspace_id: UUID, suggestion_id: UUID, status: str, *,
    decision_id: UUID | None = None, until: datetime | None = None,
) -> None:  # fmt: skip
    """Note what became of a suggestion. until: for postponed ones."""
    await db.execute(
        """
        UPDATE suggestions SET status = $3, decision_id = $4, postponed_until = $5, updated_at = now()
        WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, suggestion_id, status, decision_id, until,
    )  # fmt: skip


async def bring_up_to_date(
    db: Db, workspace_id: UUID, found: Sequence[Found], closed: Sequence[Closed], gone: Collection[UUID], model: str
) -> None:
    """Store what was found, what the ledger made of others, and forget those that are gone."""
    rows = [
        (
            suggestion_id(item.pair),
            *sorted(item.pair),
            item.probability,
            item.log_odds,
            msgspec.json.encode(item.contributions).decode(),
        )
        for item in found
    ]
    if closed:
        await db.execute(_CLOSE, workspace_id, *map(list, zip(*closed, strict=True)))
    if gone:
        await db.execute("DELETE FROM suggestions WHERE workspace_id = $1 AND id = ANY ($2)", workspace_id, list(gone))
    if rows:
        opened = await db.fetch(_SAVE, workspace_id, *map(list, zip(*rows, strict=True)), model)
        await events.add(db, workspace_id, [("suggestion.opened", _tell(row)) for row in opened if row["opened"]])


async def around(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Stored]:
    """Return the suggestions that name one of these identities."""
    return [Stored(*row) for row in await db.fetch(_AROUND, workspace_id, list(identity_ids))]


def _tell(row: Any) -> dict[str, Any]:
    return {
        "suggestion_id": encode("suggestion", row["id"]),
        "identity_ids": [encode("identity", row["one_id"]), encode("identity", row["other_id"])],
        "probability": row["probability"],
    }


def _suggestion(row: Any) -> Suggestion:
    values = dict(row)
    values["contributions"] = msgspec.convert(values["contributions"], list[Contribution])
    return Suggestion(**values)


# Of suggestions: neither of the two objects to being scored.
_SCORED = """
    NOT EXISTS (
        SELECT FROM person_identities i JOIN people e ON e.workspace_id = $1 AND e.id = i.person_id AND e.objects
        WHERE i.workspace_id = $1 AND i.identity_id IN (suggestions.one_id, suggestions.other_id))
"""

_AROUND = """
    SELECT id, one_id, other_id, decision_id FROM suggestions
    WHERE workspace_id = $1 AND (one_id = ANY ($2) OR other_id = ANY ($2))
"""

_CLOSE = """
    UPDATE suggestions s SET status = n.status, decision_id = n.decision_id, postponed_until = NULL, updated_at = now()
    FROM unnest($2::uuid[], $3::text[], $4::uuid[]) AS n (id, status, decision_id)
    WHERE s.workspace_id = $1 AND s.id = n.id AND (s.status, s.decision_id) IS DISTINCT FROM (n.status, n.decision_id)
"""

# A pair that was decided on is found again only when its decision was taken back, or on strong new evidence.
_SAVE = """
    WITH before AS MATERIALIZED (SELECT id, status FROM suggestions WHERE workspace_id = $1 AND id = ANY ($2)),
    saved AS (
    INSERT INTO suggestions AS s
        (workspace_id, id, one_id, other_id, status, probability, log_odds, contributions, model)
    SELECT $1, n.id, n.one_id, n.other_id, 'open', n.probability, n.log_odds, n.contributions::jsonb, $8
    FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::float8[], $6::float8[], $7::text[])
        AS n (id, one_id, other_id, probability, log_odds, contributions)
    ORDER BY n.id
    ON CONFLICT (workspace_id, id) DO UPDATE SET
        status = CASE WHEN s.status = 'postponed' THEN s.status ELSE 'open' END,
        decision_id = NULL, probability = excluded.probability, log_odds = excluded.log_odds,
        contributions = excluded.contributions, model = excluded.model, updated_at = excluded.updated_at
    WHERE s.status NOT IN ('open', 'postponed')
        OR (s.log_odds, s.contributions, s.model)
            IS DISTINCT FROM (excluded.log_odds, excluded.contributions, excluded.model)
    RETURNING s.id, s.one_id, s.other_id, s.probability, s.status
    )
    SELECT s.id, s.one_id, s.other_id, s.probability,
        s.status = 'open' AND coalesce(b.status, '') NOT IN ('open', 'postponed') AND NOT EXISTS (
            SELECT FROM identity_kinds k
            WHERE k.workspace_id = $1 AND k.identity_id IN (s.one_id, s.other_id) AND k.objects) AS opened
    FROM saved s LEFT JOIN before b USING (id) ORDER BY s.id
"""

_DOUBLES = f"""
    SELECT * FROM (
        SELECT DISTINCT ON (p.person_id) p.person_id, s.id, s.probability
        FROM (
            SELECT id, probability, other_id AS them FROM suggestions
            WHERE workspace_id = $1 AND one_id = ANY ($2) AND status IN ('open', 'postponed') AND {_SCORED}
            UNION ALL
            SELECT id, probability, one_id FROM suggestions
            WHERE workspace_id = $1 AND other_id = ANY ($2) AND status IN ('open', 'postponed') AND {_SCORED}
        ) AS s JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = s.them
        WHERE NOT s.them = ANY ($2)
        ORDER BY p.person_id, s.probability DESC, s.id
    ) AS best ORDER BY probability DESC, id LIMIT $3
"""
