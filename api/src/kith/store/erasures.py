"""Erasures: who was erased when, and the statements that take them out of every table."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from kith.domain.erasures import Known
from kith.domain.ids import encode
from kith.store import jobs, sealing
from kith.store.db import Db, new_id

Cause = Literal["asked", "journal", "address"]
Status = Literal["queued", "begun", "hidden", "erased"]

_COLUMNS = "id, person_id, cause, author, status, identity_ids, counts, receipt, requested_at, hidden_at, erased_at"


class Erasure(msgspec.Struct, frozen=True):
    """counts: rows by table. identity_ids: whom the work is about; none once it is done."""

    id: UUID
    person_id: UUID | None
    cause: Cause
    author: str
    status: Status
    identity_ids: list[UUID]
    counts: dict[str, int]
    receipt: str | None
    requested_at: datetime
    hidden_at: datetime | None
    erased_at: datetime | None


async def ask(
    db: Db, workspace_id: UUID, person_id: UUID | None, identity_ids: Collection[UUID], cause: Cause, author: str,
    id_: UUID | None = None,
) -> tuple[UUID, UUID]:  # fmt: skip
    """Have a person or some identities erased; return the ids of the erasure and of its job."""
    id_ = id_ or new_id()
    await db.execute(
        """
        INSERT INTO erasures (workspace_id, id, person_id, cause, author, status, identity_ids)
        VALUES ($1, $2, $3, $4, $5, 'queued', $6)
        ON CONFLICT (workspace_id, id) DO UPDATE SET status = 'queued', identity_ids = excluded.identity_ids
        """,
        workspace_id, id_, person_id, cause, author, list(identity_ids),
    )  # fmt: skip
    return id_, await jobs.ask_erase(db, workspace_id, id_)


async def found_by_address(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> None:
    """Have those of the identities erased that are stored already: they showed the address of somebody erased."""
    known = await db.fetch(
        """
        SELECT id FROM identities WHERE workspace_id = $1 AND id = ANY ($2)
        UNION SELECT id FROM sealed.identities WHERE workspace_id = $1 AND id = ANY ($2)
        """,
        workspace_id, list(identity_ids),
    )  # fmt: skip
    if known:
        await ask(db, workspace_id, None, [row["id"] for row in known], "address", "kith")


async def get_erasure(db: Db, workspace_id: UUID, id_: UUID, *, lock: bool = False) -> Erasure | None:
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM erasures WHERE workspace_id = $1 AND id = $2{' FOR UPDATE' if lock else ''}",
        workspace_id, id_,
    )  # fmt: skip
    return Erasure(**row) if row else None


async def list_erasures(db: Db, workspace_id: UUID, after: UUID | None, limit: int) -> list[Erasure]:
    """Return erasures, the newest first. after: id of the row before."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM erasures WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id < $2)"
        " ORDER BY id DESC LIMIT $3",
        workspace_id, after, limit,
    )  # fmt: skip
    return [Erasure(**row) for row in rows]


async def open_for(db: Db, workspace_id: UUID, person_id: UUID) -> Erasure | None:
    """Return the erasure of a person that was asked for and has not begun to count."""
    row = await db.fetchrow(
        f"SELECT {_COLUMNS} FROM erasures WHERE workspace_id = $1 AND person_id = $2 AND status = 'queued'"
        " ORDER BY id LIMIT 1",
        workspace_id, person_id,
    )  # fmt: skip
    return Erasure(**row) if row else None


