"""Where networks push to: the signature is checked, the body is stored as it came, and a job does the rest."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath

from kith.api.http.ids import from_path, not_found
from kith.api.http.problems import Problem
from kith.connectors import Pushed, Pushes, Registry, pushes_of
from kith.runtime.vault import Sealed, Vault
from kith.store import credentials, jobs, pushes, sources
from kith.store.db import Db

HEADER = 1000  # characters of a header that is kept


@post(
    "/v1/hooks/{workspace:str}/{source:str}",
    operation_id="receivePush",
    public=True,
    cost=1,
    tags=["sources"],
    errors=["not_found", "invalid_signature", "body_too_large", "request_timeout", "unavailable"],
    takes="What the network sends, of any media type.",
    media_type="text/plain",
    status_code=202,
)
async def receive_push(
    request: Request[Any, Any, Any],
    registry: NamedDependency[Registry],
    vault: NamedDependency[Vault],
    workspace: FromPath[str],
    source: FromPath[str],
) -> Response[str]:
    """Take what a network pushes to a source.

    Networks call it, at the address that the source names (`push`). It needs no token: the signature is checked as the
    network makes it, and a job does the rest. 200 repeats the challenge of a network that tries the address.
    """
    workspace_id, source_id = from_path("workspace", workspace), from_path("source", source)
    body = await request.body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    async with request.app.state.turns.workspace(workspace_id) as db:
        found = await sources.get_source(db, workspace_id, source_id)
        connector = registry.connectors.get(found.connector) if found else None
        if found is None or found.status == "deleting" or not isinstance(connector, Pushed):
            raise not_found("source")
        told = pushes_of(connector, found.config)
        await _check(db, workspace_id, source_id, told, headers, body, vault)
        if (challenge := _challenge(told, body)) is not None:
            return Response(challenge, status_code=200, media_type=MediaType.TEXT)
        wanted = {name.lower() for name in told.headers}
        kept = {name: value[:HEADER] for name, value in headers.items() if name in wanted}
        try:
            if await pushes.store(db, workspace_id, source_id, kept, body):
                await jobs.ask_receive(db, workspace_id, source_id)
        except pushes.Full as error:
            detail = "Too many pushes of this source are waiting."
            raise Problem("unavailable", detail, headers={"Retry-After": "60"}) from error
    return Response("", status_code=202, media_type=MediaType.TEXT)


@get("/v1/hooks/{workspace:str}/{source:str}", operation_id="confirmPush", public=True, hidden=True, raw=True, cost=1)
async def confirm_push(
    request: Request[Any, Any, Any],
    registry: NamedDependency[Registry],
    workspace: FromPath[str],
    source: FromPath[str],
) -> Response[str]:
    """Confirm to a hub that a source wants its pushes (WebSub). Whoever asks, unsigned pushes are never believed."""
    workspace_id, source_id = from_path("workspace", workspace), from_path("source", source)
    async with request.app.state.turns.workspace(workspace_id) as db:
        found = await sources.get_source(db, workspace_id, source_id)
    connector = registry.connectors.get(found.connector) if found else None
    challenge = request.query_params.get("hub.challenge", "")
    if found is None or found.status == "deleting" or not isinstance(connector, Pushed):
        raise not_found("source")
    wanted = pushes_of(connector, found.config).confirms and request.query_params.get("hub.mode") == "subscribe"
    if not wanted or not 0 < len(challenge) <= HEADER:
        raise not_found("source")
    return Response(challenge, status_code=200, media_type=MediaType.TEXT)


async def _check(
    db: Db, workspace_id: UUID, source_id: UUID, wanted: Pushes, headers: Mapping[str, str], body: bytes, vault: Vault
) -> None:
    """Refuse what is not signed as the connector says. One without a signature is verified by the job."""
    signature = wanted.signature
    if signature is None:
        return
    sealed = await credentials.of_source(db, workspace_id, source_id)
    found = next((one for one in sealed if one.name == signature.secret), None)
    if found is None:
        raise Problem("invalid_signature", f"The source has no {signature.secret}, with which pushes are signed.")
    place = credentials.place(workspace_id, source_id, found.name)
    secret = vault.open(Sealed(found.key_id, found.wrapped, found.sealed), place)
    if flaw := signature.flaw(headers, body, secret, datetime.now(UTC)):
        raise Problem("invalid_signature", flaw)


def _challenge(wanted: Pushes, body: bytes) -> str | None:
    """Return what a network wants back when it tries the address."""
    if wanted.challenge is None:
        return None
    try:
        found = msgspec.json.decode(body, type=dict[str, Any]).get(wanted.challenge)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, str) and len(found) <= HEADER else None


ROUTES = [receive_push, confirm_push]
