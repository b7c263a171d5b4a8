"""Persons: the components of the ledger of decisions, computed anew around what was decided.

A person's id is the least id among its identities: a fact, so no order of events can change it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kith.domain import matching
from kith.store import decisions
from kith.store.db import Db
from kith.store.decisions import Decision


class Move(NamedTuple):
    """An identity that passed from one person to another."""

    identity_id: UUID
    old_id: UUID
    new_id: UUID


async def regroup(db: Db, workspace_id: UUID, identity_ids: Iterable[UUID]) -> list[Move]:
    """Bring person_identities up to date around these identities; return who moved."""
    persons, known = await _neighbourhood(db, workspace_id, identity_ids)
    moves = [
        Move(identity_id, persons[identity_id], root)
        for identity_id, root in roots(persons, known).items()
        if root != persons[identity_id]
    ]
    await db.execute(_MOVE, workspace_id, [move.identity_id for move in moves], [move.new_id for move in moves])
    return moves


async def persons_then(
    db: Db, workspace_id: UUID, identity_id: UUID, *, as_of: datetime | None, known_at: datetime | None
) -> list[UUID]:
    """Return the identities that were one person with this one, as decided by ``as_of`` and known at ``known_at``."""
    together = await roots_then(db, workspace_id, [identity_id], as_of=as_of, known_at=known_at)
    members = [id_ for id_, root in together.items() if root == together[identity_id]]
    return [row["id"] for row in await db.fetch(_KNOWN, workspace_id, members, known_at)]


async def roots_then(
    db: Db, workspace_id: UUID, identity_ids: Iterable[UUID], *, as_of: datetime | None, known_at: datetime | None
) -> Mapping[UUID, UUID]:
    """Return the root of each of these identities, and of all that were one person with them, as in persons_then."""
    found: dict[UUID, Decision] = {}
    reached = frontier = set(identity_ids)
    while frontier:
        rows = await decisions.on(db, workspace_id, frontier, as_of=as_of, known_at=known_at)
        found |= {row.id: row for row in rows}
        frontier = {id_ for row in rows if row.verdict == "same" for id_ in row.pair} - reached
        reached = reached | frontier
    return roots(reached, found.values())


def roots(identity_ids: Iterable[UUID], known: Iterable[Decision]) -> Mapping[UUID, UUID]:
    """Return the root of each identity: the least id among those that the decisions make one person."""
    found = {identity_id: identity_id for identity_id in identity_ids}
    among = [decision for decision in known if decision.one_id in found and decision.other_id in found]
    for person in matching.persons(map(decisions.as_domain, among)):
        members = [UUID(member) for member in person]
        found.update(dict.fromkeys(members, min(members)))
    return found


async def _neighbourhood(
    db: Db, workspace_id: UUID, identity_ids: Iterable[UUID]
) -> tuple[dict[UUID, UUID], list[Decision]]:
    """Load all identities that a decision `same` or a common person ties to these, with persons, and the decisions."""
    known: dict[UUID, Decision] = {}
    persons: dict[UUID, UUID] = {}
    frontier = set(identity_ids)
    while frontier:
        rows = await decisions.on(db, workspace_id, frontier)
        known |= {row.id: row for row in rows}
        reached = {id_ for row in rows if row.verdict == "same" for id_ in row.pair}
        members = await db.fetch(_MEMBERS, workspace_id, list(frontier | reached))
        found = {row["identity_id"]: row["person_id"] for row in members}
        frontier = found.keys() - persons.keys()
        persons |= found
    return persons, list(known.values())


_MEMBERS = """
    SELECT identity_id, person_id FROM person_identities
    WHERE workspace_id = $1 AND person_id IN (
        SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2)
    )
"""

_MOVE = """
    UPDATE person_identities p SET person_id = m.new_id FROM unnest($2::uuid[], $3::uuid[]) AS m (identity_id, new_id)
    WHERE p.workspace_id = $1 AND p.identity_id = m.identity_id
"""

_KNOWN = """
    SELECT id FROM identities
    WHERE workspace_id = $1 AND id = ANY ($2) AND ($3::timestamptz IS NULL OR learnt_at <= $3) ORDER BY id
"""
