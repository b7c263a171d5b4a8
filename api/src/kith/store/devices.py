"""What an app leaves here before it is known in which workspace: device codes, pushed requests, used proofs."""

from typing import Any
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.tokens import DEVICE, PUSHED, digest, mint

DEVICE_SECONDS = 900
PUSHED_SECONDS = 90
WAIT_SECONDS = 5  # between two polls
SLOWER_SECONDS = 5  # that much longer, each time that a device polls too soon
_SOME = 200  # rows that are swept at a time


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """wait: seconds between two polls. hasty: whether it polled less long ago. granted: None while nobody has decided.
    home_id: the workspace in which somebody has.
    """

    hash: bytes
    user_code: str
    app_id: UUID
    scopes: list[str]
    resources: list[str]
    thumbprint: str | None
    wait: int
    hasty: bool
    living: bool
    granted: bool | None
    home_id: UUID | None
    grant_id: UUID | None
    spent: bool


COLUMNS = """
    d.hash, d.user_code, d.app_id, d.scopes, d.resources, d.thumbprint, d.wait,
    coalesce(d.polled_at > now() - make_interval(secs => d.wait), false) AS hasty, d.expires_at > now() AS living,
    d.granted, d.home_id, d.grant_id, d.spent_at IS NOT NULL AS spent
"""


def new_device(app_id: UUID) -> str:
    """Return the text of a code for a device, which is not stored yet."""
    return mint(app_id, DEVICE)


async def add_device(
    db: Db, app_id: UUID, text: str, user_code: str, scopes: list[str], resources: list[str], thumbprint: str | None
) -> bool:
    """Store a device that waits; False where another waits with this user code."""
    await _sweep(db, "device_codes")
    found = await db.fetchval(
        """
        INSERT INTO device_codes (hash, user_code, app_id, scopes, resources, thumbprint, wait, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))
        ON CONFLICT (user_code) DO NOTHING RETURNING true
        """,
        digest(text), user_code, app_id, scopes, resources, thumbprint, WAIT_SECONDS, DEVICE_SECONDS,
    )  # fmt: skip
    return bool(found)


async def find_waiting(db: Db, user_code: str) -> Device | None:
    """Return the device that waits with this user code, held until the transaction ends."""
    row = await db.fetchrow(
        f"""
        SELECT {COLUMNS} FROM device_codes d
        WHERE user_code = $1 AND granted IS NULL AND expires_at > now() FOR UPDATE
        """,
        user_code,
    )
    return Device(**row) if row else None


async def decide(db: Db, hash_: bytes, home_id: UUID | None, grant_id: UUID | None) -> None:
    """Let a device in, or, without a grant, do not."""
    await db.execute(
        "UPDATE device_codes SET granted = $3::uuid IS NOT NULL, home_id = $2, grant_id = $3 WHERE hash = $1",
        hash_, home_id, grant_id,
    )  # fmt: skip


async def note_poll(db: Db, hash_: bytes) -> None:
    """Note that a device asked; one that did so too soon has to wait longer from now on."""
    await db.execute(
        """
        UPDATE device_codes SET polled_at = now(),
            wait = wait + CASE WHEN polled_at > now() - make_interval(secs => wait) THEN $2 ELSE 0 END
        WHERE hash = $1
        """,
        hash_,
        SLOWER_SECONDS,
    )  # fmt: skip


def new_request(app_id: UUID) -> str:
    """Return the text that stands for an authorization request, which is not stored yet."""
    return mint(app_id, PUSHED)


async def push(db: Db, app_id: UUID, text: str, parameters: dict[str, Any]) -> None:
    """Keep an authorization request."""
    await _sweep(db, "pushed_requests")
    await db.execute(
        """
        INSERT INTO pushed_requests (hash, app_id, parameters, expires_at)
        VALUES ($1, $2, $3, now() + make_interval(secs => $4))
        """,
        digest(text), app_id, parameters, PUSHED_SECONDS,
    )  # fmt: skip


async def find_pushed(db: Db, app_id: UUID, text: str) -> dict[str, Any] | None:
    """Return what an app has pushed. It may be asked for again until it ends: humans reload pages."""
    found: dict[str, Any] | None = await db.fetchval(
        "SELECT parameters FROM pushed_requests WHERE hash = $1 AND app_id = $2 AND expires_at > now()",
        digest(text), app_id,
    )  # fmt: skip
    return found


async def forget_pushed(db: Db, text: str) -> None:
    await db.execute("DELETE FROM pushed_requests WHERE hash = $1", digest(text))


async def was_used(db: Db, thumbprint: str, id_: str) -> bool:
    """Whether a proof of possession was used before."""
    found: bool = await db.fetchval("SELECT EXISTS (SELECT FROM proofs WHERE hash = $1)", _name(thumbprint, id_))
    return found


async def use_proof(db: Db, thumbprint: str, id_: str, seconds: float) -> bool:
    """Note a proof of possession; False where it was used before. seconds: how long it would be believed."""
    await _sweep(db, "proofs")
    found = await db.fetchval(
        """
        INSERT INTO proofs (hash, expires_at) VALUES ($1, now() + make_interval(secs => $2))
        ON CONFLICT (hash) DO NOTHING RETURNING true
        """,
        _name(thumbprint, id_),
        seconds,
    )  # fmt: skip
    return bool(found)


def _name(thumbprint: str, id_: str) -> bytes:
    return digest(f"{thumbprint} {id_}")


async def _sweep(db: Db, table: str) -> None:
    """Forget some of what ended."""
    await db.execute(
        f"""
        DELETE FROM {table} WHERE hash IN (
            SELECT hash FROM {table} WHERE expires_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED)
        """,
        _SOME,
    )
