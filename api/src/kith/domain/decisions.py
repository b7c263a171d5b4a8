"""From decisions to persons: which identities belong together."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID


class Decision(NamedTuple):
    """A statement on two identities, as the ledger holds it. order: what sorts decisions by their time."""

    id: UUID
    verdict: str
    one_id: UUID
    other_id: UUID
    retracts: UUID | None
    order: object


def roots(identity_ids: Iterable[UUID], decisions: Iterable[Decision]) -> Mapping[UUID, UUID]:
    """Return the root of each identity: the least id among those that decisions join, whatever their order.

    A retracted decision counts as never made. Where several decisions speak of the same two identities, the last
    one holds.
    """
    decisions = sorted(decisions, key=lambda decision: (decision.order, decision.id))
    retracted = {decision.retracts for decision in decisions}
    verdicts = {
        (decision.one_id, decision.other_id): decision.verdict
        for decision in decisions
        if decision.verdict != "retract" and decision.id not in retracted
    }
    parent = {identity_id: identity_id for identity_id in identity_ids}

    def root(identity_id: UUID) -> UUID:
        while parent[identity_id] != identity_id:
            parent[identity_id] = parent[parent[identity_id]]
            identity_id = parent[identity_id]
        return identity_id

    for (one, other), verdict in verdicts.items():
        if verdict == "same" and one in parent and other in parent:
            low, high = sorted((root(one), root(other)))
            parent[high] = low
    return {identity_id: root(identity_id) for identity_id in parent}
