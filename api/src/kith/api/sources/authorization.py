"""A source is let in by OAuth: a member asks for it, grants it at the provider, and comes back to a page of ours."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
import structlog
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.kinds import Instant
from kith.api.http.problems import Problem
from kith.api.http.shapes import shape
from kith.api.pages.render import render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import sign_in_of
from kith.api.providers.routes import RETURN
from kith.api.signin.telling import record
from kith.api.sources.finding import find
from kith.connectors import ConnectorError, Limits, Provider, Registry, Secret, oauth, provider_of
from kith.domain.members import scopes_of
from kith.runtime.vault import Sealed, Unreadable, Vault
from kith.store import authorizations, jobs, members, providers, sources
from kith.store.db import Db
from kith.store.sign_ins import random_text
from kith.store.sources import Source
from kith.store.tokens import Token

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class AuthorizationRequest(msgspec.Struct, frozen=True):
    """What a person is asked to grant."""

    url: Annotated[str, Meta(description="Where to send the member, in a browser that has signed in to kith.")]
    expires_at: Annotated[Instant, Meta(description="Until when the answer is taken, once.")]


class SourceAuthorization(msgspec.Struct, frozen=True):
    """What a source was granted by OAuth."""

    provider: Annotated[str, Meta(description="Who granted it.", examples=["github"])]
    site: Annotated[str, Meta(description="At which instance.")]
    scopes: Annotated[list[str], Meta(description="What was granted, as far as the provider says so.")]
    missing: Annotated[list[str], Meta(description="What the connector asks for and was not granted.")]
    expires_at: Annotated[Instant | None, Meta(description="When its token ends; kith renews it before, where it can.")]
    renewable: Annotated[bool, Meta(description="Whether kith renews the token by itself.")]
    problem: Annotated[str | None, Meta(description="Why it holds no longer; null: it holds.")]
    authorized_at: Annotated[Instant, Meta(description="When a member granted it.")]
    renewed_at: Annotated[Instant, Meta(description="When the token was given.")]


@post(
    "/v1/sources/{source_id:str}/authorizations",
    operation_id="authorizeSource",
    tags=["sources"],
    scopes=["sources:write"],
    errors=["not_found", "conflict", "unavailable"],
    status_code=201,
)
async def authorize_source(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    registry: NamedDependency[Registry],
    limits: NamedDependency[Limits],
    vault: NamedDependency[Vault],
    token: NamedDependency[Token],
    once: NamedDependency[Once],
    source_id: FromPath[str],
) -> Response[AuthorizationRequest]:
    """Ask a member to let a source in by OAuth.

    Send the member for whom the token acts to `url`. The provider sends them back to kith, which stores what they
    granted and reads the source on. It works once, within ten minutes, and in a browser in which the same member has
    signed in.
    """
    source = await find(db, workspace_id, source_id)
    provider = _provider(registry, source)
    member = await members.get_member(db, workspace_id, token.member_id) if token.member_id else None
    if member is None:
        raise Problem("conflict", "Only a member can let a source in: this token acts for none.")
    site, scopes = provider.site_of(source.config), provider.scopes_for(source.config)
    allowed, back = Limits() if source.trusted else limits, request.app.state.settings.issuer + RETURN
    known = await find_app(db, workspace_id, provider, site, vault)
    try:
        async with oauth.reach(provider, site, allowed, [known.secret] if known else []) as http:
            app = known or await _registered(http, provider, site, back)
            state = f"{encode('workspace', workspace_id)}.{random_text()}"
            asked = await oauth.ask(http, provider, site, app, back, state, scopes)
    except ConnectorError as error:
        raise Problem("unavailable", str(error)) from error
    _provider(registry, await find(db, workspace_id, source_id, lock=True))  # as it is after the network
    if known is None:
        await _keep_registered(db, workspace_id, provider, site, vault, app)
    expires_at = await authorizations.ask(db, workspace_id, source.id, member.sign_in_id, state, site, asked.verifier)
    headers = {"Location": f"/v1/sources/{encode('source', source.id)}/authorization"}
    return await once.answer(AuthorizationRequest(asked.url, expires_at), 201, headers)


@get(
    "/v1/sources/{source_id:str}/authorization",
    operation_id="getSourceAuthorization",
    tags=["sources"],
    scopes=["sources:read"],
    errors=["not_found"],
)
async def get_source_authorization(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    registry: NamedDependency[Registry],
    source_id: FromPath[str],
) -> SourceAuthorization:
    """Show what a source was granted by OAuth."""
    source = await find(db, workspace_id, source_id)
    row = await authorizations.get(db, workspace_id, source.id)
    if row is None:
        raise not_found("authorization")
    provider = provider_of(registry.connectors.get(source.connector), source.config)
    asked = provider.scopes_for(source.config) if provider and row.scopes else []
    missing = [name for name in asked if name not in row.scopes]
    return shape(SourceAuthorization, row, missing=missing, renewable=row.key_id is not None)


@get(RETURN, operation_id="returnFromAuthorization", raw=True, **PAGE)
async def return_from_authorization(
    request: Request[Any, Any, Any],
    registry: NamedDependency[Registry],
    limits: NamedDependency[Limits],
    vault: NamedDependency[Vault],
) -> Response[str]:
    """Take what a provider adds to the address: ``state``, ``code`` or ``error``, and whatever it likes."""
    visitor = await sign_in_of(request)
    given = dict(request.query_params)
    state, code = given.get("state", ""), given.get("code", "")
    workspace_id = from_path("workspace", state.partition(".")[0])
    async with request.app.state.turns.workspace(workspace_id) as db:
        asked = await authorizations.take(db, workspace_id, visitor.sign_in.id, state)
    if asked is None:
        return _refused(request, "The answer belongs to no request of who is signed in here.")
    async with request.app.state.turns.workspace(workspace_id) as db:
        member = await members.find_member(db, workspace_id, visitor.sign_in.id)
        source = await sources.get_source(db, workspace_id, asked.source_id)
        if member is None or source is None or "sources:write" not in scopes_of(member.role):
            return _refused(request, "Who is signed in here may no longer change this source.")
        provider = _provider(registry, source)
        app = await find_app(db, workspace_id, provider, asked.site, vault)
    if app is None or provider.site_of(source.config) != asked.site:
        return _refused(request, "The source or its provider was changed meanwhile.")
    if not code:
        said = given.get("error_description") or given.get("error") or "refused"
        return _refused(request, f"{provider.title}: {said}"[:300])
    back = request.app.state.settings.issuer + RETURN
    try:
        async with oauth.reach(provider, asked.site, Limits() if source.trusted else limits, [app.secret]) as http:
            tokens = await oauth.exchange(http, provider, asked.site, app, back, code, asked.verifier)
    except ConnectorError as error:
        return _refused(request, str(error))
    async with request.app.state.turns.workspace(workspace_id) as db:
        if await sources.get_source(db, workspace_id, source.id, lock=True) is None:
            return _refused(request, "The source was deleted meanwhile.")
        await authorizations.keep(db, workspace_id, source.id, granted(provider, asked.site, tokens), vault.seal)
        await sources.hold_again(db, workspace_id, source.id)
        if source.schedule is not None:
            await jobs.ask_read_on_schedule(db, workspace_id, source.id, datetime.now(UTC), move=True)
        await record(request, db, workspace_id, member.id, "authorizeSource", encode("source", source.id))
    return render(request, "sources/authorized.html", provider=provider.title, source=source.name)


def granted(provider: Provider, site: str, tokens: oauth.Tokens) -> authorizations.Granted:
    """Return what is stored of what a provider has given."""
    expires_at = datetime.now(UTC) + timedelta(seconds=tokens.seconds) if tokens.seconds else None
    refresh = tokens.refresh.reveal() if tokens.refresh else None
    return authorizations.Granted(
        provider.name, site, provider.setting, tokens.access.reveal(), refresh, expires_at, tokens.scopes
    )


async def find_app(db: Db, workspace_id: UUID, provider: Provider, site: str, vault: Vault) -> oauth.App | None:
    """Return the operator's app at a provider, if there is one. Raises Problem where its secret cannot be opened."""
    row = await providers.get_app(db, workspace_id, provider.name, site)
    if row is None:
        return None
    if row.key_id is None or row.wrapped is None or row.sealed is None:
        return oauth.App(row.client_id)
    try:
        place = providers.place(workspace_id, provider.name, site)
        return oauth.App(row.client_id, Secret(vault.open(Sealed(row.key_id, row.wrapped, row.sealed), place)))
    except Unreadable as error:
        raise Problem("unavailable", f"The secret of the app cannot be read. {error}") from error


