"""Invitations: who is asked to become a member. A link's text names the workspace; the store keeps its hash."""

from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from kith.domain.members import Role
from kith.store.db import Db, new_id
from kith.store.errors import NameTaken
from kith.store.tokens import digest, mint, workspace_of

PREFIX = "kinv_"
LIFETIME = timedelta(days=7)
Status: TypeAlias = Literal["open", "expired", "accepted", "revoked"]

_SELECT = """
    SELECT id, address, role, author, mailed, revision, created_at, sent_at, expires_at,
        CASE WHEN accepted_at IS NOT NULL THEN 'accepted' WHEN revoked_at IS NOT NULL THEN 'revoked'
            WHEN expires_at <= now() THEN 'expired' ELSE 'open' END AS status
    FROM invitations
"""


class Invitation(msgspec.Struct, frozen=True):
    """mailed: whether the link went by mail, so that who has it reads the mail of that address."""

    id: UUID
    address: str
    role: Role
    author: str
    mailed: bool
    revision: int
    created_at: datetime
    sent_at: datetime
    expires_at: datetime
    status: Status


async def create_invitation(
    db: Db, workspace_id: UUID, address: str, role: Role, author: str, *, mailed: bool
) -> tuple[Invitation, str]:
    """Store an invitation; return it and the text of its link, which cannot be had again.

    Raises NameTaken where the address is invited already, or is a member's.
    """
    if await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM members m JOIN sign_ins s ON s.id = m.sign_in_id
            WHERE m.workspace_id = $1 AND s.address = lower($2))
        """,
        workspace_id, address,
    ):  # fmt: skip
        raise NameTaken(f"{address} is a member already.")
    id_, text = new_id(), mint(workspace_id, PREFIX)
    try:
        await db.execute(
            """
            INSERT INTO invitations (workspace_id, id, hash, address, role, author, mailed, expires_at)
            VALUES ($1, $2, $3, lower($4), $5, $6, $7, now() + $8)
            """,
            workspace_id, id_, digest(text), address, role, author, mailed, LIFETIME,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise NameTaken(f"{address} is invited already; the invitation can be sent again.") from error
    return await _got(db, workspace_id, id_), text


async def resend(db: Db, workspace_id: UUID, invitation_id: UUID, *, mailed: bool) -> tuple[Invitation, str]:
    """Give an invitation a new link and a new term; the old link ends."""
    text = mint(workspace_id, PREFIX)
    await db.execute(
        """
        UPDATE invitations SET hash = $3, mailed = $4, sent_at = now(), expires_at = now() + $5, revision = revision + 1
        WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, invitation_id, digest(text), mailed, LIFETIME,
    )  # fmt: skip
    return await _got(db, workspace_id, invitation_id), text


async def revoke(db: Db, workspace_id: UUID, invitation_id: UUID) -> Invitation:
    await db.execute(
        "UPDATE invitations SET revoked_at = now(), revision = revision + 1 WHERE workspace_id = $1 AND id = $2",
        workspace_id, invitation_id,
    )  # fmt: skip
    return await _got(db, workspace_id, invitation_id)


async def accept(db: Db, workspace_id: UUID, text: str) -> Invitation | None:
    """Use an open invitation up; None where there is none with this link. Of several at once, one gets it."""
    id_: UUID | None = await db.fetchval(
        """
        UPDATE invitations SET accepted_at = now(), revision = revision + 1
        WHERE workspace_id = $1 AND hash = $2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
        RETURNING id
        """,
        workspace_id, digest(text),
    )  # fmt: skip
    return await _got(db, workspace_id, id_) if id_ else None


async def find_open(db: Db, workspace_id: UUID, text: str) -> Invitation | None:
    """Return the open invitation with this link."""
    row = await db.fetchrow(f"{_SELECT} WHERE workspace_id = $1 AND hash = $2", workspace_id, digest(text))
    found = Invitation(**row) if row else None
    return found if found and found.status == "open" else None


async def get_invitation(db: Db, workspace_id: UUID, invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
    row = await db.fetchrow(
        f"{_SELECT} WHERE workspace_id = $1 AND id = $2 {'FOR UPDATE' if lock else ''}", workspace_id, invitation_id
    )
    return Invitation(**row) if row else None


async def list_invitations(
    db: Db, workspace_id: UUID, after: UUID | None, limit: int, *, status: Status | None = None
) -> list[Invitation]:
    """Return invitations, the newest first. after: id of the row before."""
    rows = await db.fetch(
        f"""
        SELECT * FROM ({_SELECT} WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id < $2)) AS found
        WHERE $4::text IS NULL OR status = $4 ORDER BY id DESC LIMIT $3
        """,
        workspace_id, after, limit, status,
    )  # fmt: skip
    return [Invitation(**row) for row in rows]


def home_of(text: str) -> UUID | None:
    """Return the workspace that the text of a link names; None where it is not well-formed."""
    return workspace_of(text, PREFIX)


async def _got(db: Db, workspace_id: UUID, invitation_id: UUID) -> Invitation:
    found = await get_invitation(db, workspace_id, invitation_id)
    assert found  # noqa: S101  # written by this transaction
    return found
