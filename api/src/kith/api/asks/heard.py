"""Asks that a member has heard: on the telephone, at a fair, in the corridor."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from msgspec import Meta

from kith.api.asks.schemas import Ask
from kith.api.asks.show import show_all
from kith.api.batches.sources import open_written
from kith.api.http.idempotency import Once
from kith.api.http.ids import ChannelId, InteractionId, encode
from kith.api.http.kinds import TEXT, Visibility
from kith.api.http.moments import Moment
from kith.api.interactions.participants import Participant, Participants
from kith.api.interactions.writing import channel_named, write_act
from kith.connectors import Interaction, InteractionRef, Target
from kith.domain.scopes import Sight
from kith.projections import asks as projection
from kith.store import asks as store
from kith.store.db import Db, narrowed, new_id
from kith.store.tokens import Token


class AskCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question or request that somebody was heard to make."""

    asker: Annotated[Participant, Meta(description="Who asks.", examples=[{"address": "bo@example.org"}])]
    text: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=10_000,
            pattern=TEXT,
            description="What is asked.",
            examples=["Can we have the shelves in blue?"],
        ),
    ]
    to: Annotated[tuple[Participant, ...], Meta(max_length=200, description="Whom they asked.")] = ()
    occurred_at: Annotated[Moment | None, Meta(description="When it was asked; null: now.")] = None
    key: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200, pattern=TEXT)] | None,
        Meta(description="Your own key. Written again with the same key, it is replaced."),
    ] = None
    channel_id: Annotated[ChannelId | None, Meta(description="Where it was asked.")] = None
    visibility: Visibility = "private"


class AskHeard(msgspec.Struct, frozen=True):
    """An ask as it was entered."""

    id: InteractionId
    ask: Annotated[Ask | None, Meta(description="null where other news is being worked in: read it again in a moment.")]


@post(
    "/v1/asks",
    operation_id="createAsk",
    tags=["asks"],
    scopes=["asks:read", "asks:write"],
    errors=["conflict", "quota_exceeded"],
)
async def create_ask(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    payload: NamedDependency[AskCreate],
    sight: NamedDependency[Sight],
    once: NamedDependency[Once],
) -> Response[AskHeard]:
    """Enter an ask that you heard.

    Such as on the telephone. It is a fact like any other: an interaction of the kind `question`, which survives every
    rebuild. What becomes of it is said with `PATCH`.
    """
    now = datetime.now(UTC)
    source = await open_written(request, db, token)
    found = Participants(db, token.workspace_id, source.id)
    named = [await found.find(payload.asker, "/asker")]
    named += [await found.find(each, f"/to/{n}") for n, each in enumerate(payload.to)]
    async with narrowed(db, sight.rows):
        channel = await channel_named(db, token.workspace_id, payload.channel_id)
    ref = InteractionRef("app", payload.key or new_id().hex, "question", encode("source", source.id))
    asked_at = payload.occurred_at or now
    occurred_at = datetime.combine(asked_at.date(), asked_at.timetz())  # the plain type
    targets = dict.fromkeys(each.ref for each in named[1:])
    told = Interaction(
        ref, named[0].ref, occurred_at, tuple(Target(each) for each in targets), channel, text=payload.text,
        visibility=payload.visibility,
    )  # fmt: skip
    act_id, _ = await write_act(db, token, source.id, told, named)
    await projection.hear(db, token.workspace_id, act_id, now)
    row = await store.get_ask(db, token.workspace_id, act_id)
    shown = await show_all(db, token.workspace_id, [row] if row else [], sight, now)
    body = AskHeard(encode("interaction", act_id), shown.get(act_id))
    return await once.answer(body, 201, {"Location": f"/v1/asks/{body.id}"})


ROUTES = [create_ask]
