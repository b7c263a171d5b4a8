"""Links and codes by which somebody who is no member shows that an address or a handle is theirs."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from kith.store.db import Db
from kith.store.sign_ins import digest, random_text

LIFETIME = timedelta(hours=1)
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read for something else


class RightsLink(msgspec.Struct, frozen=True):
    """Either an address or a handle is set. identity_ids: those that posted the code."""

    address: str | None
    network: str | None
    handle: str | None
    code: str | None
    identity_ids: list[UUID]
    proven_at: datetime | None
    created_at: datetime


async def for_address(db: Db, address: str) -> str:
    """Store a link that goes to an address; return its text, which cannot be had again."""
    text = random_text()
    await db.execute(
        "INSERT INTO rights_links (hash, address, expires_at) VALUES ($1, $2, now() + $3::interval)",
        digest(text), address, LIFETIME,
    )  # fmt: skip
    return text


async def for_handle(db: Db, network: str, handle: str, browser: str) -> str:
    """Store a code for a handle, which this browser alone may use; return the text of its page."""
    text, code = random_text(), "kith-" + "".join(secrets.choice(_ALPHABET) for _ in range(16))
    await db.execute(
        """
        INSERT INTO rights_links (hash, network, handle, code, browser, expires_at)
        VALUES ($1, $2, $3, $4, $5, now() + $6::interval)
        """,
        digest(text), network, handle, code, digest(browser), LIFETIME,
    )  # fmt: skip
    return text


async def find(db: Db, text: str, browser: str | None) -> RightsLink | None:
    """Return a link that this browser may use: one that no browser has used yet, or it alone."""
    row = await db.fetchrow(
        f"{_SELECT} WHERE hash = $1 AND expires_at > now() AND (browser IS NULL OR browser = $2)",
        digest(text), None if browser is None else digest(browser),
    )  # fmt: skip
    return RightsLink(**row) if row else None


async def open_address(db: Db, text: str, browser: str) -> bool:
    """Note that whoever reads the mail of the address has opened the link; of several browsers the first keeps it."""
    done = await db.execute(
        """
        UPDATE rights_links SET browser = $2, proven_at = coalesce(proven_at, now())
        WHERE hash = $1 AND address IS NOT NULL AND expires_at > now() AND (browser IS NULL OR browser = $2)
        """,
        digest(text), digest(browser),
    )  # fmt: skip
    return done.endswith(" 1")


async def note_posted(db: Db, text: str, identity_ids: list[UUID]) -> None:
    """Note that these identities have posted the code of a handle."""
    await db.execute(
        "UPDATE rights_links SET identity_ids = $2, proven_at = now() WHERE hash = $1 AND handle IS NOT NULL",
        digest(text), identity_ids,
    )  # fmt: skip


async def prune(db: Db, limit: int) -> int:
    """Forget links that have ended; return how many."""
    done = await db.execute(
        """
        DELETE FROM rights_links WHERE hash IN (
            SELECT hash FROM rights_links WHERE expires_at <= now() LIMIT $1)
        """,
        limit,
    )
    return int(done.rpartition(" ")[2])


_SELECT = "SELECT address, network, handle, code, identity_ids, proven_at, created_at FROM rights_links"
