"""Consents: for which purpose data of a person may be used, on which ground, since when, and who recorded it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from kith.store.db import Db, new_id
from kith.store.queries import Statement, structs

Basis = Literal["consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"]
"""The grounds of the General Data Protection Regulation, article 6."""


class Consent(msgspec.Struct, frozen=True):
    """person_ids: whom it is of, as they stand now; several where a person was parted since."""

    id: UUID
    person_ids: list[UUID]
    purpose: str
    basis: Basis
    evidence: str
    author: str
    given_at: datetime
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    revision: int


async def add(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], purpose: str, basis: Basis, evidence: str, author: str,
    given_at: datetime | None,
) -> UUID:  # fmt: skip
    """Record what a person with these identities consented to. given_at: None for now."""
    id_ = new_id()
    await db.execute(
        """
        INSERT INTO consents (workspace_id, id, purpose, basis, evidence, author, given_at)
        VALUES ($1, $2, $3, $4, $5, $6, coalesce($7::timestamptz, now()))
        """,
        workspace_id, id_, purpose, basis, evidence, author, given_at,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO consent_identities SELECT $1, identity_id, $2 FROM unnest($3::uuid[]) AS i (identity_id)",
        workspace_id, id_, list(identity_ids),
    )  # fmt: skip
    return id_


async def withdraw(db: Db, workspace_id: UUID, consent_id: UUID, author: str) -> None:
    """Note that a consent was withdrawn; one that was, stays as it is."""
    await db.execute(
        """
        UPDATE consents SET withdrawn_at = now(), withdrawn_by = $3, revision = revision + 1
        WHERE workspace_id = $1 AND id = $2 AND withdrawn_at IS NULL
        """,
        workspace_id, consent_id, author,
    )  # fmt: skip


async def get_consent(db: Db, workspace_id: UUID, consent_id: UUID, *, lock: bool = False) -> Consent | None:
    row = await db.fetchrow(f"{_SELECT} AND c.id = $2{' FOR UPDATE' if lock else ''}", workspace_id, consent_id)
    return Consent(**row) if row else None


async def list_consents(
    db: Db, workspace_id: UUID, identity_ids: Sequence[UUID] | None, standing: bool | None, after: UUID | None,
    limit: int,
) -> list[Consent]:  # fmt: skip
    """Return consents, the newest first. identity_ids: of these alone. standing: whether they were not withdrawn."""
    statement = Statement(workspace_id)
    statement.where(
        """c.id IN (SELECT consent_id FROM consent_identities
                    WHERE workspace_id = $1 AND identity_id = ANY ({}::uuid[]))""",
        identity_ids,
    )
    statement.where("(c.withdrawn_at IS NULL) = {}", standing)
    statement.where("c.id < {}", after)
    rows = await db.fetch(f"{_SELECT}{statement.and_()} ORDER BY c.id DESC LIMIT {limit:d}", *statement.values)
    return structs(Consent, rows)


_SELECT = """
    SELECT c.id, ARRAY(
            SELECT DISTINCT coalesce(p.person_id, i.identity_id) FROM consent_identities i
            LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = i.identity_id
            WHERE i.workspace_id = $1 AND i.consent_id = c.id ORDER BY 1
        ) AS person_ids, c.purpose, c.basis, c.evidence, c.author, c.given_at, c.created_at, c.withdrawn_at,
        c.withdrawn_by, c.revision
    FROM consents c WHERE c.workspace_id = $1
"""
