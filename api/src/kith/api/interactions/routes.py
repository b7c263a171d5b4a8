from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.auth import require
from kith.api.http.ids import from_path, from_query, many_from_query
from kith.api.http.paging import Page, after, page
from kith.api.interactions.detail import detail
from kith.api.interactions.replies import ROUTES as REPLIES
from kith.api.interactions.schemas import Interaction, InteractionDetail, InteractionsParams, shape_all
from kith.api.interactions.writing import ROUTES as WRITING
from kith.domain.scopes import FIELDS, Sight
from kith.store import interactions as store
from kith.store import people
from kith.store.db import Db


@get(
    "/v1/interactions",
    operation_id="listInteractions",
    tags=["interactions"],
    scopes=["interactions:read"],
    sealed=True,
)
async def list_interactions(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[InteractionsParams],
    sight: NamedDependency[Sight],
) -> Response[Page[Interaction]]:
    """List and search interactions.

    Newest first. `q` searches titles and texts, and needs the scope `interactions:text:read`; `ids` looks up those that
    other answers name.
    """
    if params.q is not None:
        require(request, FIELDS["text"])
    wanted = store.InteractionFilter(
        identity_ids=await _identities(db, workspace_id, params),
        channel_id=from_query("channel", "channel", params.channel),
        conversation_id=from_query("conversation", "conversation", params.conversation),
        kinds=params.kind,
        since=params.since,
        before=params.before,
        words=params.q,
        ids=many_from_query("interaction", "ids", params.ids),
    )
    key = after(request, params, tuple[datetime, UUID])
    rows = await store.list_interactions(db, workspace_id, wanted, key, params.limit + 1)
    shown = await shape_all(db, workspace_id, rows, sight)
    return page(request, params, rows, lambda row: shown[row.id], lambda row: (row.occurred_at, row.id))


async def _identities(db: Db, workspace_id: UUID, params: InteractionsParams) -> Sequence[UUID] | None:
    """Return the identities that the list is narrowed to: the person's, the one asked for, or what is in both."""
    person = from_query("person", "person", params.person)
    identity = from_query("identity", "identity", params.identity)
    if person is None:
        return None if identity is None else [identity]
    mine = await people.identities_of(db, workspace_id, person)
    return mine if identity is None else [one for one in mine if one == identity]


@get(
    "/v1/interactions/{interaction_id:str}",
    operation_id="getInteraction",
    tags=["interactions"],
    scopes=["interactions:read"],
    errors=["not_found"],
    sealed=True,
)
async def get_interaction(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    interaction_id: FromPath[str],
    sight: NamedDependency[Sight],
) -> InteractionDetail:
    """Show one interaction.

    Actor, targets, place, time and text; of what holds until it ends, since when and until when.
    """
    return await detail(db, workspace_id, from_path("interaction", interaction_id), sight)


ROUTES = [list_interactions, get_interaction, *WRITING, *REPLIES]
