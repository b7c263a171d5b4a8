"""Ids: a fact's id is a keyed hash of its natural key, so the same fact read twice, anywhere, has the same id.

The key belongs to the workspace: ids of one workspace say nothing about another, and an id does not betray the address
behind it. In URLs and JSON an id is a prefix and 26 characters of Crockford's base 32.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from ulid_transform import bytes_to_ulid, ulid_to_bytes

NOWHERE = UUID(int=0)
"""The channel of what happened in none, in sums by day."""

PREFIXES = {
    "person": "per",
    "identity": "idn",
    "channel": "chn",
    "conversation": "cnv",
    "interaction": "int",
    "source": "src",
    "run": "run",
    "job": "job",
    "decision": "dec",
    "suggestion": "sug",
    "organization": "org",
    "affiliation": "aff",
    "community": "com",
    "topic": "top",
    "group": "grp",
    "note": "nte",
    "attribute": "att",
    "token": "tok",
    "app": "app",
    "app secret": "sec",
    "grant": "gnt",
    "member": "mem",
    "invitation": "inv",
    "sign-in": "sgn",
    "session": "ses",
    "workspace": "wsp",
    "event": "evt",
    "webhook": "whk",
    "delivery": "dlv",
    "erasure": "ers",
    "upload": "upl",
    "objection": "obj",
    "data-report": "drp",
    "consent": "cns",
    "import": "imp",
    "rights-request": "rrq",
    "watch": "wch",
    "mention": "mtn",
    "export": "exp",
}

#: 26 digits of 5 bits hold 128 bits and 2 zeros before them.
DIGITS = "[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}"
_DIGITS = re.compile(DIGITS)


def fact_id(id_key: bytes, noun: str, parts: Iterable[str]) -> UUID:
    """Return the id (UUIDv8) of the fact of this noun with this natural key, in the workspace that owns ``id_key``."""
    return UUID(bytes=fact_bytes(id_key, noun, parts))


def fact_bytes(id_key: bytes, noun: str, parts: Iterable[str]) -> bytes:
    """Return the 16 bytes of ``fact_id``: ingest makes millions of them, and a UUID costs as much as the hash."""
    keyed = _keyed(id_key, noun).copy()
    keyed.update("\x1f".join(parts).encode())
    digest = bytearray(keyed.digest())
    digest[6] = 0x80 | digest[6] & 0x0F
    digest[8] = 0x80 | digest[8] & 0x3F
    return bytes(digest)


def dated_id(id_key: bytes, noun: str, key: str, moment: datetime) -> UUID:
    """Return an id (UUIDv7) that sorts by its moment, to the microsecond, and is the same for the same key."""
    milliseconds, rest = divmod(int(moment.timestamp() * 1_000_000), 1_000)
    digest = bytearray(fact_bytes(id_key, noun, (key,)))
    digest[:8] = (max(milliseconds, 0) << 16 | 0x7000 | rest).to_bytes(8, "big")
    return UUID(bytes=bytes(digest))


@lru_cache(1000)
def _keyed(id_key: bytes, noun: str) -> blake2b:
    """The hash as far as it is the same for all facts of this noun; to be copied."""
    return blake2b(f"{noun}\x1f".encode(), key=id_key, digest_size=16)


def encode(noun: str, value: UUID) -> str:
    """Return the public form, such as ``per_01jd2w...``."""
    return f"{PREFIXES[noun]}_{bytes_to_ulid(value.bytes).lower()}"


def encode_optional(noun: str, value: UUID | None) -> str | None:
    """Return the public form; None of None."""
    return None if value is None else encode(noun, value)


def decode(noun: str, text: str) -> UUID | None:
    """Return the id behind a public form; None when it is not one of this noun."""
    prefix, _, digits = text.partition("_")
    if prefix != PREFIXES[noun] or not _DIGITS.fullmatch(digits):
        return None
    return UUID(bytes=ulid_to_bytes(digits))
