"""A look at what a source would read, before it is created: what can never run is refused here."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, post
from litestar.di import NamedDependency

from kith.api.http.auth import may_read_anywhere
from kith.api.http.problems import Fault, Problem
from kith.api.sources import credentials
from kith.api.sources.config import check_config, check_limits
from kith.api.sources.schemas import SourceCheck, SourceReport
from kith.connectors import Fatal, Limits, Reauthorize, Registry, Retry, is_address, locations, open_context

SECONDS = 10.0


@post(
    "/v1/sources/checks",
    operation_id="checkSourceConfig",
    tags=["sources"],
    scopes=["sources:write"],
    safe=True,
    status_code=200,
)
async def check_source_config(
    request: Request[Any, Any, Any],
    registry: NamedDependency[Registry],
    limits: NamedDependency[Limits],
    payload: NamedDependency[SourceCheck],
) -> SourceReport:
    """Check the settings of a source before it is created.

    The connector looks at what it would read, for 10 seconds at most, and nothing is stored. Settings with which no run
    can succeed are refused with the reason; what is only unavailable now is reported as not reachable.
    """
    allowed = Limits() if may_read_anywhere(request) else limits
    config = check_config(
        registry, payload.connector, credentials.divide(registry, payload.connector, payload.config).whole
    )
    check_limits(config, allowed)
    return await look(registry, payload.connector, config, allowed)


async def refuse_dead_paths(registry: Registry, connector: str, config: msgspec.Struct, limits: Limits) -> None:
    """Refuse settings that name a file or folder with which no run can succeed, as a check does.

    What lies behind an address is not asked: that may take long, and change.
    """
    named = [location for _, location in locations(config)]
    if named and not any(map(is_address, named)):
        await look(registry, connector, config, limits)


async def look(registry: Registry, connector: str, config: msgspec.Struct, limits: Limits) -> SourceReport:
    """Have the connector look at what it would read. Raises Problem where no run can succeed."""
    found = registry.connectors[connector]
    try:
        with tempfile.TemporaryDirectory(prefix="kith-", ignore_cleanup_errors=True) as folder:
            async with asyncio.timeout(SECONDS), open_context(found, config, Path(folder), limits) as context:
                report = await found.check(config, context)
    except (Fatal, Reauthorize) as error:
        raise Problem("invalid_body", str(error), Fault(error.code, str(error), pointer="/config")) from error
    except Retry as error:
        return SourceReport(False, str(error), [], [])
    except TimeoutError:
        return SourceReport(False, f"The connector found nothing out within {SECONDS:g} seconds.", [], [])
    return SourceReport(True, report.detail, list(report.warnings), msgspec.to_builtins(report.preview))


ROUTES = [check_source_config]
