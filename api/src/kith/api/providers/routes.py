"""The operator's apps at providers of OAuth, by which sources are let in."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.ids import not_found
from kith.api.http.problems import Fault, Problem
from kith.api.providers.schemas import Provider, ProviderList, ProviderSet
from kith.connectors import Provider as Facts
from kith.connectors import Registry, providers_of
from kith.runtime.vault import Vault
from kith.store import providers as store
from kith.store.db import Db

RETURN = "/sources/authorizations/return"


@get("/v1/providers", operation_id="listProviders", tags=["sources"], scopes=["sources:read"])
async def list_providers(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    registry: NamedDependency[Registry],
) -> ProviderList:
    """List who lets sources in by OAuth.

    What each asks for and why, and which apps were entered.
    """
    rows = await store.list_apps(db, workspace_id)
    return ProviderList([_show(request, registry, name, rows) for name in sorted(_facts(registry))])


@get(
    "/v1/providers/{name:str}",
    operation_id="getProvider",
    tags=["sources"],
    scopes=["sources:read"],
    errors=["not_found"],
)
async def get_provider(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    registry: NamedDependency[Registry],
    name: FromPath[str],
) -> Provider:
    """Show one provider."""
    find_facts(registry, name)
    return _show(request, registry, name, await store.list_apps(db, workspace_id, name))


@put(
    "/v1/providers/{name:str}",
    operation_id="setProvider",
    tags=["sources"],
    scopes=["sources:write"],
    errors=["not_found"],
)
async def set_provider(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    registry: NamedDependency[Registry],
    vault: NamedDependency[Vault],
    name: FromPath[str],
    payload: NamedDependency[ProviderSet],
) -> Provider:
    """Enter the app by which sources are let in at a provider.

    In place of the one before, of the same instance. Register it there with the `return_address` first. The secret is
    sealed and never given out. What was granted to another app ends with its token.
    """
    facts = find_facts(registry, name)
    site = (payload.site or facts.site).lower()
    if not site:
        message = "This provider has many instances: name the one that the app is for."
        raise Problem("invalid_body", message, Fault("required", message, pointer="/site"))
    secret = payload.client_secret and vault.seal(payload.client_secret, store.place(workspace_id, name, site))
    await store.save_app(db, workspace_id, name, site, payload.client_id, secret or None)
    return _show(request, registry, name, await store.list_apps(db, workspace_id, name))


@delete(
    "/v1/providers/{name:str}",
    operation_id="deleteProvider",
    tags=["sources"],
    scopes=["sources:write"],
    errors=["not_found"],
    status_code=200,
)
async def delete_provider(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    registry: NamedDependency[Registry],
    name: FromPath[str],
) -> Provider:
    """Remove the apps of a provider.

    Sources are read on until their tokens end, which are not renewed then. The answer is its last version.
    """
    find_facts(registry, name)
    shown = _show(request, registry, name, await store.list_apps(db, workspace_id, name))
    await store.remove(db, workspace_id, name)
    return shown


def find_facts(registry: Registry, name: str) -> Facts:
    """Return the facts of a provider. Raises Problem where no connector names it."""
    if name not in (known := _facts(registry)):
        raise not_found("provider")
    return known[name]


def _facts(registry: Registry) -> dict[str, Facts]:
    return {facts.name: facts for one in registry.connectors.values() for facts in providers_of(one)}


def _show(request: Request[Any, Any, Any], registry: Registry, name: str, rows: list[store.ProviderApp]) -> Provider:
    users = [n for n, one in registry.connectors.items() if name in {facts.name for facts in providers_of(one)}]
    back = request.app.state.settings.issuer + RETURN
    return Provider.of(find_facts(registry, name), sorted(users), [row for row in rows if row.name == name], back)


ROUTES = [list_providers, get_provider, set_provider, delete_provider]
