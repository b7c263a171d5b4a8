"""Affiliations: who belonged to which organization, when, and how that is known."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from kith.domain import affiliations as rules
from kith.store import affiliation_tellings
from kith.store.db import Db, new_id
from kith.store.queries import Order, Statement, fetch_page

AUTHOR = "rule:address/1"
DERIVED = (AUTHOR, affiliation_tellings.AUTHOR)


class Affiliation(msgspec.Struct, frozen=True):
    """since, until: first and last day; None where unknown, or still so. seen_*: the days on which it is evidenced."""

    id: UUID
    identity_id: UUID
    organization_id: UUID
    organization: str
    since: date | None
    until: date | None
    seen_since: date | None
    seen_until: date | None
    evidence: rules.Evidence
    confidence: float
    title: str | None
    author: str
    learnt_at: datetime


class Overlap(Exception):
    """The same is already stated, by the same kind of evidence, for some of these days."""


async def list_affiliations(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], on: date | None = None
) -> list[Affiliation]:
    """Return the affiliations of these identities, the best evidence first. on: those of that day alone.

    What is evidenced by addresses alone holds on the days from the first to the last on which it was seen.
    """
    rows = await db.fetch(_LIST, workspace_id, list(identity_ids), on, list(rules.EVIDENCE))
    return [Affiliation(**row) for row in rows]


async def list_of_organization(
    db: Db, workspace_id: UUID, organization_id: UUID, on: date | None, after: tuple[float, UUID] | None, limit: int
) -> list[Affiliation]:
    """Return who is or was affiliated with it, the surest first. after: confidence and id of the row before."""
    statement = Statement(workspace_id)
    statement.where("a.organization_id = {}", organization_id)
    statement.where("a.period @> {0}::date AND coalesce(a.seen @> {0}::date, true)", on)
    rows = await fetch_page(db, f"{_SELECT} WHERE a.workspace_id = $1", statement, _SUREST, after, limit)
    return [Affiliation(**row) for row in rows]


async def add_affiliation(
    db: Db, workspace_id: UUID, *, identity_id: UUID, organization_id: UUID, since: date | None, until: date | None,
    evidence: rules.Evidence, confidence: float, title: str | None, author: str,
) -> UUID:  # fmt: skip
    """Raises Overlap."""
    id_ = new_id()
    try:
        await db.execute(
            """
            INSERT INTO affiliations
                (workspace_id, id, identity_id, organization_id, period, evidence, confidence, title, author)
            VALUES ($1, $2, $3, $4, daterange($5, $6, '[]'), $7, $8, $9, $10)
            """,
            workspace_id, id_, identity_id, organization_id, since, until, evidence, confidence, title, author,
        )  # fmt: skip
    except asyncpg.ExclusionViolationError as error:
        raise Overlap from error
    return id_


async def delete_affiliation(db: Db, workspace_id: UUID, affiliation_id: UUID) -> None:
    await db.execute("DELETE FROM affiliations WHERE workspace_id = $1 AND id = $2", workspace_id, affiliation_id)


async def derive(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], organization_id: UUID | None = None
) -> tuple[int, int]:
    """Bring up to date what addresses and sources say of these identities, or of all of an organization.

    Returns how many affiliations were missing, and how many were wrong.
    """
    wrong = await db.execute(_FORGET, workspace_id, list(identity_ids), organization_id, AUTHOR)
    missing = await db.fetch(
        _DERIVE, workspace_id, list(identity_ids), organization_id, AUTHOR, rules.ADDRESS_IN_ACT, rules.DOMAIN
    )
    more, less = await affiliation_tellings.derive(db, workspace_id, identity_ids, organization_id)
    return len(missing) + more, int(wrong.split()[-1]) + less


async def restore(db: Db, workspace_id: UUID) -> tuple[int, int]:
    """Bring up to date what is derived of everybody; return how many were missing, and how many were wrong."""
    rows = await db.fetch("SELECT id FROM organizations WHERE workspace_id = $1 ORDER BY id", workspace_id)
    found = [await derive(db, workspace_id, (), row["id"]) for row in rows]
    return sum(missing for missing, _ in found), sum(wrong for _, wrong in found)


_SUREST = Order("a.confidence", ("a.id",))

_SELECT = """
    SELECT a.id, a.identity_id, a.organization_id, o.name AS organization, lower(a.period) AS since,
        upper(a.period) - 1 AS until, lower(a.seen) AS seen_since, upper(a.seen) - 1 AS seen_until, a.evidence,
        a.confidence, a.title, a.author, a.learnt_at
    FROM affiliations a JOIN organizations o ON o.workspace_id = $1 AND o.id = a.organization_id
"""

_LIST = f"""
    {_SELECT}
    WHERE a.workspace_id = $1 AND a.identity_id = ANY ($2)
        AND ($3::date IS NULL OR a.period @> $3 AND coalesce(a.seen @> $3, true))
    ORDER BY array_position($4::text[], a.evidence), a.confidence DESC, upper(a.seen) DESC NULLS LAST,
        lower(a.period) DESC NULLS LAST, a.id
"""

# Writing from an address is evidence; when the bearer came to have it, and whether they still do, it does not say.
_EVIDENCED = """
    SELECT w.identity_id, w.organization_id, daterange(min(d.day), max(d.day), '[]') AS seen, count(d.day) > 0 AS used
    FROM (
        SELECT p.identity_id, o.organization_id
        FROM organization_domains o JOIN identity_profiles p ON p.workspace_id = $1 AND p.domain = o.domain
        WHERE o.workspace_id = $1 AND (p.identity_id = ANY ($2) OR o.organization_id = $3)
    ) AS w
    LEFT JOIN identity_days d ON d.workspace_id = $1 AND d.identity_id = w.identity_id AND d.acts > 0
    GROUP BY w.identity_id, w.organization_id
"""

_FORGET = f"""
    WITH evidenced AS ({_EVIDENCED})
    DELETE FROM affiliations a
    WHERE a.workspace_id = $1 AND (a.identity_id = ANY ($2) OR a.organization_id = $3) AND a.author = $4
        AND NOT EXISTS (
            SELECT FROM evidenced e WHERE e.identity_id = a.identity_id AND e.organization_id = a.organization_id
                AND (CASE WHEN e.used THEN e.seen END) IS NOT DISTINCT FROM a.seen
        )
"""

_DERIVE = f"""
    INSERT INTO affiliations
        (workspace_id, id, identity_id, organization_id, period, seen, evidence, confidence, author)
    SELECT $1::uuid, gen_random_uuid(), identity_id, organization_id, daterange(NULL, NULL),
        CASE WHEN used THEN seen END, CASE WHEN used THEN 'address_in_act' ELSE 'domain' END,
        CASE WHEN used THEN $5::real ELSE $6::real END, $4::text
    FROM ({_EVIDENCED}) AS evidenced
    ON CONFLICT DO NOTHING RETURNING id
"""
