"""Joining two people, and taking that back exactly: whatever happened in between, it is as if it had never been."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kith.projections import ledger
from kith.store import decisions
from kith.store.db import Db
from kith.store.decisions import Decision, New


async def join(
    db: Db, workspace_id: UUID, one: Collection[UUID], other: Collection[UUID], author: str,
    pair: tuple[UUID, UUID] | None = None, evidence: Mapping[str, Any] | None = None,
) -> UUID:  # fmt: skip
    """Decide that two people, by their identities, are one; return the decision, on ``pair`` or else on their roots.

    Each of the two is meant as a whole, so the human vouches for what rules had joined in it. What a human had decided
    against is taken back. All of that goes when the join is undone.
    """
    known = ledger.active(await decisions.between(db, workspace_id, [*one, *other]))
    across = [
        row
        for row in known
        if row.verdict == "different"
        and (row.one_id in one) != (row.other_id in one)
        and ledger.author_kind(row.author) == "human"
    ]
    retractions = [New(verdict="retract", pair=row.pair, retracts=row.id, author=author) for row in across]
    ids = await decisions.append(db, workspace_id, retractions)
    pair = pair or (min(one), min(other))
    wholes = [
        New(verdict="same", pair=(min(side), id_), author=author, evidence={"of_merge": list(map(str, pair))})
        for side in (one, other)
        for id_ in side
        if id_ != min(side)
    ]
    ids += await decisions.append(db, workspace_id, wholes)
    noted = {**(evidence or {}), "with": list(map(str, ids))}
    (decision_id,) = await decisions.append(
        db, workspace_id, [New(verdict="same", pair=pair, author=author, evidence=noted)]
    )
    return decision_id


async def undo(db: Db, workspace_id: UUID, decision: Decision, author: str) -> tuple[UUID, set[UUID]]:
    """Take a decision back; return the one that does so, and the identities concerned.

    A human's or an import's decision is retracted, with all that came with it. A rule would find the same again, so
    against it a human decides that the two are different.
    """
    if ledger.author_kind(decision.author) == "rule":
        different = New(
            verdict="different", pair=decision.pair, author=author,
            evidence={"undoes": str(decision.id), "log_odds": decision.evidence.get("log_odds")},
        )  # fmt: skip
        return (await decisions.append(db, workspace_id, [different]))[0], set(decision.pair)
    others = [await decisions.get_decision(db, workspace_id, UUID(text)) for text in decision.evidence.get("with", ())]
    beside = [row for row in others if row]
    retractions = [New(verdict="retract", pair=row.pair, retracts=row.id, author=author) for row in beside]
    noted = {"with": list(map(str, await decisions.append(db, workspace_id, retractions)))} if beside else {}
    last = New(verdict="retract", pair=decision.pair, retracts=decision.id, author=author, evidence=noted)
    return (await decisions.append(db, workspace_id, [last]))[0], {
        id_ for row in (decision, *beside) for id_ in row.pair
    }


async def joins_of(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], *, as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> list[Decision]:  # fmt: skip
    """Return the decisions that hold these identities together, or held them then, the latest first."""
    made = [
        row
        for row in await decisions.between(db, workspace_id, identity_ids)
        if (as_of is None or row.decided_at <= as_of) and (known_at is None or row.learnt_at <= known_at)
    ]
    found = [row for row in ledger.active(made) if row.verdict == "same"]
    return sorted(found, key=lambda row: (row.decided_at, row.id), reverse=True)


def chains(root: UUID, joins: Sequence[Decision]) -> dict[UUID, list[Decision]]:
    """Return, for each identity, the shortest chain of decisions that leads to it from the root."""
    ties: dict[UUID, list[tuple[UUID, Decision]]] = {}
    for row in joins:
        ties.setdefault(row.one_id, []).append((row.other_id, row))
        ties.setdefault(row.other_id, []).append((row.one_id, row))
    found: dict[UUID, list[Decision]] = {root: []}
    waiting = [root]
    for identity_id in waiting:
        for other_id, row in ties.get(identity_id, ()):
            if other_id not in found:
                found[other_id] = [*found[identity_id], row]
                waiting.append(other_id)
    return found
