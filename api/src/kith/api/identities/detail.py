from typing import Annotated
from uuid import UUID

from msgspec import Meta

from kith.api.decisions.schemas import Decision
from kith.api.decisions.show import show
from kith.api.http.shapes import shape
from kith.api.identities.schemas import Identity, Standing
from kith.projections import merges
from kith.store import identities, people, standings
from kith.store.db import Db

STANDINGS_SHOWN = 200


class IdentityDetail(Identity, frozen=True):
    """An identity, how its network rates it, and why it is this person's."""

    standings: Annotated[list[Standing], Meta(description="How the network rates it: the first 200, by kind.")]
    decisions: Annotated[
        list[Decision],
        Meta(description="The chain that leads to it from the identity whose id the person has; empty for that one."),
    ]


async def explain(db: Db, workspace_id: UUID, identity: identities.Identity, contact: bool) -> IdentityDetail:
    """Show an identity with the decisions that make it this person's."""
    members = await people.identities_of(db, workspace_id, identity.person_id) if identity.person_id else []
    joins = await merges.joins_of(db, workspace_id, members)
    chain = merges.chains(min(members), joins).get(identity.id, []) if members else []
    rated = await standings.list_standings(db, workspace_id, [identity.id], STANDINGS_SHOWN)
    return shape(
        IdentityDetail,
        Identity.of(identity, contact),
        standings=[Standing.of(row) for row in rated],
        decisions=await show(db, workspace_id, chain),
    )
