from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.conversations.schemas import Conversation, ConversationDetail, ConversationsParams, Participation
from kith.api.http.ids import from_path, from_query, many_from_query, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.shapes import shape
from kith.api.refs import IdentityRef
from kith.domain.scopes import Sight
from kith.store import conversations as store
from kith.store import identities
from kith.store.db import Db

PARTICIPANTS_SHOWN = 50


@get(
    "/v1/conversations",
    operation_id="listConversations",
    tags=["conversations"],
    scopes=["conversations:read"],
    sealed=True,
)
async def list_conversations(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[ConversationsParams],
    sight: NamedDependency[Sight],
) -> Response[Page[Conversation]]:
    """List conversations.

    The latest interaction first.
    """
    wanted = store.ConversationFilter(
        channel_id=from_query("channel", "channel", params.channel),
        networks=params.network,
        last_since=params.since,
        last_before=params.before,
        ids=many_from_query("conversation", "ids", params.ids),
    )
    key = after(request, params, tuple[datetime, UUID])
    rows = await store.list_conversations(db, workspace_id, wanted, key, params.limit + 1)
    total = await store.count_conversations(db, workspace_id, wanted) if params.include else None

    def show(row: store.Conversation) -> Conversation:
        return Conversation.of(row, sight)

    return page(request, params, rows, show, lambda row: (row.last_at, row.id), total)


@get(
    "/v1/conversations/{conversation_id:str}",
    operation_id="getConversation",
    tags=["conversations"],
    scopes=["conversations:read"],
    errors=["not_found"],
    sealed=True,
)
async def get_conversation(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    conversation_id: FromPath[str],
    sight: NamedDependency[Sight],
) -> ConversationDetail:
    """Show one conversation and its participants.

    `GET /v1/interactions?conversation=` lists its interactions.
    """
    key = from_path("conversation", conversation_id)
    found = await store.get_conversation(db, workspace_id, key)
    if found is None:
        raise not_found("conversation")
    parts = await store.list_participations(db, workspace_id, key, PARTICIPANTS_SHOWN)
    refs = await identities.get_refs(db, workspace_id, [part.identity_id for part in parts])
    shown = [shape(Participation, part, identity=IdentityRef.of(refs[part.identity_id])) for part in parts]
    return ConversationDetail.of(found, sight, participants=shown)


ROUTES = [list_conversations, get_conversation]
