"""What sources tell of affiliations, and the affiliations that follow from it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from kith.domain.affiliations import TOLD
from kith.store.db import Db

AUTHOR = "rule:told/1"


class Told(NamedTuple):
    """What a source tells of one identity. since, until, seen: None where unknown; until also where it is still so."""

    identity_id: UUID
    organization: str
    domain: str | None
    evidence: str
    since: date | None
    until: date | None
    title: str | None
    seen: date | None


async def tell(db: Db, workspace_id: UUID, source_id: UUID, told: Sequence[Told]) -> None:
    """Keep what is told, whatever the order of reading; organizations that nobody has named yet are added."""
    if not told:
        return
    found = await _organizations(db, workspace_id, told)
    columns = list(zip(*told, strict=True))
    ids = [found[_name(each)] for each in told]
    await db.execute(_TELL, workspace_id, source_id, columns[0], ids, *columns[1:2], *columns[3:])


async def take_back(db: Db, workspace_id: UUID, source_id: UUID) -> list[UUID]:
    """Forget what this source told; return the identities of which it did."""
    rows = await db.fetch(
        """
        WITH gone AS (
            DELETE FROM affiliation_tellings WHERE workspace_id = $1 AND source_id = $2 RETURNING identity_id
        )
        SELECT DISTINCT identity_id FROM gone
        """,
        workspace_id, source_id,
    )  # fmt: skip
    return [row["identity_id"] for row in rows]


async def derive(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], organization_id: UUID | None = None
) -> tuple[int, int]:
    """Bring up to date what sources tell of these identities, or of all in an organization.

    Returns how many affiliations were missing, and how many were wrong.
    """
    wrong = await db.execute(_FORGET, workspace_id, list(identity_ids), organization_id, AUTHOR)
    sure, evidence = list(TOLD.values()), list(TOLD)
    missing = await db.fetch(_DERIVE, workspace_id, list(identity_ids), organization_id, AUTHOR, evidence, sure)
    return len(missing), int(wrong.split()[-1])


async def _organizations(db: Db, workspace_id: UUID, told: Sequence[Told]) -> dict[tuple[str, str | None], UUID]:
    """Return the organization of each name and domain; add those that are not there."""
    wanted = sorted({_name(each) for each in told}, key=lambda each: (each[0], each[1] or ""))
    names, domains = [name for name, _ in wanted], [domain for _, domain in wanted]
    if missing := [row["name"] for row in await db.fetch(_FIND, workspace_id, names, domains) if row["id"] is None]:
        await db.execute(_ADD, workspace_id, list({name.lower(): name for name in reversed(missing)}.values()))
        await db.execute(_OWN, workspace_id, names, domains)
    found = await db.fetch(_FIND, workspace_id, names, domains)
    return {(row["name"], row["domain"]): row["id"] for row in found}


def _name(told: Told) -> tuple[str, str | None]:
    return told.organization, told.domain


# By its domain; by a name that a source used for it; by its own name.
_FIND = """
    SELECT n.name, n.domain, coalesce(
        (SELECT organization_id FROM organization_domains WHERE workspace_id = $1 AND domain = n.domain),
        (SELECT organization_id FROM affiliation_tellings
         WHERE workspace_id = $1 AND lower(organization) = lower(n.name) ORDER BY learnt_at, organization_id LIMIT 1),
        (SELECT id FROM organizations WHERE workspace_id = $1 AND lower(name) = lower(n.name) ORDER BY id LIMIT 1)
    ) AS id
    FROM unnest($2::text[], $3::text[]) AS n (name, domain)
"""

_ADD = """
    INSERT INTO organizations (workspace_id, id, name)
    SELECT $1::uuid, gen_random_uuid(), name FROM unnest($2::text[]) AS name ORDER BY name ON CONFLICT DO NOTHING
"""

# A domain belongs to the organization that it was told of first.
_OWN = """
    INSERT INTO organization_domains (workspace_id, domain, organization_id)
    SELECT DISTINCT ON (n.domain) $1::uuid, n.domain, o.id
    FROM unnest($2::text[], $3::text[]) AS n (name, domain)
    JOIN organizations o ON o.workspace_id = $1 AND lower(o.name) = lower(n.name)
    WHERE n.domain IS NOT NULL ORDER BY n.domain, o.id
    ON CONFLICT DO NOTHING
