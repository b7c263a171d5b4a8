from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.apps.checks import check_scopes
from kith.api.http.changes import note_before
from kith.api.http.idempotency import Once
from kith.api.http.ids import from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.revisions import check_content
from kith.api.tokens.schemas import CreatedToken, PersonalToken, TokenCreate, TokensParams, show
from kith.store import tokens as store
from kith.store.db import Db
from kith.store.tokens import Token


@get("/v1/tokens", operation_id="listTokens", tags=["tokens"], scopes=["tokens:read"])
async def list_tokens(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[TokensParams],
) -> Response[Page[PersonalToken]]:
    """List the personal tokens that live.

    The oldest first, without their text. The tokens of apps are not in it: see grants.
    """
    key = after(request, params, tuple[datetime, UUID])
    rows = await store.list_tokens(db, workspace_id, key, params.limit + 1)
    return page(request, params, rows, show, lambda row: (row.created_at, row.id))


@post("/v1/tokens", operation_id="createToken", tags=["tokens"], scopes=["tokens:write"], errors=["missing_scope"])
async def create_token(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    payload: NamedDependency[TokenCreate],
    once: NamedDependency[Once],
) -> Response[CreatedToken]:
    """Create a personal token.

    It acts for the member for whom the token acts that creates it. Its text is shown only in this answer.
    """
    check_scopes(payload.scopes, token.scopes)
    expires_at = datetime.now(UTC) + timedelta(days=payload.days) if payload.days else None
    text = await store.create_token(db, workspace_id, payload.name, payload.scopes, expires_at, token.member_id)
    made = await store.find_token(db, workspace_id, text)
    if made is None:
        raise not_found("token")
    body = CreatedToken(**msgspec.structs.asdict(show(made)), token=text)
    headers = {"Location": f"/v1/tokens/{body.id}"}
    return await once.answer(body, 201, headers, kept=msgspec.structs.replace(body, token=None))


@get(
    "/v1/tokens/{token_id:str}",
    operation_id="getToken",
    tags=["tokens"],
    scopes=["tokens:read"],
    errors=["not_found"],
)
async def get_token(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], token_id: FromPath[str]
) -> PersonalToken:
    """Show one personal token."""
    return show(await _find(db, workspace_id, token_id))


@delete(
    "/v1/tokens/{token_id:str}",
    operation_id="revokeToken",
    ends_tokens=True,
    tags=["tokens"],
    scopes=["tokens:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
)
async def revoke_token(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token_id: FromPath[str],
) -> PersonalToken:
    """Revoke a personal token.

    It ends at once on every process. The answer is its last version.
    """
    shown = show(await _find(db, workspace_id, token_id))
    check_content(request, shown)
    note_before(request, shown)
    await store.revoke_token(db, workspace_id, from_path("token", token_id))
    return shown


async def _find(db: Db, workspace_id: UUID, token_id: str) -> Token:
    found = await store.get_token(db, workspace_id, from_path("token", token_id))
    if found is None:
        raise not_found("token")
    return found


ROUTES = [list_tokens, create_token, get_token, revoke_token]
