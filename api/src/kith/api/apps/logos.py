"""Logos of apps: served by kith itself, so that a page which loads nothing from elsewhere can show them."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from litestar import Request, Response, get
from litestar.params import FromPath

from kith.api.http.problems import Problem
from kith.connectors import ConnectorError, Egress, Http, Limits, Manners
from kith.domain.ids import decode, encode
from kith.domain.logos import LARGEST, fault, kind_of
from kith.store import apps

_BRIEF = Manners(connect_seconds=3, read_seconds=3, total_seconds=5, tries=1, patience=0, redirects=2)
_HEADERS = {
    "Cache-Control": "public, max-age=86400, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
log: structlog.stdlib.BoundLogger = structlog.get_logger("kith.api.apps")


@get("/app-logos/{app_id:str}/{version:str}", operation_id="getAppLogo", public=True, hidden=True)
async def get_logo(request: Request[Any, Any, Any], app_id: FromPath[str], version: FromPath[str]) -> Response[bytes]:
    key = decode("app", app_id)
    async with request.app.state.turns.instance() as db:
        data = await apps.get_logo(db, key, version) if key else None
    if data is None:
        raise Problem("not_found", "There is no such logo.")
    return Response(data, media_type=kind_of(data), headers=_HEADERS)


def path_of(app_id: UUID, logo_hash: str | None) -> str | None:
    """Return the path at which an app's logo is served; None where it has none."""
    return f"/app-logos/{encode('app', app_id)}/{logo_hash}" if logo_hash else None


async def fetch(address: str, http: Http | None = None) -> bytes | None:
    """Return the logo at an address, asked once; None where there is none that will do, which is nobody's fault.

    http: for tests. Networks of the operator's own are never asked, for a stranger may name the address.
    """
    host = urlsplit(address).hostname or ""
    http = http or Http(Egress((host,), Limits((), private_addresses=False)), source="logo", manners=_BRIEF)
    try:
        data = (await http.get(address, max_bytes=LARGEST)).body
    except ConnectorError as error:
        log.info("logo_left_out", host=host, reason=str(error))
        return None
    finally:
        await http.close()
    return None if fault(data) else data


ROUTES = [get_logo]
