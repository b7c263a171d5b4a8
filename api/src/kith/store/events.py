"""Events: what happened in kith, for webhooks and streams to tell. docs/events.md says what each type holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.domain.events import Type
from kith.domain.ids import encode, encode_optional
from kith.store import webhooks
from kith.store.db import Db, new_id
from kith.store.persons import Move

ADDED = "kith_events"
"""What processes that tell of events listen on; a payload is the workspace that has new ones."""


class Event(msgspec.Struct, frozen=True):
    id: UUID
    type: Type
    data: dict[str, Any]
    occurred_at: datetime


class Numbered(Event, frozen=True):
    """seq: its place in the order in which events are read on."""

    seq: int


async def add(db: Db, workspace_id: UUID, events: Sequence[tuple[Type, Mapping[str, Any]]]) -> None:
    if events:
        types, data = zip(*events, strict=True)
        ids = sorted(new_id() for _ in events)
        await db.execute(
            """
            INSERT INTO events (workspace_id, id, type, data)
            SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::jsonb[]) RETURNING id
            """,
            workspace_id, ids, types, data,
        )  # fmt: skip
        await db.execute("SELECT pg_notify($1, $2)", ADDED, workspace_id.hex)
        await webhooks.ask_all(db, workspace_id)


async def number(db: Db, workspace_id: UUID) -> int:
    """Number what was committed since the last time, in the order of ids, and return the last number there is.

    A number is given when an event is there for all to see, and grows: whoever has read up to one has read all before.
    """
    await db.execute(
        "INSERT INTO event_logs (workspace_id, last) VALUES ($1, 0) ON CONFLICT (workspace_id) DO NOTHING", workspace_id
    )
    last: int = await db.fetchval("SELECT last FROM event_logs WHERE workspace_id = $1 FOR UPDATE", workspace_id)
    status = await db.execute(
        """
        UPDATE events e SET seq = $2 + n.number
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM events
              WHERE workspace_id = $1 AND seq IS NULL) AS n
        WHERE e.workspace_id = $1 AND e.id = n.id
        """,
        workspace_id, last,
    )  # fmt: skip
    if added := int(status.split()[1]):
        await db.execute("UPDATE event_logs SET last = $2 WHERE workspace_id = $1", workspace_id, last + added)
    return last + added


async def number_of(db: Db, workspace_id: UUID, event_id: UUID) -> int | None:
    """Return the number of an event; None where it is gone, or was never there."""
    found: int | None = await db.fetchval(
        "SELECT seq FROM events WHERE workspace_id = $1 AND id = $2", workspace_id, event_id
    )
    return found


async def read_on(db: Db, workspace_id: UUID, types: Sequence[str], after: int, limit: int) -> list[Numbered]:
    """Return events of these types behind a number, in their order."""
    rows = await db.fetch(
        """
        SELECT id, type, data, occurred_at, seq FROM events
        WHERE workspace_id = $1 AND type = ANY ($2) AND seq > $3 ORDER BY seq LIMIT $4
        """,
        workspace_id, types, after, limit,
    )  # fmt: skip
    return [Numbered(**row) for row in rows]


async def list_events(db: Db, workspace_id: UUID, types: Sequence[str], after: UUID | None, limit: int) -> list[Event]:
    """Return events, the newest first. after: id of the row before."""
    rows = await db.fetch(
        """
        SELECT id, type, data, occurred_at FROM events
        WHERE workspace_id = $1 AND type = ANY ($2) AND ($3::uuid IS NULL OR id < $3)
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


def tell_word(one: UUID, other: UUID, before: str, after: str) -> tuple[Type, dict[str, Any]]:
    """A relationship has another word."""
    people = {"person_id": encode("person", one), "other_id": encode("person", other)}
    return "relationship.changed", people | {"before": before, "after": after}


def tell_roles(
    community_id: UUID, person_id: UUID, before: Sequence[str], after: Sequence[str]
) -> tuple[Type, dict[str, Any]]:
    """A person has other roles in a community."""
    where = {"community_id": encode("community", community_id), "person_id": encode("person", person_id)}
    return "role.changed", where | {"before": list(before), "after": list(after)}


def tell_opened(ask_id: UUID, person_id: UUID, channel_id: UUID | None) -> tuple[Type, dict[str, Any]]:
    """Somebody asks something that nobody has answered."""
    return "ask.opened", _of_ask(ask_id, person_id, channel_id)


def tell_answered(
    ask_id: UUID, person_id: UUID, channel_id: UUID | None, answer_id: UUID | None, answerer_id: UUID | None
) -> tuple[Type, dict[str, Any]]:
    """An ask was answered. answer_id, answerer_id: None where a member says so."""
    answer = {
        "answer_id": encode_optional("interaction", answer_id),
        "answerer_id": encode_optional("person", answerer_id),
    }
    return "ask.answered", _of_ask(ask_id, person_id, channel_id) | answer


def tell_overdue(
    ask_id: UUID, person_id: UUID, channel_id: UUID | None, overdue_at: datetime
) -> tuple[Type, dict[str, Any]]:
    """An ask has waited longer than nine of ten asks of its place do."""
    return "ask.overdue", _of_ask(ask_id, person_id, channel_id) | {"overdue_at": overdue_at.isoformat()}


def _of_ask(ask_id: UUID, person_id: UUID, channel_id: UUID | None) -> dict[str, Any]:
    return {
        "ask_id": encode("interaction", ask_id),
        "person_id": encode("person", person_id),
        "channel_id": encode_optional("channel", channel_id),
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
