"""Sessions: a browser in which somebody has signed in. Only that browser knows the cookie; the store keeps its hash."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from kith.store.db import Db, new_id
from kith.store.sign_ins import digest, random_text

IDLE = timedelta(days=14)
"""A session that is not used for so long ends."""
LONGEST = timedelta(days=90)
"""Every session ends after so long."""
NOTED = timedelta(minutes=1)
"""How exactly the last use is kept: writing it with each page would cost a write a page."""

_LIVING = "ended_at IS NULL AND used_at > now() - $2::interval AND created_at > now() - $3::interval"
_COLUMNS = "id, sign_in_id, workspace_id, method, user_agent, address, created_at, used_at, proven_at"


class Session(msgspec.Struct, frozen=True):
    """workspace_id: the one chosen. method: how its human showed who they are, and proven_at when."""

    id: UUID
    sign_in_id: UUID
    workspace_id: UUID | None
    method: str
    user_agent: str | None
    address: str | None
    created_at: datetime
    used_at: datetime
    proven_at: datetime


async def create_session(
    db: Db, sign_in_id: UUID, method: str, *, user_agent: str | None, address: str | None, workspace_id: UUID | None
) -> str:
    """Begin a session and return the text of its cookie, which cannot be had again."""
    text = random_text()
    await db.execute(
        """
        INSERT INTO sessions (id, hash, sign_in_id, method, user_agent, address, workspace_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        new_id(), digest(text), sign_in_id, method, user_agent and user_agent[:500], address, workspace_id,
    )  # fmt: skip
    return text


async def find_session(db: Db, text: str) -> Session | None:
    """Return the living session of this cookie, and note that it is used."""
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM sessions WHERE hash = $1 AND {_LIVING}", digest(text), IDLE, LONGEST
    )
    if row is None:
        return None
    await db.execute(
        "UPDATE sessions SET used_at = now() WHERE id = $1 AND used_at < now() - $2::interval", row["id"], NOTED
    )
    return Session(**row)


async def list_sessions(db: Db, sign_in_id: UUID) -> list[Session]:
    """Return the living sessions, the latest first."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM sessions WHERE sign_in_id = $1 AND {_LIVING} ORDER BY created_at DESC, id",
        sign_in_id, IDLE, LONGEST,
    )  # fmt: skip
    return [Session(**row) for row in rows]


async def choose_workspace(db: Db, session_id: UUID, workspace_id: UUID | None) -> None:
    await db.execute("UPDATE sessions SET workspace_id = $2 WHERE id = $1", session_id, workspace_id)


async def end_session(db: Db, sign_in_id: UUID, session_id: UUID) -> bool:
    """End a session of this sign-in; False where there is no such living one."""
    status = await db.execute(
        "UPDATE sessions SET ended_at = now() WHERE sign_in_id = $1 AND id = $2 AND ended_at IS NULL",
        sign_in_id, session_id,
    )  # fmt: skip
    return status.endswith(" 1")


async def end_sessions(db: Db, sign_in_id: UUID, besides: UUID | None = None) -> None:
    """End all sessions of this sign-in but one."""
    await db.execute(
        "UPDATE sessions SET ended_at = now() WHERE sign_in_id = $1 AND id IS DISTINCT FROM $2 AND ended_at IS NULL",
        sign_in_id, besides,
    )  # fmt: skip
