"""One interaction, as it is shown by itself."""

from uuid import UUID

from kith.api.http.ids import encode, not_found
from kith.api.http.shapes import shape
from kith.api.interactions.schemas import InferredReply, InteractionDetail, Period, shape_all
from kith.domain.scopes import Sight
from kith.store import interactions as store
from kith.store import replies, states
from kith.store.db import Db


async def detail(db: Db, workspace_id: UUID, interaction_id: UUID, sight: Sight) -> InteractionDetail:
    """Return what the caller sees of an interaction. Raises Problem."""
    found = await store.get_interaction(db, workspace_id, interaction_id)
    if found is None:
        raise not_found("interaction")
    held = await states.list_periods(db, workspace_id, interaction_id)
    shown = (await shape_all(db, workspace_id, [found], sight))[interaction_id]
    reply = await replies.get_reply(db, workspace_id, interaction_id)
    return shape(
        InteractionDetail,
        shown,
        inferred_reply=InferredReply(encode("interaction", reply.answers_id), round(reply.chance, 4), reply.stated)
        if reply
        else None,
        periods=[shape(Period, each) for each in held],
    )
