"""The API's documentation: the OpenAPI document and a page that shows it, with nothing loaded from elsewhere."""

import asyncio
import gzip
from functools import cache
from importlib.resources import files
from typing import Any

from litestar import Request, Response, get
from litestar.enums import MediaType
from litestar.params import FromPath

from kith.api import openapi
from kith.api.http.problems import Problem

_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "docs.js": "text/javascript",
    "docs.css": "text/css",
}
# Swagger UI writes style attributes; scripts come from here alone, and requests go nowhere else.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PUBLIC = {"Cache-Control": "public, max-age=3600"}


@get("/docs", operation_id="getDocs", public=True, hidden=True, media_type=MediaType.HTML)
async def get_docs() -> Response[bytes]:
    return Response(_read("index.html"), headers={"Content-Security-Policy": _POLICY, **_PUBLIC})


@get("/docs/{name:str}", operation_id="getDocsAsset", public=True, hidden=True)
async def get_docs_asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    if name not in _TYPES:
        raise Problem("not_found", "There is no such file.")
    content = _read(name)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(content, media_type=_TYPES[name], headers=_PUBLIC)
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding", **_PUBLIC}
    return Response(_packed(name), media_type=_TYPES[name], headers=headers)


@get("/openapi.json", operation_id="getOpenapi", public=True, hidden=True)
async def get_openapi() -> Response[bytes]:
    return Response(await asyncio.to_thread(_document), media_type=MediaType.JSON, headers=_PUBLIC)


@cache
def _document() -> bytes:
    return openapi.document_text()


@cache
def _read(name: str) -> bytes:
    folder = files("kith.api.docs").joinpath("assets")
    packed = folder.joinpath(f"{name}.gz")
    return gzip.decompress(packed.read_bytes()) if packed.is_file() else folder.joinpath(name).read_bytes()


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(_read(name), mtime=0)


ROUTES = [get_docs, get_docs_asset, get_openapi]