"""

_TELL = """
    INSERT INTO affiliation_tellings AS t (
        workspace_id, source_id, identity_id, organization_id, organization, evidence, since, until, title, seen
    )
    SELECT DISTINCT ON (identity_id, organization_id, evidence, since) $1::uuid, $2::uuid, identity_id, organization_id,
        organization, evidence, coalesce(since, '-infinity'), until, title,
        CASE WHEN seen IS NOT NULL THEN daterange(min(seen) OVER each, max(seen) OVER each, '[]') END
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::date[], $8::date[], $9::text[], $10::date[])
        AS n (identity_id, organization_id, organization, evidence, since, until, title, seen)
    WINDOW each AS (PARTITION BY identity_id, organization_id, evidence, since)
    ORDER BY identity_id, organization_id, evidence, since, seen DESC NULLS LAST, until DESC NULLS LAST, title
    ON CONFLICT (workspace_id, identity_id, organization_id, evidence, since, source_id) DO UPDATE SET
        seen = CASE WHEN t.seen IS NULL OR excluded.seen IS NULL THEN coalesce(t.seen, excluded.seen)
            ELSE range_merge(t.seen, excluded.seen) END,
        (organization, until, title) = (
            SELECT newest.organization, newest.until, newest.title FROM (
                VALUES (t.organization, t.until, t.title, upper(t.seen)),
                    (excluded.organization, excluded.until, excluded.title, upper(excluded.seen))
            ) AS newest (organization, until, title, seen)
            ORDER BY seen DESC NULLS LAST, until DESC NULLS LAST, title, organization LIMIT 1
        )
"""

# Of one kind of evidence: periods that meet are one, and an unknown start gives way to a known one in the same span.
_TOLD = """
    SELECT s.identity_id, s.organization_id, s.evidence, unnest(range_agg(s.period)) AS period
    FROM (
        SELECT t.identity_id, t.organization_id, t.evidence, t.since,
            daterange(nullif(t.since, '-infinity'), t.until, '[]') AS period
        FROM affiliation_tellings t
        WHERE t.workspace_id = $1 AND (t.identity_id = ANY ($2) OR t.organization_id = $3)
            AND (t.until IS NULL OR t.until >= t.since)
    ) AS s
    WHERE s.since > '-infinity' OR NOT EXISTS (
        SELECT FROM affiliation_tellings k
        WHERE k.workspace_id = $1 AND k.identity_id = s.identity_id AND k.organization_id = s.organization_id
            AND k.evidence = s.evidence AND k.since > '-infinity' AND (k.until IS NULL OR k.until >= k.since)
            AND daterange(k.since, k.until, '[]') && s.period
    )
    GROUP BY s.identity_id, s.organization_id, s.evidence
"""
_WANTED = f"""
    SELECT p.*, said.title, CASE WHEN said.dated THEN said.seen END AS seen FROM ({_TOLD}) AS p, LATERAL (
        SELECT (
                array_agg(t.title ORDER BY upper(t.seen) DESC NULLS LAST, t.title) FILTER (WHERE t.title IS NOT NULL)
            )[1] AS title,
            daterange(min(lower(t.seen)), max(upper(t.seen))) AS seen, count(t.seen) > 0 AS dated
        FROM affiliation_tellings t
        WHERE t.workspace_id = $1 AND t.identity_id = p.identity_id AND t.organization_id = p.organization_id
            AND t.evidence = p.evidence AND daterange(nullif(t.since, '-infinity'), t.until, '[]') && p.period
    ) AS said
"""

_FORGET = f"""
    WITH wanted AS ({_WANTED})
    DELETE FROM affiliations a
    WHERE a.workspace_id = $1 AND (a.identity_id = ANY ($2) OR a.organization_id = $3) AND a.author = $4
        AND NOT EXISTS (
            SELECT FROM wanted w WHERE w.identity_id = a.identity_id AND w.organization_id = a.organization_id
                AND w.evidence = a.evidence AND w.period = a.period AND w.title IS NOT DISTINCT FROM a.title
                AND w.seen IS NOT DISTINCT FROM a.seen
        )
"""

# What a human stated of the same days stands, and is not doubled.
_DERIVE = f"""
    WITH wanted AS ({_WANTED})
    INSERT INTO affiliations
        (workspace_id, id, identity_id, organization_id, period, seen, evidence, confidence, title, author)
    SELECT $1::uuid, gen_random_uuid(), w.identity_id, w.organization_id, w.period, w.seen, w.evidence, s.sure, w.title,
        $4::text
    FROM wanted w JOIN unnest($5::text[], $6::real[]) AS s (evidence, sure) ON s.evidence = w.evidence
    ON CONFLICT DO NOTHING RETURNING id
"""
