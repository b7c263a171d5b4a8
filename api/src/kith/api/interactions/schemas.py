from collections.abc import Collection, Sequence
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import msgspec
from msgspec import Meta

from kith.api.http.ids import ChannelId, ConversationId, IdentityId, InteractionId, PersonId, encode, encode_optional
from kith.api.http.kinds import TEXT, Instant, InteractionKind, Network, TargetKind, Visibility
from kith.api.http.moments import Bound
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.api.refs import ChannelRef, ConversationRef, IdentityRef
from kith.domain.scopes import Sight
from kith.domain.sentences import sentence
from kith.store import identities
from kith.store import interactions as store
from kith.store.db import Db

Kinds = Annotated[tuple[InteractionKind, ...], Meta(max_length=40, description="Is one of these.")]
Since = Annotated[Bound | None, Meta(description="Happened at or after this time.")]
Before = Annotated[Bound | None, Meta(description="Happened before this time.")]


class TimelineParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    kind: Kinds = ()
    since: Since = msgspec.field(name="occurred_at[gte]", default=None)
    before: Before = msgspec.field(name="occurred_at[lt]", default=None)


class InteractionsParams(TimelineParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    q: Annotated[
        Annotated[str, Meta(min_length=2, max_length=500, pattern=TEXT)] | None,
        Meta(description='Words of the title or text; "a phrase", or, and -without as in a web search.'),
    ] = None
    person: Annotated[PersonId | None, Meta(description="By or towards this person.")] = None
    identity: Annotated[IdentityId | None, Meta(description="By or towards this identity.")] = None
    channel: Annotated[ChannelId | None, Meta(description="In this channel.")] = None
    conversation: Annotated[ConversationId | None, Meta(description="In this conversation.")] = None
    ids: Annotated[tuple[InteractionId, ...], Meta(max_length=200, description="Is one of these.")] = ()


class InteractionTarget(msgspec.Struct, frozen=True):
    """Whom an interaction addresses, and how."""

    identity: IdentityRef
    kind: TargetKind


class Interaction(msgspec.Struct, frozen=True):
    """One dated act by an identity, towards zero or more identities."""

    id: InteractionId
    kind: InteractionKind
    native_kind: Annotated[str | None, Meta(description="The network's own word.", examples=["reviewed-by"])]
    actor: IdentityRef
    targets: Annotated[list[InteractionTarget], Meta(description="Empty for a broadcast.")]
    channel: ChannelRef | None
    conversation: ConversationRef | None
    reply_to: Annotated[
        InteractionId | None, Meta(description="The interaction that it answers, which may not have been read yet.")
    ]
    network: Network
    key: Annotated[str, Meta(description="The network's own id of it.")]
    occurred_at: Annotated[Instant, Meta(description="When it happened.")]
    stated_at: Annotated[
        Instant | None,
        Meta(description="The date it bears, where that lies beyond its arrival; `occurred_at` is the arrival then."),
    ]
    edited_at: Annotated[Instant | None, Meta(description="When it was last edited.")]
    title: Annotated[str | None, Meta(description="Its subject; null without the scope interactions:text:read.")]
    text: Annotated[
        str | None, Meta(description="Its text without quotations; null without the scope interactions:text:read.")
    ]
    url: Annotated[str | None, Meta(description="Its page on the network.")]
    visibility: Visibility
    ended_at: Annotated[
        Instant | None,
        Meta(description="When what it began (a follow, a reaction, ...) ended; null: it holds, or began nothing."),
    ]
    learnt_at: Annotated[Instant, Meta(description="When kith learned of it.")]
    sealed: Annotated[bool, Meta(description="Whether sealed sources alone tell of it, so that no number counts it.")]
    sentence: Annotated[
        str,
        Meta(
            description="The interaction in plain words.", examples=["Ada reviewed work of Bo in core on 4 May 2026."]
        ),
    ]


class Period(msgspec.Struct, frozen=True):
    """When something held that an act began."""

    since: Annotated[Instant, Meta(description="When it began.")]
    until: Annotated[Instant | None, Meta(description="When it ended; null: it holds.")]


class InferredReply(msgspec.Struct, frozen=True):
    """What a line of a room most likely answers, where its network does not say."""

    interaction: InteractionId
    chance: Annotated[float, Meta(ge=0, le=1, description="The chance that it answers this one.")]
    stated: Annotated[bool, Meta(description="Whether a member says so; else kith infers it.")]


class InteractionDetail(Interaction, frozen=True):
    """An interaction, and when what it began held."""

    inferred_reply: Annotated[
        InferredReply | None,
        Meta(description="Only for messages of a channel that stand in no conversation; never in place of `reply_to`."),
    ]

    periods: Annotated[
        list[Period], Meta(description="Of a follow, a reaction, a membership and the like; empty for other acts.")
    ]


class TimelineItem(Interaction, frozen=True):
    """An interaction, seen from one person."""

    direction: Annotated[
        Literal["given", "received"], Meta(description="Whether the person acted, or another towards the person.")
    ]


async def shape_all(
    db: Db, workspace_id: UUID, rows: Sequence[store.Interaction], sight: Sight
) -> dict[UUID, Interaction]:
    """Return what to show of interactions, by id, with one look-up for all identities that they name."""
    refs, lists = await _refs(db, workspace_id, rows)
    return {row.id: shape(Interaction, row, **_parts(row, refs, lists)) for row in _seen(rows, sight)}


async def shape_timeline(
    db: Db, workspace_id: UUID, rows: Sequence[store.Interaction], mine: Collection[UUID], sight: Sight
) -> dict[UUID, TimelineItem]:
    """Return what to show of interactions by or towards the identities ``mine``."""
    refs, lists = await _refs(db, workspace_id, rows)
    own = set(mine)
    return {
        row.id: shape(
            TimelineItem, row, direction="given" if row.actor_id in own else "received", **_parts(row, refs, lists)
        )
        for row in _seen(rows, sight)
    }


def _seen(rows: Sequence[store.Interaction], sight: Sight) -> Sequence[store.Interaction]:
    """Return interactions without what the caller does not see of them."""
    if sight.text:
        return rows
    return [msgspec.structs.replace(row, title=None, text=None, conversation_title=None) for row in rows]


async def _refs(
    db: Db, workspace_id: UUID, rows: Sequence[store.Interaction]
) -> tuple[dict[UUID, IdentityRef], frozenset[UUID]]:
    """Return what to show of the identities that the rows name, and which of them are judged to be lists."""
    named = {row.actor_id for row in rows}.union(*(row.target_ids for row in rows))
    if not named:
        return {}, frozenset()
    found = await identities.get_refs(db, workspace_id, named)
    lists = frozenset(id_ for id_, identity in found.items() if identity.is_list)
    return {id_: IdentityRef.of(identity) for id_, identity in found.items()}, lists


def _parts(row: store.Interaction, refs: dict[UUID, IdentityRef], lists: frozenset[UUID]) -> dict[str, Any]:
    """A list is a room and no target."""
    targets = [pair for pair in zip(row.target_ids, row.target_kinds, strict=True) if pair[0] not in lists]
    return {
        "id": encode("interaction", row.id),
        "actor": refs[row.actor_id],
        "targets": [InteractionTarget(refs[id_], cast("TargetKind", kind)) for id_, kind in targets],
        "channel": ChannelRef(encode("channel", row.channel_id), row.channel_name) if row.channel_id else None,
        "conversation": ConversationRef(encode("conversation", row.conversation_id), row.conversation_title)
        if row.conversation_id
        else None,
        "reply_to": encode_optional("interaction", row.reply_to),
        "sentence": sentence(
            row.kind, _name(refs[row.actor_id]), [_name(refs[id_]) for id_, _ in targets], row.channel_name,
            row.occurred_at.date(), row.title,
        ),
    }  # fmt: skip


def _name(ref: IdentityRef) -> str | None:
    return ref.person_name or ref.name
