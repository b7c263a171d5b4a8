"""What two identities that may be one person did with one another: evidence that neither shows alone.

It is kept for each pair that is likely enough by all else, so that an act that changes it is noticed.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from kith.domain.matching import Behaviour
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
# Pairs looked at in one statement.
CHUNK = 10_000

Pair = tuple[str, str]  # ids in order, as the matching domain has them


async def observe(db: Db, workspace_id: UUID, pairs: Collection[Pair]) -> dict[Pair, Behaviour]:
    """Return what each of these pairs did."""
    found = {}
    wanted = sorted(pairs)
    for start in range(0, len(wanted), CHUNK):
        ones, others = zip(*wanted[start : start + CHUNK], strict=True)
        for row in await db.fetch(_OBSERVE, workspace_id, ones, others, SIGNING, CONVERSING, DAYS):
            found[str(row["one_id"]), str(row["other_id"])] = Behaviour(
                row["signed"].bit_length(), row["conversed"].bit_length(), max(0, row["shared"].bit_length() - 1)
            )
    return found


async def note(
    db: Db, workspace_id: UUID, identity_ids: Collection[str] | None, found: Mapping[Pair, Behaviour]
) -> None:
    """Keep what was found around these identities, or (None) around all."""
    ids = None if identity_ids is None else list(map(UUID, identity_ids))
    rows = [(UUID(one), UUID(other), did.signed, did.conversed, did.took_turns) for (one, other), did in found.items()]
    await db.execute(_NOTE, workspace_id, ids, *(map(list, zip(*rows, strict=True)) if rows else [[]] * 5))


async def find_changed(db: Db, workspace_id: UUID, identity_ids: Collection[UUID] | None) -> set[UUID]:
    """Return those who did other things with one of these identities, or with anyone, than when last compared."""
    ids = None if identity_ids is None else list(identity_ids)
    stored = {
        (str(row["one_id"]), str(row["other_id"])): Behaviour(row["signed"], row["conversed"], row["took_turns"])
        for row in await db.fetch(_STORED, workspace_id, ids)
    }
    now = await observe(db, workspace_id, stored)
    return {UUID(id_) for pair, did in now.items() if stored[pair] != did for id_ in pair}


_OBSERVE = """
    SELECT p.one_id, p.other_id, c.signed, c.conversed, coalesce(s.shared, 0) AS shared
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
            AND count(*) FILTER (WHERE one AND other) = 0 AS apart
        FROM (
            SELECT bool_or(identity_id = p.one_id) AS one, bool_or(identity_id = p.other_id) AS other
            FROM activity_days
            WHERE workspace_id = $1 AND identity_id IN (p.one_id, p.other_id) AND acts > 0 GROUP BY day
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
    SELECT one_id, other_id, signed, conversed, took_turns FROM behaviours
    WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR one_id = ANY ($2) OR other_id = ANY ($2))
"""

_NOTE = """
    WITH found AS (
        SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::smallint[], $6::smallint[], $7::smallint[])
            AS f (one_id, other_id, signed, conversed, took_turns)
    ),
    gone AS (
        DELETE FROM behaviours b
        WHERE b.workspace_id = $1 AND ($2::uuid[] IS NULL OR b.one_id = ANY ($2) OR b.other_id = ANY ($2))
            AND NOT EXISTS (SELECT FROM found f WHERE f.one_id = b.one_id AND f.other_id = b.other_id)
    )
    INSERT INTO behaviours AS b (workspace_id, one_id, other_id, signed, conversed, took_turns)
    SELECT $1, one_id, other_id, signed, conversed, took_turns FROM found ORDER BY one_id, other_id
    ON CONFLICT (workspace_id, one_id, other_id) DO UPDATE
    SET signed = excluded.signed, conversed = excluded.conversed, took_turns = excluded.took_turns
    WHERE (b.signed, b.conversed, b.took_turns)
        IS DISTINCT FROM (excluded.signed, excluded.conversed, excluded.took_turns)
"""
