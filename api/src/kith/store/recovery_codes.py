"""Recovery codes: what lets in whoever has lost their second factor. Each works once; the store keeps their hash."""

import secrets
from base64 import b32encode
from uuid import UUID

from kith.store.db import Db
from kith.store.sign_ins import digest

NUMBER = 10
_BYTES = 10


async def replace_codes(db: Db, sign_in_id: UUID) -> list[str]:
    """Make new codes in place of all before, and return them; they cannot be had again."""
    codes = [_mint() for _ in range(NUMBER)]
    await db.execute("DELETE FROM recovery_codes WHERE sign_in_id = $1", sign_in_id)
    await db.execute(
        "INSERT INTO recovery_codes (sign_in_id, hash) SELECT $1, unnest($2::bytea[])",
        sign_in_id, [digest(_plain(code)) for code in codes],
    )  # fmt: skip
    return codes


async def remove_codes(db: Db, sign_in_id: UUID) -> None:
    await db.execute("DELETE FROM recovery_codes WHERE sign_in_id = $1", sign_in_id)


async def count_codes(db: Db, sign_in_id: UUID) -> int:
    """Return how many are left."""
    left: int = await db.fetchval(
        "SELECT count(*) FROM recovery_codes WHERE sign_in_id = $1 AND used_at IS NULL", sign_in_id
    )
    return left


async def use_code(db: Db, sign_in_id: UUID, code: str) -> bool:
    """Use a code up, in whatever case and with whatever between; False where it is none, or was used."""
    status = await db.execute(
        "UPDATE recovery_codes SET used_at = now() WHERE sign_in_id = $1 AND hash = $2 AND used_at IS NULL",
        sign_in_id, digest(_plain(code)),
    )  # fmt: skip
    return status.endswith(" 1")


def _mint() -> str:
    text = b32encode(secrets.token_bytes(_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _plain(code: str) -> str:
    return "".join(character for character in code.lower() if character.isalnum())
