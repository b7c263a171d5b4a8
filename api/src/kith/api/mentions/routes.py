from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.decisions.show import author
from kith.api.http.coverage import get_coverage
from kith.api.http.idempotency import Once
from kith.api.http.ids import from_path, from_query, not_found
from kith.api.http.paging import CoveredPage, after, covered_page
from kith.api.mentions.schemas import Mention, MentionsParams, VerdictCreate
from kith.api.mentions.show import show_all, wanted
from kith.domain.scopes import Sight
from kith.store import mentions as store
from kith.store.db import Db, narrowed
from kith.store.tokens import Token


@get("/v1/mentions", operation_id="listMentions", tags=["mentions"], scopes=["watches:read"])
async def list_mentions(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[MentionsParams],
    sight: NamedDependency[Sight],
) -> Response[CoveredPage[Mention]]:
    """List what watches found.

    The newest first.
    """
    asked = await wanted(db, workspace_id, params, from_query("watch", "watch", params.watch))
    key = after(request, params, tuple[datetime, UUID])
    rows = await store.list_mentions(db, workspace_id, asked, key, params.limit + 1)
    shown = await show_all(db, workspace_id, rows, sight)
    coverage = await get_coverage(db, workspace_id)
    return covered_page(
        request, params, rows, lambda row: shown[row.id], lambda row: (row.occurred_at, row.id), coverage
    )


@post(
    "/v1/mentions/{mention_id:str}/verdicts",
    operation_id="addVerdict",
    tags=["mentions"],
    scopes=["watches:write"],
    errors=["not_found"],
)
async def add_verdict(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    mention_id: FromPath[str],
    payload: NamedDependency[VerdictCreate],
    sight: NamedDependency[Sight],
    once: NamedDependency[Once],
) -> Response[Mention]:
    """Say whether a mention is right.

    From 10 verdicts on a watch shows its precision; below one half it tells of nothing any more.
    """
    key = from_path("mention", mention_id)
    async with narrowed(db, sight.rows):
        found = await store.get_mention(db, workspace_id, key)
    if found is None:
        raise not_found("mention")
    await store.add_verdict(db, workspace_id, found, author(token), is_right=payload.right)
    async with narrowed(db, sight.rows):
        row = await store.get_mention(db, workspace_id, key)
        shown = await show_all(db, workspace_id, [row] if row else [], sight)
    return await once.answer(shown[key], 201, {})


ROUTES = [list_mentions, add_verdict]
