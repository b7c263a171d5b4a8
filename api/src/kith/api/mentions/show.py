"""Mentions as they are shown: who said what to whom, where, and whether our people were there."""

from collections.abc import Sequence
from uuid import UUID

from kith.api.http.ids import encode, from_query
from kith.api.http.shapes import shape
from kith.api.mentions.schemas import Mention, MentionsOfWatchParams, Quote, WatchRef
from kith.api.presence.schemas import Presence
from kith.api.presence.show import Moment
from kith.api.presence.show import show_all as show_presence
from kith.api.refs import ChannelRef, ConversationRef, IdentityRef, TopicRef
from kith.domain.scopes import Sight
from kith.store import identities, people
from kith.store import mentions as store
from kith.store.db import Db

TARGETS = 10
_PRIVATE = ("private", "direct")


async def wanted(
    db: Db, workspace_id: UUID, params: MentionsOfWatchParams, watch_id: UUID | None
) -> store.MentionFilter:
    """Return which mentions are asked for. Raises Problem."""
    person = from_query("person", "person", params.person)
    return store.MentionFilter(
        watch_id=watch_id,
        actor_ids=None if person is None else await people.identities_of(db, workspace_id, person),
        channel_id=from_query("channel", "channel", params.channel),
        conversation_id=from_query("conversation", "conversation", params.conversation),
        since=params.since,
        before=params.before,
    )


async def show_all(db: Db, workspace_id: UUID, rows: Sequence[store.Mention], sight: Sight) -> dict[UUID, Mention]:
    """Return what to show of mentions, by id."""
    if not rows:
        return {}
    named = {id_ for row in rows for id_ in (row.actor_id, *row.target_ids[:TARGETS])}
    refs = {id_: IdentityRef.of(found) for id_, found in (await identities.get_refs(db, workspace_id, named)).items()}
    moments = [
        Moment(
            row.channel_id,
            row.occurred_at,
            row.interaction_id,
            (row.actor_id, *row.target_ids),
            row.visibility in _PRIVATE,
        )
        for row in rows
    ]
    present = await show_presence(db, workspace_id, moments)
    return {row.id: _shown(row, refs, there, sight) for row, there in zip(rows, present, strict=True)}


def _shown(row: store.Mention, refs: dict[UUID, IdentityRef], present: Presence, sight: Sight) -> Mention:
    title = row.conversation_title if sight.text else None
    return shape(
        Mention,
        row,
        id=encode("mention", row.id),
        watch=WatchRef(encode("watch", row.watch_id), row.watch_name),
        interaction_id=encode("interaction", row.interaction_id),
        speaker=refs[row.actor_id],
        targets=[refs[id_] for id_ in row.target_ids[:TARGETS] if id_ in refs],
        channel=ChannelRef(encode("channel", row.channel_id), row.channel_name) if row.channel_id else None,
        conversation=ConversationRef(encode("conversation", row.conversation_id), title)
        if row.conversation_id
        else None,
        topic=TopicRef(encode("topic", row.topic_id), row.topic_name or "") if row.topic_id else None,
        quote=Quote(row.quote, row.quote_start, row.quote_stop) if sight.text else None,
        characters=len(row.quote),
        presence=present,
        right=row.is_right,
    )
