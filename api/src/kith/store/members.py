"""Members: the humans who may sign in to a workspace, each with a role there."""

from datetime import datetime
from uuid import UUID

import msgspec

from kith.domain.members import Role
from kith.store import events, grants, locks, member_identities
from kith.store.db import Db, new_id
from kith.store.locks import Lock

_SELECT = """
    SELECT m.workspace_id, m.id, m.sign_in_id, m.role, m.revision, m.created_at, m.updated_at, s.name, s.address
    FROM members m JOIN sign_ins s ON s.id = m.sign_in_id
"""


class Member(msgspec.Struct, frozen=True):
    """name and address: of the sign-in."""

    workspace_id: UUID
    id: UUID
    sign_in_id: UUID
    role: Role
    revision: int
    created_at: datetime
    updated_at: datetime
    name: str
    address: str | None


class LastOwner(Exception):
    """A workspace keeps one owner at least."""


async def create_member(db: Db, workspace_id: UUID, sign_in_id: UUID, role: Role) -> Member:
    """Make a sign-in a member; one that is a member already stays as it is."""
    made = await db.execute(
        """
        INSERT INTO members (workspace_id, id, sign_in_id, role) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace_id, sign_in_id) DO NOTHING
        """,
        workspace_id, new_id(), sign_in_id, role,
    )  # fmt: skip
    found = await find_member(db, workspace_id, sign_in_id)
    assert found  # noqa: S101  # it is there now
    if made == "INSERT 0 1":
        await events.tell_of_member(db, workspace_id, "member.joined", found.id, role)
    return found


async def find_member(db: Db, workspace_id: UUID, sign_in_id: UUID) -> Member | None:
    """Return what a sign-in is in this workspace."""
    row = await db.fetchrow(f"{_SELECT} WHERE m.workspace_id = $1 AND m.sign_in_id = $2", workspace_id, sign_in_id)
    return Member(**row) if row else None


async def get_member(db: Db, workspace_id: UUID, member_id: UUID, *, lock: bool = False) -> Member | None:
    """Return a member. lock: until this transaction ends, nobody else changes or removes members of the workspace."""
    if lock:
        await locks.hold(db, workspace_id, Lock.MEMBERS)
    row = await db.fetchrow(f"{_SELECT} WHERE m.workspace_id = $1 AND m.id = $2", workspace_id, member_id)
    return Member(**row) if row else None


async def list_members(db: Db, workspace_id: UUID, after: UUID | None, limit: int) -> list[Member]:
    """Return members in the order in which they came."""
    rows = await db.fetch(
        f"{_SELECT} WHERE m.workspace_id = $1 AND ($2::uuid IS NULL OR m.id > $2) ORDER BY m.id LIMIT $3",
        workspace_id, after, limit,
    )  # fmt: skip
    return [Member(**row) for row in rows]


async def first_owner(db: Db, workspace_id: UUID) -> Member | None:
    row = await db.fetchrow(
        f"{_SELECT} WHERE m.workspace_id = $1 AND m.role = 'owner' ORDER BY m.id LIMIT 1", workspace_id
    )
    return Member(**row) if row else None


async def list_workspaces(db: Db, sign_in_id: UUID) -> list[UUID]:
    """Return the workspaces that a sign-in may enter. db: bound to any workspace, or to none."""
    rows = await db.fetch("SELECT workspace_id FROM memberships WHERE sign_in_id = $1 ORDER BY 1", sign_in_id)
    return [row["workspace_id"] for row in rows]


async def change_role(db: Db, workspace_id: UUID, member_id: UUID, role: Role) -> None:
    """Change a role; tokens that act for the member may do no more than it allows, at once. Raises LastOwner."""
    if role != "owner":
        await _keep_an_owner(db, workspace_id, member_id)
    before = await db.fetchval(
        """
        UPDATE members m SET role = $3, revision = m.revision + 1, updated_at = now()
        FROM members old
        WHERE m.workspace_id = $1 AND m.id = $2 AND old.workspace_id = $1 AND old.id = $2
        RETURNING old.role
        """,
        workspace_id, member_id, role,
    )  # fmt: skip
    if before not in (None, role):
        await events.tell_of_member(db, workspace_id, "member.changed", member_id, role)
    await grants.tell(db, workspace_id)


async def remove_member(db: Db, workspace_id: UUID, member_id: UUID) -> None:
    """End a membership, with all that acts for the member: tokens, what they granted apps, which identities are theirs.

    What they did stays: sources, apps and decisions belong to the workspace. Raises LastOwner.
    """
    await _keep_an_owner(db, workspace_id, member_id)
    await db.execute(
        "UPDATE tokens SET revoked_at = now() WHERE workspace_id = $1 AND member_id = $2 AND revoked_at IS NULL",
        workspace_id, member_id,
    )  # fmt: skip
    await grants.revoke(db, workspace_id, member_id=member_id)
    await member_identities.deny_all(db, workspace_id, member_id)
    role = await db.fetchval(
        "DELETE FROM members WHERE workspace_id = $1 AND id = $2 RETURNING role", workspace_id, member_id
    )
    if role:
        await events.tell_of_member(db, workspace_id, "member.left", member_id, role)


async def _keep_an_owner(db: Db, workspace_id: UUID, member_id: UUID) -> None:
    """Raises LastOwner where this member is the only one; of two who leave at once, the later is asked to stay."""
    await locks.hold(db, workspace_id, Lock.MEMBERS)
    owners = await db.fetch("SELECT id FROM members WHERE workspace_id = $1 AND role = 'owner'", workspace_id)
    if [row["id"] for row in owners] == [member_id]:
        raise LastOwner
