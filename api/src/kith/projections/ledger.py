"""Persons: the components of the ledger of decisions, computed again around what was decided.

A person's id is the least id among its identities: a fact, so no order of events can change it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from kith.domain import matching
from kith.store import decisions, persons
from kith.store.db import Db
from kith.store.decisions import Decision
from kith.store.persons import Move


async def regroup(db: Db, workspace_id: UUID, identity_ids: Iterable[UUID]) -> list[Move]:
    """Bring person_identities up to date around these identities; return who moved."""
    belong, known = await _neighborhood(db, workspace_id, identity_ids)
    moves = [
        Move(identity_id, belong[identity_id], root)
        for identity_id, root in roots(belong, known).items()
        if root != belong[identity_id]
    ]
    await persons.move(db, workspace_id, moves)
    return moves


async def persons_then(
    db: Db, workspace_id: UUID, identity_id: UUID, *, as_of: datetime | None, known_at: datetime | None
) -> list[UUID]:
    """Return the identities that were one person with this one, as decided by ``as_of`` and known at ``known_at``."""
    together = await roots_then(db, workspace_id, [identity_id], as_of=as_of, known_at=known_at)
    members = [id_ for id_, root in together.items() if root == together[identity_id]]
    return await persons.known_then(db, workspace_id, members, known_at)


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
    for person in matching.persons(map(as_domain, among)):
        members = [UUID(member) for member in person]
        found.update(dict.fromkeys(members, min(members)))
    return found


async def _neighborhood(
    db: Db, workspace_id: UUID, identity_ids: Iterable[UUID]
) -> tuple[dict[UUID, UUID], list[Decision]]:
    """Load all identities that a decision `same` or a common person ties to these, with persons, and the decisions."""
    known: dict[UUID, Decision] = {}
    belong: dict[UUID, UUID] = {}
    frontier = set(identity_ids)
    while frontier:
        rows = await decisions.on(db, workspace_id, frontier)
        known |= {row.id: row for row in rows}
        reached = {id_ for row in rows if row.verdict == "same" for id_ in row.pair}
        found = await persons.with_members(db, workspace_id, frontier | reached)
        frontier = found.keys() - belong.keys()
        belong |= found
    return belong, list(known.values())


def author_kind(author: str) -> matching.decisions.Author:
    """``rule:matching/1`` is a rule's, ``import:...`` an import's; all others are humans'."""
    kind = author.partition(":")[0]
    return "rule" if kind == "rule" else "import" if kind == "import" else "human"


def active(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions `same` and `different` that stand."""
    decisions = list(decisions)
    standing = {decision.id for decision in matching.decisions.active(map(as_domain, decisions))}
    return [decision for decision in decisions if str(decision.id) in standing]


def retractions(decisions: Iterable[Decision]) -> dict[UUID, UUID]:
    """Return, for each of the decisions that is taken back, what takes it back."""
    decisions = sorted(decisions, key=lambda row: (row.decided_at, row.id), reverse=True)
    standing = {decision.id for decision in matching.decisions.standing(map(as_domain, decisions))}
    by = {row.retracts: row.id for row in decisions if row.retracts and str(row.id) in standing}
    return {row.id: by[row.id] for row in decisions if str(row.id) not in standing and row.id in by}


def can_be_undone(decision: Decision, on_the_pair: Collection[Decision]) -> bool:
    """Whether a human may take this decision back: it stands, and no human has overruled it, where it is a rule's."""
    standing = {found.id for found in matching.decisions.standing(map(as_domain, on_the_pair))}
    if str(decision.id) not in standing:
        return False
    if author_kind(decision.author) != "rule":
        return True
    counts = matching.decisions.verdicts(map(as_domain, on_the_pair))
    return any(found.id == str(decision.id) for found in counts)


def as_domain(decision: Decision) -> matching.Decision:
    return matching.Decision(
        id=str(decision.id),
        kind=decision.verdict,  # type: ignore[arg-type]  # the table allows these three only
        author=author_kind(decision.author),
        at=decision.decided_at.timestamp(),
        first=str(decision.one_id),
        second=str(decision.other_id),
        retracts="" if decision.retracts is None else str(decision.retracts),
        confidence=decision.confidence,
        log_odds=decision.evidence.get("log_odds"),
    )
