"""Sign-ins: a human's way in, before a workspace is chosen."""

import secrets
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import asyncpg
import msgspec

from kith.store.db import Db, new_id
from kith.store.errors import NameTaken

_COLUMNS = """
    s.id, s.name, s.address, s.verified_at, s.password, s.totp_sealed IS NOT NULL AS has_totp, s.created_at
"""


class SignIn(msgspec.Struct, frozen=True):
    """password: its argon2id hash. address: of mail, in lower case; verified_at: when it was shown to be theirs."""

    id: UUID
    name: str
    address: str | None
    verified_at: datetime | None
    password: str | None
    has_totp: bool
    created_at: datetime


class Totp(msgspec.Struct, frozen=True):
    """The sealed secret of the codes that an app shows."""

    sign_in_id: UUID
    key_id: str
    wrapped: bytes
    sealed: bytes


def digest(text: str) -> bytes:
    """Return what the store keeps of a random text; at 256 bits no slow hash is needed."""
    return sha256(text.encode()).digest()


def random_text() -> str:
    """Return 256 random bits, fit for an address or a cookie."""
    return secrets.token_urlsafe(32)


async def create_sign_in(db: Db, name: str, address: str | None, *, verified: bool = False) -> SignIn:
    """Raises NameTaken where another has this address: one that is verified leaves those who only said so without."""
    if verified and address:
        await _free(db, address)
    try:
        row = await db.fetchrow(
            f"""
            INSERT INTO sign_ins AS s (id, name, address, verified_at)
            VALUES ($1, $2, lower($3), CASE WHEN $4 THEN now() END) RETURNING {_COLUMNS}
            """,
            new_id(), name, address, verified,
        )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise NameTaken("Another sign-in has this address.") from error
    assert row  # noqa: S101  # RETURNING gives what was inserted
    return SignIn(**row)


async def get_sign_in(db: Db, sign_in_id: UUID) -> SignIn | None:
    row = await db.fetchrow(f"SELECT {_COLUMNS} FROM sign_ins s WHERE s.id = $1", sign_in_id)
    return SignIn(**row) if row else None


async def find_sign_in(db: Db, address: str) -> SignIn | None:
    """Return the sign-in with this address of mail, in whatever case it is given."""
    row = await db.fetchrow(f"SELECT {_COLUMNS} FROM sign_ins s WHERE s.address = lower($1)", address)
    return SignIn(**row) if row else None


async def rename(db: Db, sign_in_id: UUID, name: str) -> None:
    await db.execute("UPDATE sign_ins SET name = $2, updated_at = now() WHERE id = $1", sign_in_id, name)


async def set_password(db: Db, sign_in_id: UUID, password: str | None) -> None:
    """password: its argon2id hash."""
    await db.execute("UPDATE sign_ins SET password = $2, updated_at = now() WHERE id = $1", sign_in_id, password)


async def set_address(db: Db, sign_in_id: UUID, address: str, *, verified: bool) -> None:
    """Raises NameTaken where another has this address: one that is verified leaves those who only said so without."""
    if verified:
        await _free(db, address)
    status = await db.execute(
        """
        UPDATE sign_ins SET address = lower($2), verified_at = CASE WHEN $3 THEN now() END, updated_at = now()
        WHERE id = $1 AND NOT EXISTS (SELECT FROM sign_ins other WHERE other.address = lower($2) AND other.id <> $1)
        """,
        sign_in_id, address, verified,
    )  # fmt: skip
    if not status.endswith(" 1"):
        raise NameTaken("Another sign-in has this address.")


async def _free(db: Db, address: str) -> None:
    """Take an address from whoever has not shown that it is theirs."""
    await db.execute(
        "UPDATE sign_ins SET address = NULL, updated_at = now() WHERE address = lower($1) AND verified_at IS NULL",
        address,
    )


async def delete_sign_in(db: Db, sign_in_id: UUID) -> None:
    """Forget a sign-in that is a member of nothing any more, with its sessions and all by which it showed itself."""
    await db.execute("DELETE FROM sign_ins WHERE id = $1", sign_in_id)


def place(sign_in_id: UUID) -> str:
    """Return where the secret of a second factor belongs: sealed for it, it opens nowhere else."""
    return f"totp {sign_in_id}"


async def set_totp(db: Db, sign_in_id: UUID, totp: Totp | None) -> None:
    await db.execute(
        """
        UPDATE sign_ins SET totp_key_id = $2, totp_wrapped = $3, totp_sealed = $4, totp_step = NULL, updated_at = now()
        WHERE id = $1
        """,
        sign_in_id, totp and totp.key_id, totp and totp.wrapped, totp and totp.sealed,
    )  # fmt: skip


async def get_totp(db: Db, sign_in_id: UUID) -> Totp | None:
    row = await db.fetchrow(f"{_TOTP} AND id = $1", sign_in_id)
    return Totp(**row) if row else None


async def take_step(db: Db, sign_in_id: UUID, step: int) -> bool:
    """Take a code, named by the half minute that it is of; False where it, or a later one, was taken before."""
    status = await db.execute(
        "UPDATE sign_ins SET totp_step = $2 WHERE id = $1 AND coalesce(totp_step, -1) < $2", sign_in_id, step
    )
    return status.endswith(" 1")


async def totps_wrapped_otherwise(db: Db, key_id: str, limit: int) -> list[Totp]:
    """Return sealed secrets that another key than this one wraps; until the transaction ends, nobody changes them."""
    rows = await db.fetch(f"{_TOTP} AND totp_key_id <> $1 ORDER BY id LIMIT $2 FOR UPDATE", key_id, limit)
    return [Totp(**row) for row in rows]


async def rewrap_totp(db: Db, totp: Totp) -> None:
    """Store the same secret under another key; which codes were taken stays known."""
    await db.execute(
        "UPDATE sign_ins SET totp_key_id = $2, totp_wrapped = $3, totp_sealed = $4 WHERE id = $1",
        totp.sign_in_id, totp.key_id, totp.wrapped, totp.sealed,
    )  # fmt: skip


_TOTP = """
    SELECT id AS sign_in_id, totp_key_id AS key_id, totp_wrapped AS wrapped, totp_sealed AS sealed FROM sign_ins
    WHERE totp_sealed IS NOT NULL
"""
