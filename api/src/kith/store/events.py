"""Events: what happened in kith, for webhooks and streams to tell. docs/events.md says what each type holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from kith.domain.ids import encode
from kith.store.db import Db, new_id
from kith.store.persons import Move

Type = Literal[
    "person.joined",
    "person.split",
    "suggestion.opened",
    "identity.suspected",
    "identity.cleared",
    "community.born",
    "community.ended",
    "community.merged",
    "community.split",
    "grant.revoked",
    "member.joined",
    "member.changed",
    "member.left",
]


class Event(msgspec.Struct, frozen=True):
    id: UUID
    type: Type
    data: dict[str, Any]
    occurred_at: datetime


async def add(db: Db, workspace_id: UUID, events: Sequence[tuple[Type, Mapping[str, Any]]]) -> None:
    if events:
        types, data = zip(*events, strict=True)
        ids = sorted(new_id() for _ in events)
        await db.execute(
            """
            INSERT INTO events (workspace_id, id, type, data)
            SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::jsonb[])
            """,
            workspace_id, ids, types, data,
        )  # fmt: skip


async def list_events(
    db: Db, workspace_id: UUID, types: tuple[str, ...], after: UUID | None, limit: int
) -> list[Event]:
    """Return events, the newest first. after: id of the row before."""
    rows = await db.fetch(
        """
        SELECT id, type, data, occurred_at FROM events
        WHERE workspace_id = $1 AND ($2::text[] = '{}' OR type = ANY ($2)) AND ($3::uuid IS NULL OR id < $3)
        ORDER BY id DESC LIMIT $4
        """,
        workspace_id, types, after, limit,
    )  # fmt: skip
    return [Event(**row) for row in rows]


async def prune(db: Db, workspace_id: UUID, before: datetime, most: int) -> int:
    """Delete events older than a moment, as many at most; return how many."""
    status = await db.execute(
        """
        DELETE FROM events WHERE workspace_id = $1 AND occurred_at < $2 AND id IN (
            SELECT id FROM events WHERE workspace_id = $1 ORDER BY id LIMIT $3
        )
        """,
        workspace_id, before, most,
    )  # fmt: skip
    return int(status.split()[1])


async def tell_moves(db: Db, workspace_id: UUID, moves: Iterable[Move]) -> None:
    """Tell of people who were joined or split; not of those whom nobody has yet seen."""
    moved: dict[tuple[UUID, UUID], list[UUID]] = {}
    for move in moves:
        moved.setdefault((move.old_id, move.new_id), []).append(move.identity_id)
    rows = await db.fetch(
        "SELECT id FROM people WHERE workspace_id = $1 AND id = ANY ($2)", workspace_id, [old for old, _ in moved]
    )
    shown = {row["id"] for row in rows}
    await add(db, workspace_id, [tell_move(old, new, ids) for (old, new), ids in sorted(moved.items()) if old in shown])


CHANGES: Mapping[str, Type] = {
    "birth": "community.born",
    "death": "community.ended",
    "merge": "community.merged",
    "split": "community.split",
}


def tell_change(change: str, before: Iterable[UUID], after: Iterable[UUID]) -> tuple[Type, dict[str, Any]]:
    """What became of communities between two detections."""
    return CHANGES[change], {
        "before_ids": [encode("community", id_) for id_ in before],
        "after_ids": [encode("community", id_) for id_ in after],
    }


async def tell_of_member(db: Db, workspace_id: UUID, told: Type, member_id: UUID, role: str) -> None:
    """Somebody became a member, has another role, or left. role: as it stands now, or stood last."""
    await add(db, workspace_id, [(told, {"member_id": encode("member", member_id), "role": role})])


def tell_suspicion(identity_id: UUID, kind: str, reason: str, *, suspected: bool) -> tuple[Type, dict[str, Any]]:
    """An identity came to be suspected, or is so no longer. kind, reason: as it stands now."""
    told: Type = "identity.suspected" if suspected else "identity.cleared"
    return told, {"identity_id": encode("identity", identity_id), "kind": kind, "reason": reason}


def tell_move(old: UUID, new: UUID, identity_ids: Sequence[UUID]) -> tuple[Type, dict[str, Any]]:
    """A person whose own root went to another was joined with it; a person who kept it was split."""
    identities = [encode("identity", id_) for id_ in sorted(identity_ids)]
    one, other = encode("person", old), encode("person", new)
    if old in identity_ids:
        return "person.joined", {"person_id": other, "retired_id": one, "identity_ids": identities}
    return "person.split", {"person_id": one, "other_id": other, "identity_ids": identities}