async def list_hidden(db: Db, workspace_id: UUID) -> list[Erasure]:
    """Return the erasures whose second stage is still to come."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM erasures WHERE workspace_id = $1 AND status = 'hidden' ORDER BY id", workspace_id
    )
    return [Erasure(**row) for row in rows]


async def set_begun(db: Db, workspace_id: UUID, id_: UUID, counts: Mapping[str, int]) -> None:
    """Note that somebody is gone from every table, and how many rows went."""
    await db.execute(
        "UPDATE erasures SET status = 'begun', counts = $3, identity_ids = '{}' WHERE workspace_id = $1 AND id = $2",
        workspace_id, id_, counts,
    )  # fmt: skip


async def count_texts(db: Db, workspace_id: UUID, id_: UUID, retold: int) -> None:
    """Add rewritten texts to what an erasure counts."""
    await db.execute(
        """
        UPDATE erasures
        SET counts = counts || jsonb_build_object('texts', coalesce((counts ->> 'texts')::bigint, 0) + $3::bigint)
        WHERE workspace_id = $1 AND id = $2
        """,
        workspace_id, id_, retold,
    )  # fmt: skip


async def set_hidden(db: Db, workspace_id: UUID, id_: UUID) -> None:
    await db.execute(
        "UPDATE erasures SET status = 'hidden', hidden_at = now() WHERE workspace_id = $1 AND id = $2",
        workspace_id, id_,
    )  # fmt: skip


async def set_erased(db: Db, workspace_id: UUID, ids: Sequence[UUID]) -> None:
    await db.execute(
        "UPDATE erasures SET status = 'erased', erased_at = now() WHERE workspace_id = $1 AND id = ANY ($2)",
        workspace_id, ids,
    )  # fmt: skip


async def set_receipt(db: Db, workspace_id: UUID, id_: UUID, receipt: str) -> None:
    await db.execute("UPDATE erasures SET receipt = $3 WHERE workspace_id = $1 AND id = $2", workspace_id, id_, receipt)


class Carrier(NamedTuple):
    """An identity, and what it is known by."""

    id: UUID
    known: Known


async def identities_of(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Carrier]:
    """Return identities as open and sealed sources describe them."""
    rows = await db.fetch(
        f"{_CARRIERS.format('identities')} AND id = ANY ($2)"
        f" UNION {_CARRIERS.format('sealed.identities')} AND id = ANY ($2)",
        workspace_id, list(identity_ids),
    )  # fmt: skip
    return [Carrier(row[0], Known(*row[1:])) for row in rows]


async def identities_behind(db: Db, workspace_id: UUID, person_id: UUID) -> set[UUID]:
    """Return the identities of a person, in sealed sources too."""
    rows = await db.fetch(
        """
        SELECT identity_id FROM person_identities WHERE workspace_id = $1 AND person_id = $2
        UNION SELECT identity_id FROM sealed.person_identities WHERE workspace_id = $1 AND person_id = $2
        """,
        workspace_id, person_id,
    )  # fmt: skip
    return {row["identity_id"] for row in rows}


async def names_given(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[str]:
    """Return the names and addresses that humans gave these identities."""
    rows = await db.fetch(
        """
        SELECT DISTINCT value FROM corrections
        WHERE workspace_id = $1 AND identity_id = ANY ($2) AND field IN ('name', 'address') AND value IS NOT NULL
        """,
        workspace_id, list(identity_ids),
    )  # fmt: skip
    return [row["value"] for row in rows]


async def shared_addresses(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> set[str]:
    """Return the addresses of these identities that others have too, whom somebody told apart from them."""
    rows = await db.fetch(
        """
        SELECT DISTINCT o.address FROM identities i
        JOIN identities o ON o.workspace_id = $1 AND o.address = i.address AND o.id <> ALL ($2)
        WHERE i.workspace_id = $1 AND i.id = ANY ($2)
        """,
        workspace_id, list(identity_ids),
    )  # fmt: skip
    return {row["address"] for row in rows}


async def everyone(db: Db, workspace_id: UUID) -> list[Carrier]:
    """Return all identities, open and sealed."""
    rows = await db.fetch(
        f"{_CARRIERS.format('identities')} UNION {_CARRIERS.format('sealed.identities')}", workspace_id
    )
    return [Carrier(row[0], Known(*row[1:])) for row in rows]


async def acts_saying(db: Db, workspace_id: UUID, words: Sequence[str], most: int) -> list[UUID]:
    """Return acts whose words hold all of one of these, by the index; those of sealed sources are left to the scan."""
    found: set[UUID] = set()
    for each in words:
        rows = await db.fetch("SELECT find_interactions($1, $2, NULL, NULL, $3)", workspace_id, each, most)
        found.update(row[0] for row in rows)
    return list(found)


async def count_acts(db: Db, workspace_id: UUID, most: int) -> int:
    """Return how many acts there are, as far as that."""
    count: int = await db.fetchval(
        "SELECT count(*) FROM (SELECT FROM interactions WHERE workspace_id = $1 LIMIT $2) AS counted",
        workspace_id,
        most,
    )
    return count


async def remove(
    db: Db, workspace_id: UUID, person_ids: Collection[UUID], identity_ids: Collection[UUID], act_ids: Collection[UUID]
) -> dict[str, int]:
    """Delete every row about identities and people whose acts are gone already; return how many, by table."""
    counts = Counter[str]()
    for sealed, places, ids in (
        (True, OF_SEALED, identity_ids),
        (False, OF_IDENTITIES, identity_ids),
        (False, OF_PEOPLE, person_ids),
    ):
        await sealing.go(db, sealed=sealed)
        for table, condition in places:
            status = await db.execute(
                f"DELETE FROM {table} WHERE workspace_id = $1 AND ({condition})", workspace_id, list(ids)
            )
            counts[table] += int(status.split()[1])
    for statement in _OF_ACTS:
        await db.execute(statement, workspace_id, list(act_ids))
    return counts


async def blank_maps(db: Db, workspace_id: UUID, person_ids: Collection[UUID]) -> None:
    """Take away the maps of communities in which these people are; the next detection draws them again."""
    await db.execute(_BLANK_MAPS, workspace_id, list(person_ids))


async def remove_told(db: Db, workspace_id: UUID, ids: Sequence[str]) -> int:
    """Delete events that name one of these public ids, and what waits to be delivered of them; return how many."""
    rows = await db.fetch(_REMOVE_EVENTS, workspace_id, ids)
    gone = [row["id"] for row in rows]
    for table in ("webhook_events", "deliveries"):
        await db.execute(f"DELETE FROM {table} WHERE workspace_id = $1 AND event_id = ANY ($2)", workspace_id, gone)
    return len(gone)


async def remove_answers(db: Db, workspace_id: UUID, texts: Sequence[str]) -> int:
    """Delete kept answers to requests in which one of these stands; return how many."""
    status = await db.execute(_REMOVE_ANSWERS, workspace_id, texts)
    return int(status.split()[1])


def public_ids(person_ids: Collection[UUID], identity_ids: Collection[UUID]) -> list[str]:
    """Return how answers and events name people and identities; each identity's id was a person's once."""
    people = {*person_ids, *identity_ids}
    return [encode("person", id_) for id_ in sorted(people)] + [encode("identity", id_) for id_ in sorted(identity_ids)]


_CARRIERS = "SELECT id, network, key, name, handle, address FROM {} WHERE workspace_id = $1"


def _either(one: str, other: str) -> str:
    return f"{one} = ANY ($2) OR {other} = ANY ($2)"


_MINE = "identity_id = ANY ($2)"
# Those of which sealed sources have twins, in the order in which they go. Reports of data show the same rows.
OF_SEALED: tuple[tuple[str, str], ...] = (
    (
        "claim_tellings",
        f"claim_id IN (SELECT id FROM claims WHERE workspace_id = $1 AND ({_either('subject_id', 'object_id')}))",
    ),
    ("claims", _either("subject_id", "object_id")),
    ("affiliation_tellings", _MINE),
    ("identity_tellings", _MINE),
    ("standings", _MINE),
    ("contact_days", _either("actor_id", "target_id")),
    ("activity_days", _MINE),
    ("identity_days", _MINE),
    ("interaction_targets", _MINE),
    ("person_identities", _MINE),
    ("identities", "id = ANY ($2)"),
)
OF_IDENTITIES: tuple[tuple[str, str], ...] = (
    ("notes", _either("identity_id", "other_id")),
    ("attribute_values", _either("identity_id", "other_id")),
    ("group_people", _MINE),
    ("corrections", _MINE),
    ("member_identities", _MINE),
    ("affiliations", _MINE),
    ("suggestions", _either("one_id", "other_id")),
    ("behaviors", _either("one_id", "other_id")),
    ("decisions", _either("one_id", "other_id")),
    ("consents", f"id IN (SELECT consent_id FROM consent_identities WHERE workspace_id = $1 AND {_MINE})"),
    ("objections", f"id IN (SELECT objection_id FROM objection_identities WHERE workspace_id = $1 AND {_MINE})"),
    ("identity_kinds", _MINE),
    ("identity_profiles", _MINE),
    ("identity_keys", _MINE),
    ("asks", _either("actor_id", "answerer_id")),
    ("watches", _MINE),
    ("mention_people", _MINE),
    *OF_SEALED,
)
OF_PEOPLE: tuple[tuple[str, str], ...] = (
    ("told_words", _either("person_id", "other_id")),
    ("relationships", _either("person_id", "other_id")),
    ("community_people", "person_id = ANY ($2)"),
    ("roles", "person_id = ANY ($2)"),
    ("data_reports", "person_id = ANY ($2)"),
    ("rights_requests", "person_id = ANY ($2)"),
    ("people", "id = ANY ($2)"),
)
_OF_ACTS = (
    "DELETE FROM topic_texts WHERE workspace_id = $1 AND text_id = ANY ($2)",
    "DELETE FROM told_asks WHERE workspace_id = $1 AND id = ANY ($2)",
    """
    UPDATE roles SET interaction_ids = ARRAY(
        SELECT id FROM unnest(interaction_ids) WITH ORDINALITY AS cited (id, place) WHERE id <> ALL ($2) ORDER BY place
    ) WHERE workspace_id = $1 AND interaction_ids && $2
    """,
)

_BLANK_MAPS = """
    UPDATE communities SET map = NULL WHERE workspace_id = $1 AND map IS NOT NULL AND id IN (
        SELECT community_id FROM community_people WHERE workspace_id = $1 AND person_id = ANY ($2)
    )
"""

_REMOVE_EVENTS = """
    DELETE FROM events e WHERE workspace_id = $1
        AND EXISTS (SELECT FROM unnest($2::text[]) AS named (id) WHERE strpos(e.data::text, named.id) > 0)
    RETURNING e.id
"""

_REMOVE_ANSWERS = """
    DELETE FROM idempotency_keys k WHERE workspace_id = $1 AND EXISTS (
        SELECT FROM unnest($2::text[]) AS named (text) WHERE position(convert_to(named.text, 'UTF8') IN k.body) > 0
    )
"""
