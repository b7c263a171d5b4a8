"""The audit: adding to the chain, and looking whether it holds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.domain.audit import BEGINNING, Actor, Break, Chain, Entry, find_break
from kith.store import audit as store
from kith.store.db import Db

READ = 1000  # entries at a time


def entry(
    actor: Actor, operation: str, object_: str | None, changes: Mapping[str, Any],
    *, member_id: UUID | None = None, app_id: UUID | None = None, token_id: UUID | None = None,
    network: str | None = None, request_id: str | None = None,
) -> Entry:  # fmt: skip
    """Return what tells of a change that is made now."""
    return Entry(
        occurred_at=datetime.now(UTC), actor=actor, member_id=member_id, app_id=app_id, token_id=token_id,
        network=network, operation=operation, object=object_,
        changes=msgspec.json.encode(changes, order="sorted", enc_hook=str).decode(), request_id=request_id,
    )  # fmt: skip


async def record(
    db: Db, workspace_id: UUID, actor: Actor, operation: str, object_: str | None, changes: Mapping[str, Any],
    **named: Any,
) -> None:  # fmt: skip
    """Tell of a change in its transaction. It should come last: until it ends, others wait to tell of theirs.

    named: as for ``entry``.
    """
    await store.add(db, workspace_id, entry(actor, operation, object_, changes, **named))


async def verify(db: Db, workspace_id: UUID) -> tuple[Chain, Break | None]:
    """Return the ends of the chain, and where it does not hold."""
    chain = await store.get_chain(db, workspace_id) or Chain(0, BEGINNING, 1, BEGINNING)
    expected, previous = chain.first_number, chain.first_previous
    while entries := await store.read_on(db, workspace_id, expected - 1, READ):
        if found := find_break(workspace_id, expected, previous, entries):
            return chain, found
        expected, previous = entries[-1].number + 1, entries[-1].hash
    if (expected - 1, previous) != (chain.number, chain.hash):
        return chain, Break(expected, f"entries up to {chain.number} are missing at the end")
    return chain, None


async def holds(db: Db, workspace_id: UUID, chain: Chain, head: str) -> bool:
    """Whether an earlier head, ``number:hash``, is in the chain, or was cut off with all before it."""
    number, _, hash_ = head.partition(":")
    if not number.isdecimal():
        return False
    if int(number) < chain.first_number:
        return int(number) != chain.first_number - 1 or hash_ == chain.first_previous.hex()
    entries = await store.read_on(db, workspace_id, int(number) - 1, 1)
    return bool(entries) and (entries[0].number, entries[0].hash.hex()) == (int(number), hash_)
