from typing import Annotated
from uuid import UUID

from msgspec import Meta

from kith.api.decisions.schemas import Decision
from kith.api.decisions.show import show
from kith.api.http.shapes import shape
from kith.api.identities.schemas import Identity
from kith.projections import merges
from kith.store import identities, people
from kith.store.db import Db


class IdentityDetail(Identity, frozen=True):
    """An identity, and why it is this person's."""

    decisions: Annotated[
        list[Decision],
        Meta(description="The chain that leads to it from the identity whose id the person has; empty for that one."),
    ]


async def explain(db: Db, workspace_id: UUID, identity: identities.Identity, contact: bool) -> IdentityDetail:
    """Show an identity with the decisions that make it this person's."""
    members = await people.identities_of(db, workspace_id, identity.person_id) if identity.person_id else []
    joins = await merges.joins_of(db, workspace_id, members)
    chain = merges.chains(min(members), joins).get(identity.id, []) if members else []
    return shape(IdentityDetail, Identity.of(identity, contact), decisions=await show(db, workspace_id, chain))
