"""Grants: what members granted apps, and what apps may do by themselves."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from kith.domain.ids import encode, encode_optional
from kith.store import events
from kith.store.db import Db, new_id
from kith.store.tokens import REVOKED


class Grant(msgspec.Struct, frozen=True):
    """member_id: who granted it; None: what an app may do by itself."""

    id: UUID
    app_id: UUID
    app: str
    logo_hash: str | None
    member_id: UUID | None
    scopes: list[str]
    created_at: datetime
    updated_at: datetime


async def add(db: Db, workspace_id: UUID, app_id: UUID, member_id: UUID | None, scopes: Collection[str]) -> UUID:
    """Add to what a member granted an app; return the grant. Two at once become one."""
    found: UUID = await db.fetchval(
        """
        INSERT INTO grants AS g (workspace_id, id, app_id, member_id, scopes) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace_id, app_id, member_id) WHERE revoked_at IS NULL DO UPDATE
            SET scopes = ARRAY(SELECT DISTINCT unnest(g.scopes || excluded.scopes) ORDER BY 1),
                updated_at = excluded.updated_at
        RETURNING id
        """,
        workspace_id, new_id(), app_id, member_id, sorted(scopes),
    )  # fmt: skip
    return found


async def granted(db: Db, workspace_id: UUID, app_id: UUID, member_id: UUID) -> list[str]:
    """Return the scopes that a member has granted an app so far."""
    found: list[str] | None = await db.fetchval(
        """
        SELECT scopes FROM grants
        WHERE workspace_id = $1 AND app_id = $2 AND member_id = $3 AND revoked_at IS NULL
        """,
        workspace_id, app_id, member_id,
    )  # fmt: skip
    return found or []


async def list_grants(
    db: Db,
    workspace_id: UUID,
    after: UUID | None,
    limit: int,
    *,
    app_id: UUID | None = None,
    member_id: UUID | None = None,
) -> list[Grant]:
    """Return living grants of living apps, the newest first. after: id of the row before."""
    rows = await db.fetch(
        """
        SELECT g.id, g.app_id, a.name AS app, a.logo_hash, g.member_id, g.scopes, g.created_at, g.updated_at
        FROM grants g JOIN apps a ON a.id = g.app_id AND a.deleted_at IS NULL
        WHERE g.workspace_id = $1 AND g.revoked_at IS NULL AND ($2::uuid IS NULL OR g.id < $2)
            AND ($4::uuid IS NULL OR g.app_id = $4) AND ($5::uuid IS NULL OR g.member_id = $5)
        ORDER BY g.id DESC LIMIT $3
        """,
        workspace_id, after, limit, app_id, member_id,
    )  # fmt: skip
    return [Grant(**row) for row in rows]


async def get_grant(db: Db, workspace_id: UUID, grant_id: UUID) -> Grant | None:
    """Return a living grant."""
    row = await db.fetchrow(
        """
        SELECT g.id, g.app_id, a.name AS app, a.logo_hash, g.member_id, g.scopes, g.created_at, g.updated_at
        FROM grants g JOIN apps a ON a.id = g.app_id
        WHERE g.workspace_id = $1 AND g.id = $2 AND g.revoked_at IS NULL
        """,
        workspace_id, grant_id,
    )  # fmt: skip
    return Grant(**row) if row else None


async def revoke(
    db: Db,
    workspace_id: UUID,
    *,
    grant_id: UUID | None = None,
    app_id: UUID | None = None,
    member_id: UUID | None = None,
) -> int:
    """Revoke a grant, or all of an app or of a member: their tokens end, and events tell. Return how many."""
    rows = await db.fetch(
        """
        UPDATE grants SET revoked_at = now()
        WHERE workspace_id = $1 AND revoked_at IS NULL AND coalesce($2::uuid, $3::uuid, $4::uuid) IS NOT NULL
            AND ($2::uuid IS NULL OR id = $2) AND ($3::uuid IS NULL OR app_id = $3)
            AND ($4::uuid IS NULL OR member_id = $4)
        RETURNING id, app_id, member_id
        """,
        workspace_id, grant_id, app_id, member_id,
    )  # fmt: skip
    told = [
        (
            "grant.revoked",
            {
                "grant_id": encode("grant", row["id"]),
                "app_id": encode("app", row["app_id"]),
                "member_id": encode_optional("member", row["member_id"]),
            },
        )
        for row in rows
    ]
    await events.add(db, workspace_id, told)  # type: ignore[arg-type]  # the literal is one of the types
    await tell(db, workspace_id)
    return len(rows)


async def tell(db: Db, workspace_id: UUID | None) -> None:
    """Tell every process, once this commits, to forget what it remembers of a workspace's tokens, or of all tokens."""
    await db.execute("SELECT pg_notify($1, $2)", REVOKED, workspace_id.hex if workspace_id else "")
