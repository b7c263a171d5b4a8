"""Which identities members say are their own: who ``we`` are. The group ``team`` follows."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from kith.store.db import Db, new_id
from kith.store.groups import TEAM

Proof: TypeAlias = Literal["address", "word"]

_COLUMNS = "i.id, i.network, i.host, i.name, i.handle, i.address"


class Own(msgspec.Struct, frozen=True):
    """proof: that the identity's address is the verified one of the sign-in, or the member's word alone."""

    id: UUID
    network: str
    host: str
    name: str | None
    handle: str | None
    address: str | None
    member_id: UUID | None = None
    proof: Proof | None = None
    confirmed_at: datetime | None = None


async def confirm(db: Db, workspace_id: UUID, member_id: UUID, identity_id: UUID) -> bool:
    """Note that an identity is a member's own, and of the team; False where it is another member's.

    An address that the member's sign-in has verified is proof; else it is their word. A second time changes nothing.
    """
    owner = await db.fetchval(
        """
        WITH own AS (
            INSERT INTO member_identities AS known (workspace_id, identity_id, member_id, proof)
            SELECT $1, i.id, $3, CASE WHEN i.address = s.address AND s.verified_at IS NOT NULL
                THEN 'address' ELSE 'word' END
            FROM identities i
            JOIN members m ON m.workspace_id = $1 AND m.id = $3
            JOIN sign_ins s ON s.id = m.sign_in_id
            WHERE i.workspace_id = $1 AND i.id = $2
            ON CONFLICT (workspace_id, identity_id) DO NOTHING
            RETURNING member_id
        )
        SELECT coalesce((SELECT member_id FROM own), (
            SELECT member_id FROM member_identities WHERE workspace_id = $1 AND identity_id = $2))
        """,
        workspace_id, identity_id, member_id,
    )  # fmt: skip
    if owner != member_id:
        return False
    await db.execute(_INTO_TEAM, workspace_id, identity_id, new_id(), TEAM)
    return True


async def exists(db: Db, workspace_id: UUID, identity_id: UUID) -> bool:
    """Whether there is such an identity at all."""
    there: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM identities WHERE workspace_id = $1 AND id = $2)", workspace_id, identity_id
    )
    return there


async def deny(db: Db, workspace_id: UUID, member_id: UUID, identity_id: UUID) -> bool:
    """Take a confirmation back, and the identity out of the team; False where there was none."""
    status = await db.execute(
        "DELETE FROM member_identities WHERE workspace_id = $1 AND member_id = $2 AND identity_id = $3",
        workspace_id, member_id, identity_id,
    )  # fmt: skip
    if not status.endswith(" 1"):
        return False
    await db.execute(_OUT_OF_TEAM, workspace_id, [identity_id], TEAM)
    return True


async def deny_all(db: Db, workspace_id: UUID, member_id: UUID) -> None:
    """Take all confirmations of a member back, as when they leave."""
    rows = await db.fetch(
        "DELETE FROM member_identities WHERE workspace_id = $1 AND member_id = $2 RETURNING identity_id",
        workspace_id, member_id,
    )  # fmt: skip
    await db.execute(_OUT_OF_TEAM, workspace_id, [row["identity_id"] for row in rows], TEAM)


async def get_own(db: Db, workspace_id: UUID, member_id: UUID, identity_id: UUID) -> Own | None:
    """Return an identity that a member has confirmed."""
    row = await db.fetchrow(f"{_OWN} AND o.identity_id = $3", workspace_id, member_id, identity_id)
    return Own(**row) if row else None


async def list_own(db: Db, workspace_id: UUID, member_id: UUID, after: UUID | None, limit: int) -> list[Own]:
    """Return the identities that a member has confirmed, by id. after: of the row before."""
    rows = await db.fetch(
        f"{_OWN} AND ($3::uuid IS NULL OR o.identity_id > $3) ORDER BY o.identity_id LIMIT $4",
        workspace_id, member_id, after, limit,
    )  # fmt: skip
    return [Own(**row) for row in rows]


async def list_likely(db: Db, workspace_id: UUID, member_id: UUID, limit: int) -> list[Own]:
    """Return identities that may be a member's: with their verified address, or of a person who has one of theirs."""
    rows = await db.fetch(
        f"""
        WITH likely AS (
            SELECT i.id FROM members m
            JOIN sign_ins s ON s.id = m.sign_in_id AND s.verified_at IS NOT NULL
            JOIN identities i ON i.workspace_id = $1 AND i.address = s.address
            WHERE m.workspace_id = $1 AND m.id = $2
            UNION
            SELECT other.identity_id FROM member_identities o
            JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = o.identity_id
            JOIN person_identities other ON other.workspace_id = $1 AND other.person_id = p.person_id
            WHERE o.workspace_id = $1 AND o.member_id = $2
        )
        SELECT {_COLUMNS} FROM likely JOIN identities i ON i.workspace_id = $1 AND i.id = likely.id
        WHERE NOT EXISTS (SELECT FROM member_identities o WHERE o.workspace_id = $1 AND o.identity_id = i.id)
        ORDER BY i.network, i.host, i.id LIMIT $3
        """,
        workspace_id, member_id, limit,
    )  # fmt: skip
    return [Own(**row) for row in rows]


_OWN = f"""
    SELECT {_COLUMNS}, o.member_id, o.proof, o.confirmed_at FROM member_identities o
    JOIN identities i ON i.workspace_id = $1 AND i.id = o.identity_id
    WHERE o.workspace_id = $1 AND o.member_id = $2
"""

# The group is made where it is missing. What somebody put into it by hand stays.
_INTO_TEAM = """
    WITH made AS (
        INSERT INTO groups (workspace_id, id, name, description) VALUES ($1, $3, $4, 'Us: members and their accounts.')
        ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id
    ), team AS (SELECT id FROM made UNION ALL SELECT id FROM groups WHERE workspace_id = $1 AND name = $4),
    put AS (
        INSERT INTO group_people (workspace_id, group_id, identity_id) SELECT $1, id, $2 FROM team
        ON CONFLICT DO NOTHING RETURNING group_id
    )
    UPDATE groups SET revision = revision + 1, updated_at = now()
    WHERE workspace_id = $1 AND id IN (SELECT group_id FROM put)
"""

_OUT_OF_TEAM = """
    WITH taken AS (
        DELETE FROM group_people m USING groups g
        WHERE m.workspace_id = $1 AND g.workspace_id = $1 AND g.name = $3 AND m.group_id = g.id
            AND m.identity_id = ANY ($2)
        RETURNING m.group_id
    )
    UPDATE groups SET revision = revision + 1, updated_at = now()
    WHERE workspace_id = $1 AND id IN (SELECT group_id FROM taken)
"""
