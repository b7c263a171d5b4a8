from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.apps.checks import check, check_scopes
from kith.api.apps.schemas import (
    App,
    AppCreate,
    AppPatch,
    Approval,
    AppsParams,
    CreatedApp,
    CreatedSecret,
    SecretCreate,
    show,
)
from kith.api.decisions.show import author
from kith.api.http.changes import note_before
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.inputs import named
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Problem
from kith.api.http.revisions import check_unchanged, tag
from kith.domain.apps import SECRET
from kith.domain.scopes import ordered
from kith.store import apps as store
from kith.store import grants
from kith.store.db import Db
from kith.store.tokens import Token

HOUR = 3600.0  # seconds


@get("/v1/apps", operation_id="listApps", tags=["apps"], scopes=["apps:read"])
async def list_apps(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[AppsParams],
) -> Response[Page[App]]:
    """List the apps of this workspace.

    Its own, and those of others that it approved; the newest first.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_apps(db, workspace_id, key[0] if key else None, params.limit + 1)
    secrets = await store.list_secrets(db, [row.id for row in rows if row.owner_id == workspace_id])
    shown = {row.id: show(row, workspace_id, secrets.get(row.id, [])) for row in rows}
    return page(request, params, rows, lambda row: shown[row.id], lambda row: (row.id,))


@post("/v1/apps", operation_id="createApp", tags=["apps"], scopes=["apps:write"], errors=["missing_scope"])
async def create_app(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    payload: NamedDependency[AppCreate],
    once: NamedDependency[Once],
) -> Response[CreatedApp]:
    """Create an app.

    The workspace approves it with all its scopes. A secret is shown only in this answer.
    """
    check(payload, payload.kind, payload.redirect_uris)
    check_scopes(payload.scopes, token.scopes)
    content = msgspec.structs.asdict(payload) | {"scopes": ordered(payload.scopes), "keys": _stored(payload.keys)}
    content |= store.logo_columns(payload.logo)
    made = await store.create_app(db, workspace_id, **content)
    await store.approve(db, workspace_id, made.id, made.scopes, author(token))
    secret = (await store.add_secret(db, workspace_id, made.id, 0))[1] if _has_secret(made) else None
    body = CreatedApp(**msgspec.structs.asdict(await _shown(db, workspace_id, made.id)), secret=secret)
    headers = {"Location": f"/v1/apps/{body.id}", "ETag": tag(made)}
    return await once.answer(body, 201, headers, kept=msgspec.structs.replace(body, secret=None))


@get("/v1/apps/{app_id:str}", operation_id="getApp", tags=["apps"], scopes=["apps:read"], errors=["not_found"])
async def get_app(db: NamedDependency[Db], workspace_id: NamedDependency[UUID], app_id: FromPath[str]) -> Response[App]:
    """Show one app."""
    found = await _find(db, workspace_id, app_id)
    return Response(await _shown(db, workspace_id, found.id), headers={"ETag": tag(found)})


@patch(
    "/v1/apps/{app_id:str}",
    operation_id="updateApp",
    ends_tokens=True,
    tags=["apps"],
    scopes=["apps:write"],
    errors=["not_found", "conflict", "precondition_failed"],
)
async def update_app(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    app_id: FromPath[str],
    payload: NamedDependency[AppPatch],
) -> Response[App]:
    """Change an app of this workspace.

    Its tokens lose at once what it no longer asks for; what it asks for beyond has to be approved.
    """
    found = await _own(db, workspace_id, app_id)
    check_unchanged(request, found)
    note_before(request, await _shown(db, workspace_id, found.id))
    asked = named(payload)
    check(payload, found.kind, asked.get("redirect_uris", found.redirect_uris))
    if "scopes" in asked:
        check_scopes(set(asked["scopes"]) - set(found.scopes), token.scopes)
        asked["scopes"] = ordered(asked["scopes"])
    if "keys" in asked:
        asked["keys"] = _stored(asked["keys"])
    if "logo" in asked:
        asked |= store.logo_columns(asked["logo"])
    if asked:
        await store.update_app(db, workspace_id, found.id, **asked)
    saved = await _find(db, workspace_id, app_id)
    return Response(await _shown(db, workspace_id, found.id), headers={"ETag": tag(saved)})


@delete(
    "/v1/apps/{app_id:str}",
    operation_id="deleteApp",
    ends_tokens=True,
    tags=["apps"],
    scopes=["apps:write"],
    errors=["not_found", "conflict", "precondition_failed"],
    status_code=200,
)
async def delete_app(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    app_id: FromPath[str],
) -> App:
    """Delete an app of this workspace.

    Its tokens end in every workspace. The answer is its last version.
    """
    found = await _own(db, workspace_id, app_id)
    check_unchanged(request, found)
    shown = await _shown(db, workspace_id, found.id)
    note_before(request, shown)
    await grants.revoke(db, workspace_id, app_id=found.id)
    await store.delete_app(db, workspace_id, found.id)
    return shown


@post(
    "/v1/apps/{app_id:str}/secrets",
    operation_id="rotateAppSecret",
    tags=["apps"],
    scopes=["apps:write"],
    errors=["not_found", "conflict"],
)
async def rotate_secret(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    app_id: FromPath[str],
    payload: NamedDependency[SecretCreate],
    once: NamedDependency[Once],
) -> Response[CreatedSecret]:
    """Replace the secret of an app.

    The one before goes on for a while, so that what uses it can change over; those before that end at once.
    """
    found = await _own(db, workspace_id, app_id)
    if not _has_secret(found):
        raise Problem("conflict", "An app of this kind, or with keys, has no secret.")
    made, text = await store.add_secret(db, workspace_id, found.id, payload.overlap_hours * HOUR)
    body = CreatedSecret(id=encode("app secret", made.id), created_at=made.created_at, secret=text)
    headers = {"Location": f"/v1/apps/{app_id}"}
    return await once.answer(body, 201, headers, kept=msgspec.structs.replace(body, secret=None))


@post(
    "/v1/apps/{app_id:str}/approvals",
    operation_id="approveApp",
    tags=["apps"],
    scopes=["apps:write"],
    errors=["not_found"],
)
async def approve_app(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    app_id: FromPath[str],
    payload: NamedDependency[Approval],
    once: NamedDependency[Once],
) -> Response[App]:
    """Approve an app for this workspace.

    Its own, a shared one, or one that registered itself. Living tokens lose at once what is no longer approved.
    """
    found = await store.find_app(db, from_path("app", app_id))
    if found is None or not (found.owner_id in (None, workspace_id) or found.shared):
        raise not_found("app")
    scopes = found.scopes if payload.scopes is None else [s for s in found.scopes if s in payload.scopes]
    check_scopes(scopes, token.scopes)
    await store.approve(db, workspace_id, found.id, scopes, author(token))
    await grants.tell(db, workspace_id)
    body = await _shown(db, workspace_id, found.id)
    return await once.answer(body, 201, {"Location": f"/v1/apps/{app_id}"})


@delete(
    "/v1/apps/{app_id:str}/approvals",
    operation_id="withdrawApproval",
    ends_tokens=True,
    tags=["apps"],
    scopes=["apps:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
)
async def withdraw_approval(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    app_id: FromPath[str],
) -> App:
    """Take the approval of an app back.

    Its tokens end in this workspace, and what members granted it is revoked. The answer is its last version. `If-Match`
    takes the ETag of the app.
    """
    found = await _find(db, workspace_id, app_id)
    check_unchanged(request, found)
    shown = await _shown(db, workspace_id, found.id)
    note_before(request, shown)
    await grants.revoke(db, workspace_id, app_id=found.id)
    await store.withdraw(db, workspace_id, found.id)
    return shown


def _has_secret(app: store.App) -> bool:
    return app.kind in SECRET and not app.keys


def _stored(keys: Any) -> list[dict[str, Any]]:
    """Return keys as they are stored."""
    found: list[dict[str, Any]] = msgspec.to_builtins(keys)
    return found


async def _find(db: Db, workspace_id: UUID, app_id: str, *, lock: bool = False) -> store.App:
    found = await store.get_app(db, workspace_id, from_path("app", app_id), lock=lock)
    if found is None:
        raise not_found("app")
    return found


async def _own(db: Db, workspace_id: UUID, app_id: str) -> store.App:
    """Return an app that the workspace owns, held until the transaction ends."""
    found = await _find(db, workspace_id, app_id, lock=True)
    if found.owner_id != workspace_id:
        raise Problem("conflict", "The app is not this workspace's own; its approval can be taken back.")
    return found


async def _shown(db: Db, workspace_id: UUID, app_id: UUID) -> App:
    row = await store.get_app(db, workspace_id, app_id)
    if row is None:
        raise not_found("app")
    own: Collection[UUID] = [row.id] if row.owner_id == workspace_id else []
    return show(row, workspace_id, (await store.list_secrets(db, list(own))).get(row.id, []))


ROUTES = [
    list_apps,
    create_app,
    get_app,
    update_app,
    delete_app,
    rotate_secret,
    approve_app,
    withdraw_approval,
]
