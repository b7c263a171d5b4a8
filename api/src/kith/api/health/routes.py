from importlib.metadata import version
from typing import Any

import asyncpg
from litestar import Request, Response, get
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE
from redis.asyncio import Redis
from redis.exceptions import RedisError

from kith.api.health.schemas import Liveness, Readiness, ServiceVersion
from kith.store import health
from kith.store.db import ABSENT, Pool

_WAIT_SECONDS = 2.0


@get("/livez", operation_id="getLiveness", tags=["meta"], public=True, cost=0)
async def get_liveness() -> Liveness:
    """Check that the process runs.

    Touches nothing else.
    """
    return Liveness()


@get("/readyz", operation_id="getReadiness", tags=["meta"], public=True, cost=0, unready=True)
async def get_readiness(request: Request[Any, Any, Any]) -> Response[Readiness]:
    """Check whether requests can be answered.

    Checks PostgreSQL with the application's rights, its migrations, its disk, and Valkey; answers 503 when
    something is wrong.
    """
    state = request.app.state
    database, migrations, disk = await _look_at_database(state.pool)
    queue = await _look_at_queue(state.settings.redis_url)
    ready = {database, migrations, disk, queue} == {"ok"}
    return Response(
        Readiness(ready, database, migrations, disk, queue),
        status_code=HTTP_200_OK if ready else HTTP_503_SERVICE_UNAVAILABLE,
    )


@get("/version", operation_id="getVersion", tags=["meta"], public=True)
async def get_version() -> ServiceVersion:
    """Show the version."""
    return ServiceVersion(version("kith-api"), "v1")


async def _look_at_database(pool: Pool) -> tuple[str, str, str]:
    try:
        async with pool.acquire(timeout=_WAIT_SECONDS) as db:
            rights = await health.of_rights(db)
            migrations = await health.of_migrations(db) if rights == health.OK else "unknown"
            return rights, migrations, await health.of_disk(db)
    except (asyncpg.PostgresError, *ABSENT):
        return "away", "unknown", "unknown"


async def _look_at_queue(url: str | None) -> str:
    if url is None:
        return "not configured"
    client = Redis.from_url(url, socket_timeout=_WAIT_SECONDS, socket_connect_timeout=_WAIT_SECONDS)
    try:
        await client.ping()
    except (RedisError, OSError, TimeoutError):
        return "away"
    finally:
        await client.aclose()
    return "ok"


ROUTES = [get_liveness, get_readiness, get_version]
