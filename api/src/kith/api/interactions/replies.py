"""What a line of a room answers, where its network does not say: members correct what kith inferred."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, delete, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from kith.api.decisions.show import author
from kith.api.http.ids import InteractionId, from_body, from_path, unknown
from kith.api.http.problems import Fault, Problem
from kith.api.interactions.detail import detail
from kith.api.interactions.schemas import InteractionDetail
from kith.domain.scopes import Sight
from kith.projections import replies
from kith.store import replies as store
from kith.store.db import Db, narrowed
from kith.store.tokens import Token


class ReplySet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a line answers."""

    interaction: Annotated[
        InteractionId | None, Meta(description="The earlier interaction that it answers; null: it answers none.")
    ]


@put(
    "/v1/interactions/{interaction_id:str}/inferred-reply",
    operation_id="setInferredReply",
    tags=["interactions"],
    scopes=["interactions:read", "interactions:write"],
    errors=["not_found", "conflict"],
)
async def set_inferred_reply(
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    interaction_id: FromPath[str],
    payload: NamedDependency[ReplySet],
    sight: NamedDependency[Sight],
) -> InteractionDetail:
    """Say what a line of a room answers.

    In place of what kith infers. This stays through every rebuild, until it is taken back. What the network itself
    says cannot be changed.
    """
    key = await _line(db, token.workspace_id, interaction_id, sight)
    answers = from_body("interaction", "/interaction", payload.interaction) if payload.interaction else None
    if answers is not None:
        async with narrowed(db, sight.rows):
            if not await store.is_there(db, token.workspace_id, answers):
                raise unknown("interaction", "/interaction")
            if not await store.stands_before(db, token.workspace_id, answers, key):
                message = "A line answers an earlier one of its channel."
                raise Problem("invalid_body", message, Fault("invalid", message, pointer="/interaction"))
    await replies.state(db, token.workspace_id, key, answers, author(token), datetime.now(UTC), stated=True)
    async with narrowed(db, sight.rows):
        return await detail(db, token.workspace_id, key, sight)


@delete(
    "/v1/interactions/{interaction_id:str}/inferred-reply",
    operation_id="resetInferredReply",
    tags=["interactions"],
    scopes=["interactions:read", "interactions:write"],
    errors=["not_found", "conflict"],
    status_code=200,
)
async def reset_inferred_reply(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    interaction_id: FromPath[str],
    sight: NamedDependency[Sight],
) -> InteractionDetail:
    """Go back to what kith infers that a line of a room answers."""
    key = await _line(db, token.workspace_id, interaction_id, sight)
    await replies.state(db, token.workspace_id, key, None, author(token), datetime.now(UTC), stated=False)
    async with narrowed(db, sight.rows):
        return await detail(db, token.workspace_id, key, sight)


async def _line(db: Db, workspace_id: UUID, interaction_id: str, sight: Sight) -> UUID:
    """Return the id of a line for which kith infers what it answers. Raises Problem."""
    key = from_path("interaction", interaction_id)
    async with narrowed(db, sight.rows):
        await detail(db, workspace_id, key, sight)
        if not await store.is_line(db, workspace_id, key):
            raise Problem(
                "conflict", "Nothing is inferred: its network says what it answers, or it is no line of a room."
            )
    return key


ROUTES = [set_inferred_reply, reset_inferred_reply]
