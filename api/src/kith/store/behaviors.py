"""What two identities that may be one person did with one another, as it was found when they were last compared."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from kith.store.db import Db


class Observed(NamedTuple):
    """Acts of signing and of conversing between two identities, and whom both know where they took turns.

    at_once: whether they acted over and over in one long time.
    """

    one_id: UUID
    other_id: UUID
    signed: int
    conversed: int
    shared: int
    at_once: bool


class Noted(NamedTuple):
    """What was found of a pair when it was last compared."""

    one_id: UUID
    other_id: UUID
    signed: int
    conversed: int
    took_turns: int
    at_once: bool


async def observe(
    db: Db, workspace_id: UUID, pairs: Sequence[tuple[str, str]], signing: Sequence[str], conversing: Sequence[str],
    days: int, long: int,
) -> list[Observed]:  # fmt: skip
    """Return what each of these pairs did.

    days: on so many each must have acted before when they did so tells anything. long: days of a long time.
    """
    ones, others = zip(*pairs, strict=True)
    rows = await db.fetch(_OBSERVE, workspace_id, ones, others, signing, conversing, days, long)
    return [Observed(**row) for row in rows]


async def noted(db: Db, workspace_id: UUID, identity_ids: Collection[UUID] | None) -> list[Noted]:
    """Return what is noted of the pairs of these identities, or (None) of all."""
    ids = None if identity_ids is None else list(identity_ids)
    return [Noted(**row) for row in await db.fetch(_STORED, workspace_id, ids)]


async def note(db: Db, workspace_id: UUID, identity_ids: Collection[UUID] | None, found: Sequence[Noted]) -> None:
    """Note what was found around these identities, or (None) around all, in place of what was noted before."""
    ids = None if identity_ids is None else list(identity_ids)
    await db.execute(_NOTE, workspace_id, ids, *(map(list, zip(*found, strict=True)) if found else [[]] * 6))


_OBSERVE = """
    SELECT p.one_id, p.other_id, c.signed, c.conversed, coalesce(s.shared, 0) AS shared,
        coalesce(d.at_once, false) AS at_once
    FROM unnest($2::text[]::uuid[], $3::text[]::uuid[]) AS p (one_id, other_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(count) FILTER (WHERE kind = ANY ($4)), 0)::integer AS signed,
            coalesce(sum(count) FILTER (WHERE kind = ANY ($5)), 0)::integer AS conversed
        FROM (
            SELECT kind, count FROM contact_days
            WHERE workspace_id = $1 AND actor_id = p.one_id AND target_id = p.other_id
            UNION ALL
            SELECT kind, count FROM contact_days
            WHERE workspace_id = $1 AND actor_id = p.other_id AND target_id = p.one_id
        ) AS contact
    ) AS c
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE one) >= $6 AND count(*) FILTER (WHERE other) >= $6
            AND count(*) FILTER (WHERE one AND other) = 0 AS apart,
            min(until - since) >= $7 AND count(*) FILTER (WHERE one AND day BETWEEN since AND until) >= $6
            AND count(*) FILTER (WHERE other AND day BETWEEN since AND until) >= $6 AS at_once
        FROM (
            SELECT *, greatest(min(day) FILTER (WHERE one) OVER (), min(day) FILTER (WHERE other) OVER ()) AS since,
                least(max(day) FILTER (WHERE one) OVER (), max(day) FILTER (WHERE other) OVER ()) AS until
            FROM (
                SELECT day, bool_or(identity_id = p.one_id) AS one, bool_or(identity_id = p.other_id) AS other
                FROM identity_days
                WHERE workspace_id = $1 AND identity_id IN (p.one_id, p.other_id) AND acts > 0 GROUP BY day
            ) AS each_day
        ) AS days
    ) AS d
    LEFT JOIN LATERAL (
        SELECT count(*)::integer AS shared
        FROM (
            SELECT target_id FROM contact_days WHERE workspace_id = $1 AND actor_id = p.one_id
            INTERSECT SELECT target_id FROM contact_days WHERE workspace_id = $1 AND actor_id = p.other_id
        ) AS both_know
    ) AS s ON d.apart
"""

_STORED = """
    SELECT one_id, other_id, signed, conversed, took_turns, at_once FROM behaviors
    WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR one_id = ANY ($2) OR other_id = ANY ($2))
"""

_NOTE = """
    WITH found AS (
        SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::smallint[], $6::smallint[], $7::smallint[], $8::boolean[])
            AS f (one_id, other_id, signed, conversed, took_turns, at_once)
    ),
    gone AS (
        DELETE FROM behaviors b
        WHERE b.workspace_id = $1 AND ($2::uuid[] IS NULL OR b.one_id = ANY ($2) OR b.other_id = ANY ($2))
            AND NOT EXISTS (SELECT FROM found f WHERE f.one_id = b.one_id AND f.other_id = b.other_id)
    )
    INSERT INTO behaviors AS b (workspace_id, one_id, other_id, signed, conversed, took_turns, at_once)
    SELECT $1, one_id, other_id, signed, conversed, took_turns, at_once FROM found ORDER BY one_id, other_id
    ON CONFLICT (workspace_id, one_id, other_id) DO UPDATE
    SET signed = excluded.signed, conversed = excluded.conversed, took_turns = excluded.took_turns,
        at_once = excluded.at_once
    WHERE (b.signed, b.conversed, b.took_turns, b.at_once)
        IS DISTINCT FROM (excluded.signed, excluded.conversed, excluded.took_turns, excluded.at_once)
"""
