"""The application: routes, what they share, and what holds for every answer."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from functools import lru_cache, partial
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from kith.api.apps.logos import ROUTES as LOGOS
from kith.api.counting import counted
from kith.api.docs.routes import ROUTES as DOCS
from kith.api.events.hub import Hub
from kith.api.events.stream import ROUTES as STREAM
from kith.api.expansions import LOADERS
from kith.api.hooks.routes import ROUTES as HOOKS
from kith.api.http import auth, handlers, idempotency, limits, problems
from kith.api.http.cors import Origins
from kith.api.http.edge import Edge
from kith.api.http.known import Tokens
from kith.api.http.lots import Lots
from kith.api.http.turns import Turns
from kith.api.mcp import routes as mcp
from kith.api.oauth.routes import ROUTES as OAUTH
from kith.api.pages.routes import ROUTES as PAGES
from kith.api.routes import ROUTES
from kith.api.signin import letters
from kith.api.signin.passwords import Passwords
from kith.api.signin.routes import ROUTES as SIGN_IN
from kith.api.sources.authorization import PAGES as AUTHORIZATION
from kith.api.uploads import protocol as uploads
from kith.api.your_data.routes import ROUTES as YOUR_DATA
from kith.connectors import Limits, Registry, load_registry
from kith.runtime import logs
from kith.runtime.settings import Settings, load_settings
from kith.runtime.vault import Vault, open_vault
from kith.store.db import open_pool

BODY_LIMIT = 1_000_000  # bytes
KNOWN_PATHS = 1_000  # whose routes are remembered

UNPUBLISHED = [*DOCS, *PAGES, *LOGOS, *SIGN_IN, *YOUR_DATA, *OAUTH, *HOOKS, *AUTHORIZATION, *STREAM, *mcp.ROUTES]
"""Routes that the OpenAPI document leaves out."""


class Shared(State):
    """What requests share, as plain attributes: each request asks for some, and Litestar's own take longer."""

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "_state", self.__dict__)  # so that the mapping holds what the attributes do

    def __setattr__(self, key: str, value: Any) -> None:
        object.__setattr__(self, key, value)


class Kith(Litestar):
    """Litestar, within the edge; reads, and what says ``straight=True``, go past it."""

    edge: Edge

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        every = (handler for route in self.routes for handler in getattr(route, "route_handlers", ()))
        self._posts = {
            path for each in every if each.opt.get("straight") and "POST" in each.http_methods for path in each.paths
        }
        self._straight = lru_cache(KNOWN_PATHS)(partial(handlers.straight, self))

    def configure(self, settings: Settings) -> None:
        """Take settings for the next lifespan; nothing of an earlier one is kept but the routes."""
        logs.configure(settings.log_level)
        self.state = shared = Shared()
        shared.settings, shared.registry, shared.origins = settings, load_registry(), Origins(settings.cors_origins)
        shared.loaders, shared.counted, shared.owners = LOADERS, {}, {}
        self.edge = Edge(
            self.answer, self.routes, shared.origins, logged=logs.includes(settings.log_level, "info"),
            abilities={uploads.PATH: uploads.abilities(settings)},
        )  # fmt: skip

    def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        beyond = self.edge if scope["type"] == "http" else super().__call__
        return beyond(scope, receive, send)

    def answer(self, scope: Any, receive: Any, send: Any) -> Any:
        """Answer what the edge lets pass."""
        method, path = scope["method"], scope["path"]
        goes = method == "GET" or path in self._posts
        if goes and not scope.get("root_path") and (found := self._straight(method, path)):
            return handlers.answer_straight(found, scope, receive, send)
        return super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None) -> Kith:
    """Return the ASGI application; it connects to PostgreSQL when its lifespan begins.

    Raises RuntimeError when a route is neither public nor declares its scopes.
    """

    async def provide_registry() -> Registry:
        found: Registry = app.state.registry
        return found

    async def provide_limits() -> Limits:
        return Limits(app.state.settings.source_folders, app.state.settings.private_addresses)

    async def provide_vault() -> Vault:
        return open_vault(app.state.settings)

    app = Kith(
        [handlers.direct(handler) for handler in (*ROUTES, *UNPUBLISHED)],
        dependencies={
            "registry": Provide(provide_registry),
            "limits": Provide(provide_limits),
            "vault": Provide(provide_vault),
        },
        exception_handlers={**problems.HANDLERS, idempotency.Replay: idempotency.replay},
        lifespan=[_connected],
        openapi_config=None,  # kith.api.openapi writes it
        request_max_body_size=BODY_LIMIT,
        logging_config=None,
    )
    auth.check_scopes([*ROUTES, *UNPUBLISHED])
    app.configure(load_settings(os.environ) if settings is None else settings)
    return app


@asynccontextmanager
async def _connected(app: Litestar) -> AsyncGenerator[None, None]:
    settings: Settings = app.state.settings
    if settings.database_url is None:
        raise RuntimeError("KITH_DATABASE_URL is not set; `kith up` starts the embedded PostgreSQL and sets it.")
    pool = await open_pool(settings.database_url, size=settings.pool_size, statement_seconds=settings.statement_seconds)
    async with pool, limits.opened(settings) as app.state.limits, letters.opened(app.state):
        turns = Turns(pool, settings.pool_size - 1, 2 * settings.statement_seconds)  # one is for /readyz
        tokens = Tokens(turns)
        app.state.pool, app.state.turns, app.state.tokens = pool, turns, tokens
        app.state.lots = Lots(turns)
        app.state.origins.turns = turns
        if isinstance(app, Kith):
            app.edge.limits = app.state.limits
        app.state.hub = hub = Hub()
        async with (
            tokens.listening(settings.database_url),
            hub.listening(settings.database_url),
            mcp.opened() as app.state.agents,
        ):
            with closing(Passwords()) as app.state.passwords:
                async with counted(app.state):
                    yield
