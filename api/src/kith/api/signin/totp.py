"""Codes of an app (RFC 6238): a secret that both know, and the time. Each code is taken once."""

import hmac
import time
from uuid import UUID

import pyotp

from kith.runtime.settings import Settings
from kith.runtime.vault import Sealed, open_vault
from kith.store import sign_ins
from kith.store.db import Db

SECONDS = 30
_SLACK = (0, -1, 1)  # half minutes by which clocks may differ


def new_secret() -> str:
    """Return a secret as apps take it: 160 bits in base 32."""
    return pyotp.random_base32(32)


def address(secret: str, name: str) -> str:
    """Return what an app reads from the picture."""
    found: str = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="kith")
    return found


def step_of(secret: str, code: str, now: float | None = None) -> int | None:
    """Return the half minute that a code is of; None where it is none of now."""
    given = "".join(code.split())
    if len(given) != 6 or not given.isascii() or not given.isdigit():
        return None
    present = int((time.time() if now is None else now) // SECONDS)
    codes = pyotp.TOTP(secret)
    found = [present + slack for slack in _SLACK if hmac.compare_digest(codes.generate_otp(present + slack), given)]
    return found[0] if found else None


async def enroll(db: Db, settings: Settings, sign_in_id: UUID, secret: str, code: str) -> bool:
    """Keep a secret, sealed, where the code shows that the app has it."""
    step = step_of(secret, code)
    if step is None:
        return False
    sealed = open_vault(settings).seal(secret, sign_ins.place(sign_in_id))
    kept = sign_ins.Totp(sign_in_id, sealed.key_id, sealed.wrapped, sealed.text)
    await sign_ins.set_totp(db, sign_in_id, kept)
    return await sign_ins.take_step(db, sign_in_id, step)


async def use(db: Db, settings: Settings, sign_in_id: UUID, code: str) -> bool:
    """Use a code up; False where it is none of now, or was taken before. Raises Unreadable."""
    kept = await sign_ins.get_totp(db, sign_in_id)
    if kept is None:
        return False
    secret = open_vault(settings).open(Sealed(kept.key_id, kept.wrapped, kept.sealed), sign_ins.place(sign_in_id))
    step = step_of(secret, code)
    return step is not None and await sign_ins.take_step(db, sign_in_id, step)
