from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.asks.heard import ROUTES as HEARD
from kith.api.asks.schemas import Ask, AskDetail, AskPatch, AskSaid, AsksParams
from kith.api.asks.show import show_all, show_one
from kith.api.decisions.show import author
from kith.api.http.coverage import get_coverage
from kith.api.http.ids import encode, from_path, from_query, not_found
from kith.api.http.paging import CoveredPage, after, covered_page
from kith.api.selections import identities_of_people, people_of
from kith.domain.scopes import Sight
from kith.projections import asks as projection
from kith.store import asks as store
from kith.store import people
from kith.store.db import Db
from kith.store.tokens import Token


@get("/v1/asks", operation_id="listAsks", tags=["asks"], scopes=["asks:read"], errors=["not_found"])
async def list_asks(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[AsksParams],
    sight: NamedDependency[Sight],
) -> Response[CoveredPage[Ask]]:
    """List open questions and requests of people.

    The newest first. `state=open` lists asks that nobody has answered, as far as sources were read; see `coverage`.
    In rooms whose messages stand in no conversation kith infers replies, and `nobody_answered` says how surely.
    """
    wanted = store.AskFilter(
        states=params.state,
        actor_ids=await _askers(db, workspace_id, params),
        topic_id=from_query("topic", "topic", params.topic),
        channel_id=from_query("channel", "channel", params.channel),
        conversation_id=from_query("conversation", "conversation", params.conversation),
        since=params.since,
        before=params.before,
        to_us=params.to_us,
        least=params.chance,
    )
    key = after(request, params, tuple[datetime, UUID])
    rows = await store.list_asks(db, workspace_id, wanted, key, params.limit + 1)
    shown = await show_all(db, workspace_id, rows, sight, datetime.now(UTC))
    coverage = await get_coverage(db, workspace_id)
    return covered_page(
        request, params, rows, lambda row: shown[row.id], lambda row: (row.occurred_at, row.id), coverage
    )


async def _askers(db: Db, workspace_id: UUID, params: AsksParams) -> list[UUID] | None:
    """Return the identities that are the person, of the group and of the community alike; None: all."""
    person = from_query("person", "person", params.person)
    named = [] if person is None else [await people.identities_of(db, workspace_id, person)]
    for name, text in (("group", params.group), ("community", params.community)):
        if text is not None:
            members = await people_of(db, workspace_id, text, name)
            named.append(await identities_of_people(db, workspace_id, members))
    return sorted(set.intersection(*map(set, named))) if named else None


@get("/v1/asks/{ask_id:str}", operation_id="getAsk", tags=["asks"], scopes=["asks:read"], errors=["not_found"])
async def get_ask(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], ask_id: FromPath[str], sight: NamedDependency[Sight]
) -> AskDetail:
    """Show one ask.

    With the reasons why it is an ask, the usual wait in its channel, and people who could answer it.
    """
    found = await store.get_ask(db, workspace_id, from_path("interaction", ask_id))
    if found is None:
        raise not_found("ask")
    return await show_one(db, workspace_id, found, sight, datetime.now(UTC))


@patch(
    "/v1/asks/{ask_id:str}", operation_id="updateAsk", tags=["asks"], scopes=["asks:write"], errors=["not_found"],
    merges=False,
)  # fmt: skip
async def update_ask(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    ask_id: FromPath[str],
    payload: NamedDependency[AskPatch],
    sight: NamedDependency[Sight],
) -> AskSaid:
    """Say what became of an ask.

    Such as: it is no ask, it was answered elsewhere, or you take it. This stays through every rebuild.
    """
    key = from_path("interaction", ask_id)
    if await store.place_of(db, workspace_id, key) is None:
        raise not_found("ask")
    await projection.state(db, workspace_id, key, payload.state, payload.taken, author(token), datetime.now(UTC))
    row = await store.get_ask(db, workspace_id, key)
    shown = await show_all(db, workspace_id, [row] if row else [], sight, datetime.now(UTC))
    return AskSaid(encode("interaction", key), payload, shown.get(key))


ROUTES = [list_asks, get_ask, update_ask, *HEARD]
