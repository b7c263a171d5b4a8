"""The application: routes, what they share, and what holds for every answer."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar, Request
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from kith.api import auth, idempotency, inputs, logs, problems, transactions
from kith.api.affiliations.routes import ROUTES as AFFILIATIONS
from kith.api.channels.routes import ROUTES as CHANNELS
from kith.api.communities.routes import ROUTES as COMMUNITIES
from kith.api.connectors.routes import ROUTES as CONNECTORS
from kith.api.conversations.routes import ROUTES as CONVERSATIONS
from kith.api.decisions.routes import ROUTES as DECISIONS
from kith.api.docs.routes import ROUTES as DOCS
from kith.api.edge import Edge
from kith.api.events.routes import ROUTES as EVENTS
from kith.api.groups.routes import ROUTES as GROUPS
from kith.api.health.routes import ROUTES as HEALTH
from kith.api.identities.routes import ROUTES as IDENTITIES
from kith.api.interactions.routes import ROUTES as INTERACTIONS
from kith.api.jobs.routes import ROUTES as JOBS
from kith.api.me.routes import ROUTES as ME
from kith.api.merges.routes import ROUTES as MERGES
from kith.api.organizations.routes import ROUTES as ORGANIZATIONS
from kith.api.people.routes import ROUTES as PEOPLE
from kith.api.relationships.routes import ROUTES as RELATIONSHIPS
from kith.api.resolution.routes import ROUTES as RESOLUTION
from kith.api.runs.routes import ROUTES as RUNS
from kith.api.sources.routes import ROUTES as SOURCES
from kith.api.suggestions.routes import ROUTES as SUGGESTIONS
from kith.api.topics.routes import ROUTES as TOPICS
from kith.api.turns import Turns
from kith.connectors import Limits, Registry, load_registry
from kith.store.db import open_pool
from kith.store.settings import Settings, load_settings

BODY_LIMIT = 1_000_000  # bytes

ROUTES: list[HTTPRouteHandler] = [
    *PEOPLE,
    *MERGES,
    *AFFILIATIONS,
    *IDENTITIES,
    *SUGGESTIONS,
    *DECISIONS,
    *RESOLUTION,
    *ORGANIZATIONS,
    *CHANNELS,
    *CONVERSATIONS,
    *INTERACTIONS,
    *RELATIONSHIPS,
    *GROUPS,
    *COMMUNITIES,
    *TOPICS,
    *CONNECTORS,
    *SOURCES,
    *RUNS,
    *JOBS,
    *EVENTS,
    *ME,
    *HEALTH,
    *DOCS,
    problems.get_problem_kind,
]

EXPOSED = ["ETag", "Link", "Location", "Retry-After", "Request-Id", "Idempotency-Replayed"]


class Kith(Litestar):
    """Litestar, within the edge."""

    edge: Edge

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self.edge(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None) -> Kith:
    """Return the ASGI application; it connects to PostgreSQL when its lifespan begins.

    Raises RuntimeError when a route is neither public nor declares its scopes.
    """
    settings = load_settings(os.environ) if settings is None else settings
    logs.configure(settings.log_level)
    registry = load_registry()

    async def provide_registry() -> Registry:
        return registry

    async def provide_limits() -> Limits:
        return Limits(settings.source_folders, settings.private_addresses)

    app = Kith(
        ROUTES,
        before_request=_admit,
        dependencies={
            "db": Provide(transactions.provide_db),
            "token": Provide(auth.provide_token, sync_to_thread=False),
            "workspace_id": Provide(auth.provide_workspace_id, sync_to_thread=False),
            "params": Provide(inputs.provide_params, sync_to_thread=False),
            "payload": Provide(inputs.provide_payload, sync_to_thread=False),
            "once": Provide(idempotency.provide_once),
            "registry": Provide(provide_registry),
            "limits": Provide(provide_limits),
        },
        exception_handlers={**problems.HANDLERS, idempotency.Replay: idempotency.replay},
        lifespan=[_connected(settings)],
        openapi_config=None,  # kith.api.openapi writes it
        request_max_body_size=BODY_LIMIT,
        cors_config=_cors(settings),
        logging_config=None,
    )
    app.state.settings = settings
    auth.check_scopes(ROUTES)
    app.edge = Edge(super(Kith, app).__call__, app.routes)
    return app


async def _admit(request: Request[Any, Any, Any]) -> None:
    """Judge a request before it is read. As guards these would cost a copy of the handler each, a tenth of a read."""
    await auth.guard(request)
    await inputs.guard(request)


def _connected(settings: Settings) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None, None]:
        if settings.database_url is None:
            raise RuntimeError("KITH_DATABASE_URL is not set; `kith up` starts the embedded PostgreSQL and sets it.")
        pool = await open_pool(
            settings.database_url, size=settings.pool_size, statement_seconds=settings.statement_seconds
        )
        async with pool:
            turns = Turns(pool, settings.pool_size - 1, 2 * settings.statement_seconds)  # one is for /readyz
            app.state.pool, app.state.turns, app.state.tokens = pool, turns, auth.Tokens(turns)
            yield

    return lifespan


def _cors(settings: Settings) -> CORSConfig | None:
    """Return who may call from a browser. Tokens travel in a header, never in cookies: no credentials."""
    origins = [origin.strip() for origin in (settings.cors_origins or "").split(",") if origin.strip()]
    if not origins:
        return None
    return CORSConfig(
        allow_origins=origins,
        allow_methods=["GET", "HEAD", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Request-Id"],
        expose_headers=EXPOSED,
        max_age=3600,
    )