async def _registered(http: Any, provider: Provider, site: str, back: str) -> oauth.App:
    if not provider.register:
        message = f"No app at {provider.title} is known here: register one there, and enter it."
        raise Problem("conflict", f"{message} PUT /v1/providers/{provider.name}")
    return await oauth.register(http, provider, site, back, "kith")


async def _keep_registered(
    db: Db, workspace_id: UUID, provider: Provider, site: str, vault: Vault, app: oauth.App
) -> None:
    if await find_app(db, workspace_id, provider, site, vault):
        raise Problem("conflict", f"An app at {provider.title} was stored meanwhile: ask again.")
    place = providers.place(workspace_id, provider.name, site)
    secret = vault.seal(app.secret.reveal(), place) if app.secret else None
    await providers.save_app(db, workspace_id, provider.name, site, app.id, secret, registered=True)


def _provider(registry: Registry, source: Source) -> Provider:
    provider = provider_of(registry.connectors.get(source.connector), source.config)
    if provider is None or source.status == "deleting":
        raise Problem("conflict", "This source is let in by no provider: its credentials are among its settings.")
    return provider


def _refused(request: Request[Any, Any, Any], reason: str) -> Response[str]:
    log.warning("authorization_refused", reason=reason)
    return render(request, "sources/authorization_refused.html", status=400, reason=reason)


ROUTES = [authorize_source, get_source_authorization]
PAGES = [return_from_authorization]
