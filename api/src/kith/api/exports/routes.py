import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.types import Receive, Scope, Send

from kith.api.decisions.show import author
from kith.api.exports.schemas import Export, ExportCreate, ExportsParams, is_private
from kith.api.http import auth
from kith.api.http.handlers import Streamed
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.turns import Turns
from kith.domain.scopes import FIELDS, Sight
from kith.projections.export_files import KINDS
from kith.runtime.vault import Box, Vault
from kith.store import export_files as store
from kith.store import jobs
from kith.store.db import Db, new_id
from kith.store.tokens import Token

READS = [
    "people:read", "identities:read", "organizations:read", "channels:read", "conversations:read", "interactions:read",
    "relationships:read",
]  # fmt: skip
"""What an export holds, whatever its format."""
SAID = [
    "asks:read", "communities:read", "groups:read", "notes:read", "privacy:read", "watches:read", *FIELDS.values()
]  # fmt: skip
"""What people said, beside."""
MEDIA_TYPE = "application/octet-stream"
_SUFFIXES = {"none": "", "gzip": ".gz", "zstd": ".zst"}


@post(
    "/v1/exports",
    operation_id="createExport",
    cost=20,
    tags=["exports"],
    scopes=["exports:write", *READS],
    status_code=202,
)
async def create_export(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    vault: NamedDependency[Vault],
    sight: NamedDependency[Sight],
    payload: NamedDependency[ExportCreate],
    once: NamedDependency[Once],
) -> Response[Export]:
    """Export what the workspace holds.

    A job writes it, as all is at one moment: what open sources told, with `statements` what people said too, or people
    and relationships. What the token may not see is absent. `GET /v1/exports/{export_id}/content` has the file until
    it expires.
    """
    if payload.record is not None and (payload.format != "csv" or payload.record not in KINDS):
        message = f"For tables alone, one of {', '.join(KINDS)}."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/record"))
    if payload.statements and payload.format != "ndjson":
        message = "For the import format alone."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/statements"))
    for scope in SAID if payload.statements else ():
        auth.require(request, scope)
    made, hours = new_id(), request.app.state.settings.export_hours
    key_id, wrapped, _ = vault.new_box(store.place(workspace_id, made))
    job_id = await jobs.ask_export(db, workspace_id, made)
    record = payload.record or ("interaction" if payload.format == "csv" else None)
    asked = store.Asked(
        made, job_id, payload.format, record, payload.packing, sight.contact, sight.text, payload.statements,
        sight.rows, author(token),
        key_id, wrapped, datetime.now(UTC) + timedelta(hours=hours),
    )  # fmt: skip
    await store.create_export(db, workspace_id, asked)
    shown = Export.of(await _find(db, workspace_id, encode("export", made)))
    return await once.answer(shown, 202, {"Location": f"/v1/exports/{shown.id}"})


@get("/v1/exports", operation_id="listExports", tags=["exports"], scopes=["exports:read"])
async def list_exports(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[ExportsParams],
) -> Response[Page[Export]]:
    """List exports that are kept.

    The newest first.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_exports(db, workspace_id, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Export.of, lambda row: (row.id,))


@get(
    "/v1/exports/{export_id:str}",
    operation_id="getExport",
    tags=["exports"],
    scopes=["exports:read"],
    errors=["not_found"],
)
async def get_export(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], export_id: FromPath[str]
) -> Response[Export]:
    """Show one export.

    While it is open, `Retry-After` says when to ask again.
    """
    found = await _find(db, workspace_id, export_id)
    return Response(Export.of(found), headers={"Retry-After": "1"} if found.finished_at is None else None)


@get(
    "/v1/exports/{export_id:str}/content",
    operation_id="getExportContent",
    cost=20,
    tags=["exports"],
    scopes=["exports:read", *READS],
    errors=["not_found", "conflict"],
    media_type=MEDIA_TYPE,
)
async def get_export_content(
    request: Request[Any, Any, Any],
    workspace_id: NamedDependency[UUID],
    vault: NamedDependency[Vault],
    export_id: FromPath[str],
) -> Response[bytes]:
    """Download an export.

    The token needs the scopes of all that the file holds. `Repr-Digest` (RFC 9530) has its SHA-256.
    """
    async with request.app.state.turns.view(workspace_id) as db:
        found = await _find(db, workspace_id, export_id)
    for has, field in ((found.contact, "contact"), (found.texts, "text"), (is_private(found), "private")):
        if has:
            auth.require(request, FIELDS[field])
    for scope in SAID if found.statements else ():
        auth.require(request, scope)
    if found.sha256 is None:
        raise Problem("conflict", "The export is not whole yet, or has failed.")
    box = vault.open_box(found.key_id, found.wrapped, store.place(workspace_id, found.id))
    return Response(_Content(request.app.state.turns, workspace_id, found, box))  # type: ignore[arg-type]  # sent as it is


@delete(
    "/v1/exports/{export_id:str}",
    operation_id="deleteExport",
    tags=["exports"],
    scopes=["exports:write"],
    errors=["not_found"],
    status_code=200,
)
async def delete_export(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], export_id: FromPath[str]
) -> Export:
    """Delete an export.

    The answer is how it was. One that is being written ends.
    """
    found = await _find(db, workspace_id, export_id)
    await store.remove(db, workspace_id, found.id)
    return Export.of(found)


class _Content(Streamed):
    """The file of an export, piece by piece."""

    def __init__(self, turns: Turns, workspace_id: UUID, export: store.Export, box: Box) -> None:
        self._turns, self._workspace_id, self._export, self._box = turns, workspace_id, export, box

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found, name = self._export, f"kith.{self._export.record or self._export.format}"
        digest = base64.b64encode(found.sha256 or b"").decode()
        suffix = ("" if found.record is None else ".csv") + _SUFFIXES[found.packing]
        headers = {
            "content-type": MEDIA_TYPE,
            "content-length": str(found.size),
            "content-disposition": f'attachment; filename="{name}{suffix}"',
            "repr-digest": f"sha-256=:{digest}:",
        }
        fields = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        at = found.size if scope.get("kith.head") else 0
        while at < found.size:
            async with self._turns.view(self._workspace_id) as db:
                sealed = await store.next_piece(db, self._workspace_id, found.id, at)
            if sealed is None:
                raise RuntimeError("The export was deleted while it was sent.")  # the client sees that it is cut
            piece = self._box.open(sealed, str(at))
            at += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _find(db: Db, workspace_id: UUID, export_id: str) -> store.Export:
    found = await store.get_export(db, workspace_id, from_path("export", export_id))
    if found is None:
        raise not_found("export")
    return found


ROUTES = [list_exports, create_export, get_export, get_export_content, delete_export]
