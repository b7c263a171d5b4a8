"""Interactions that a human or an app types in: a meeting, a call, a conversation at a party."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from kith.api.batches.sources import open_written, written_by
from kith.api.http.idempotency import Once
from kith.api.http.ids import ChannelId, encode, from_body, from_path, unknown
from kith.api.http.kinds import TEXT, InteractionKind, Visibility
from kith.api.http.moments import Moment
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_content, is_conditional
from kith.api.http.shapes import shape
from kith.api.interactions.detail import detail
from kith.api.interactions.participants import Named, Participant, Participants
from kith.api.interactions.schemas import InteractionDetail
from kith.connectors import Interaction, InteractionRef, Record, Ref, Target
from kith.domain.scopes import Sight
from kith.projections import project, writing
from kith.store import channels
from kith.store.db import Db, narrowed, new_id
from kith.store.tokens import Token


class InteractionCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A meeting, a call, or any other act."""

    occurred_at: Annotated[Moment, Meta(description="When it happened.")]
    participants: Annotated[
        tuple[Participant, ...],
        Meta(
            min_length=1,
            max_length=200,
            description="Those who took part, beside the actor.",
            examples=[[{"address": "bo@example.org"}, {"name": "Cy Dee"}]],
        ),
    ]
    kind: InteractionKind = "meet"
    actor: Annotated[
        Participant | None,
        Meta(description="Actor; null: the member for whom the token acts.", examples=[{"address": "ada@example.org"}]),
    ] = None
    key: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200, pattern=TEXT)] | None,
        Meta(description="Your own key. Written again with the same key and kind, it is replaced."),
    ] = None
    channel_id: Annotated[ChannelId | None, Meta(description="Where it happened.")] = None
    title: Annotated[
        Annotated[str, Meta(max_length=1000, pattern=TEXT)] | None,
        Meta(description="Its subject.", examples=["Cocktail party"]),
    ] = None
    text: Annotated[
        Annotated[str, Meta(max_length=100_000, pattern=TEXT)] | None, Meta(description="What was said.")
    ] = None
    url: Annotated[Annotated[str, Meta(max_length=1000, pattern=TEXT)] | None, Meta(description="A page on it.")] = None
    visibility: Visibility = "private"


class WrittenInteraction(InteractionDetail, frozen=True):
    """An interaction as it was written."""

    open: Annotated[
        list[str],
        Meta(
            description="Ids of identities that kith did not know before. They are resolved like any other.",
            examples=[["idn_06ae9jv9tg8009z1ajt0ds00tg"]],
        ),
    ]


@post(
    "/v1/interactions",
    operation_id="createInteraction",
    tags=["interactions"],
    scopes=["interactions:read", "interactions:write"],
    errors=["conflict", "quota_exceeded"],
)
async def create_interaction(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    payload: NamedDependency[InteractionCreate],
    sight: NamedDependency[Sight],
    once: NamedDependency[Once],
) -> Response[WrittenInteraction]:
    """Write one interaction, such as a meeting or a call.

    Each participant is named in one way: by an id, an address, a handle with its network, or a name. Known addresses
    and handles are found. A name alone, or what kith does not know, becomes an identity of its own, which is resolved
    like any other. If `occurred_at` lies in the future, the present counts.
    """
    source = await open_written(request, db, token)
    named = await _participants(db, token, source.id, payload)
    async with narrowed(db, sight.rows):
        channel = await channel_named(db, token.workspace_id, payload.channel_id)
    ref = InteractionRef("app", payload.key or new_id().hex, payload.kind, encode("source", source.id))
    occurred_at = datetime.combine(payload.occurred_at.date(), payload.occurred_at.timetz())  # the plain type
    targets = dict.fromkeys(each.ref for each in named[1:])
    told = Interaction(
        ref, named[0].ref, occurred_at, tuple(Target(each) for each in targets), channel, title=payload.title,
        text=payload.text, url=payload.url, visibility=payload.visibility,
    )  # fmt: skip
    act_id, open_ids = await write_act(db, token, source.id, told, named)
    shown = await detail(db, token.workspace_id, act_id, sight)
    body = shape(WrittenInteraction, shown, open=[encode("identity", id_) for id_ in open_ids])
    return await once.answer(body, 201, {"Location": f"/v1/interactions/{body.id}"})


@delete(
    "/v1/interactions/{interaction_id:str}",
    operation_id="deleteInteraction",
    tags=["interactions"],
    scopes=["interactions:read", "interactions:write"],
    errors=["not_found", "conflict", "precondition_failed"],
    status_code=200,
)
async def delete_interaction(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    token: NamedDependency[Token],
    interaction_id: FromPath[str],
    sight: NamedDependency[Sight],
) -> InteractionDetail:
    """Take back an interaction that the same app, or a member by hand, has written.

    It stays where another source tells it too. The answer is its last version.
    """
    key = from_path("interaction", interaction_id)
    conditional = await is_conditional(request, db, token.workspace_id)
    async with narrowed(db, sight.rows):
        shown = await detail(db, token.workspace_id, key, sight)
    if conditional:
        check_content(request, shown)
    source = await written_by(db, token)
    if not await writing.take_back(db, token.workspace_id, source.id, key, datetime.now(UTC)):
        raise Problem("conflict", "Another source told of it; what a network tells is taken back by its source.")
    return shown


async def write_act(
    db: Db, token: Token, source_id: UUID, told: Interaction, named: Sequence[Named]
) -> tuple[UUID, list[UUID]]:
    """Store an act with those who took part; return its id, and those of identities that kith did not know before."""
    new = {each.ref: each.told for each in named if each.told is not None}
    records: list[Record] = [told, *new.values()]
    act, *others = await writing.write(db, token.workspace_id, source_id, token.id_key, records, atomic=True)
    for written in (act, *others):
        if written.outcome == "refused" and written.problem:
            raise Problem("invalid_body", written.problem.reason, Fault("invalid", written.problem.reason, pointer=""))
    if act.id is None:
        raise LookupError(told.ref)
    open_ids = [one.id for one in others if one.outcome == "created" and one.id]
    if open_ids:
        await project.settle(db, token.workspace_id, datetime.now(UTC), open_ids)
    return act.id, open_ids


async def _participants(db: Db, token: Token, source_id: UUID, payload: InteractionCreate) -> list[Named]:
    """Return who acted, and towards whom."""
    found = Participants(db, token.workspace_id, source_id)
    actor = await (found.of_member(token) if payload.actor is None else found.find(payload.actor, "/actor"))
    return [actor, *[await found.find(each, f"/participants/{n}") for n, each in enumerate(payload.participants)]]


async def channel_named(db: Db, workspace_id: UUID, channel_id: str | None) -> Ref | None:
    """Return the key of the channel that a body names at ``channel_id``. Raises Problem."""
    if channel_id is None:
        return None
    key = await channels.key_of(db, workspace_id, from_body("channel", "/channel_id", channel_id))
    if key is None:
        raise unknown("channel", "/channel_id")
    return Ref(*key)


ROUTES = [create_interaction, delete_interaction]
