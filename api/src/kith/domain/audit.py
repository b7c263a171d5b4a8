"""The audit: entries that are chained by hashes. Whoever changes, removes or reorders one breaks the chain."""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

import msgspec

Actor = Literal["token", "app", "member", "operator", "person"]

BEGINNING = bytes(32)
"""What the first entry of a workspace follows."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One change. number: its place, 0 while it has none. object: public id of what was changed. network: from where.
    changes: JSON, as it is hashed.
    """

    number: int = 0
    occurred_at: datetime
    actor: Actor
    member_id: UUID | None = None
    app_id: UUID | None = None
    token_id: UUID | None = None
    network: str | None = None
    operation: str
    object: str | None = None
    changes: str = "{}"
    request_id: str | None = None


class Chained(Entry, frozen=True, kw_only=True):
    """An entry in its chain."""

    previous: bytes
    hash: bytes


class Chain(msgspec.Struct, frozen=True):
    """Both ends: number and hash of the last entry, number of the first that is kept, and what that one follows."""

    number: int
    hash: bytes
    first_number: int
    first_previous: bytes


class Break(msgspec.Struct, frozen=True):
    """Where a chain does not hold, and why."""

    number: int
    reason: str


def around(workspace_id: UUID, entry: Entry) -> tuple[str, str]:
    """Return an entry as the JSON that is hashed: what stands before its number, and what behind it."""
    rest = [getattr(entry, name) for name in Entry.__struct_fields__ if name != "number"]
    rest[0] = entry.occurred_at.astimezone(UTC)
    return f'["{workspace_id}",', f",{msgspec.json.encode(rest).decode()[1:]}"


def digest(workspace_id: UUID, previous: bytes, entry: Entry) -> bytes:
    """Return the hash of an entry that follows ``previous``: SHA-256 over both, the entry as JSON."""
    before, behind = around(workspace_id, entry)
    return sha256(previous + f"{before}{entry.number}{behind}".encode()).digest()


def find_break(workspace_id: UUID, expected: int, previous: bytes, entries: Iterable[Chained]) -> Break | None:
    """Return the first break in entries of which the first should have this number and follow ``previous``."""
    for entry in entries:
        if entry.number != expected:
            return Break(expected, f"entry {expected} is missing, {entry.number} follows")
        if entry.previous != previous:
            return Break(entry.number, "it does not follow the entry before")
        if digest(workspace_id, previous, entry) != entry.hash:
            return Break(entry.number, "it was changed")
        expected, previous = expected + 1, entry.hash
    return None
