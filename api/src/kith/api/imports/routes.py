from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.batches.sources import check_quotas
from kith.api.decisions.show import author
from kith.api.http import auth
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_body, from_path, not_found, unknown
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.shapes import shape
from kith.api.imports.preview import check_mapping, preview
from kith.api.imports.schemas import ErrorsParams, Import, ImportAsked, ImportCreate, ImportPreview, ImportsParams
from kith.api.jobs.schemas import Job
from kith.api.runs.schemas import RunError
from kith.api.sources.finding import accepted, check_number, name_taken
from kith.connectors import Registry
from kith.domain.scopes import Sight
from kith.runtime.vault import Vault
from kith.store import imports as store
from kith.store import jobs, runs, sources, uploads
from kith.store.db import Db, new_id
from kith.store.errors import NameTaken
from kith.store.tokens import Token

NDJSON = "application/x-ndjson"
SAID = [
    "identities:write", "people:write", "organizations:write", "communities:write", "interactions:write", "asks:write",
    "watches:write", "notes:write", "groups:write", "privacy:write",
]  # fmt: skip
"""What people said, beside what a source tells."""


@post(
    "/v1/imports/previews",
    operation_id="previewImport",
    cost=20,
    tags=["imports"],
    scopes=["imports:write"],
    errors=["conflict"],
    safe=True,
    status_code=200,
)
async def preview_import(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    registry: NamedDependency[Registry],
    vault: NamedDependency[Vault],
    payload: NamedDependency[ImportAsked],
) -> ImportPreview:
    """Show what the beginning of an upload would become.

    The columns of a table are shown with a mapping that is guessed of them: change it where it is wrong, and give it to
    `POST /v1/imports`. Nothing is stored.
    """
    found = await _whole(db, workspace_id, payload.upload_id)
    return await preview(db, workspace_id, registry, vault, found, payload)


@post(
    "/v1/imports",
    operation_id="createImport",
    cost=20,
    tags=["imports"],
    scopes=["imports:write"],
    errors=["conflict", "quota_exceeded"],
    status_code=202,
)
async def create_import(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    registry: NamedDependency[Registry],
    payload: NamedDependency[ImportCreate],
    once: NamedDependency[Once],
) -> Response[Import]:
    """Import an upload, or try to.

    A job reads it into a source of its own, plain or packed with gzip or Zstandard, and deletes the upload once it is
    read. With `statements` it takes what people said too. With `dry_run` it only counts what there is to read, and
    keeps the upload.
    """
    config = check_mapping(registry, payload.format, payload.mapping)
    if payload.statements:
        config |= _statements(request, payload.format)
    await check_quotas(request, db, token)
    upload = await _whole(db, workspace_id, payload.upload_id)
    if await store.is_being_read(db, workspace_id, upload.id):
        raise Problem("conflict", "The upload is being imported or tried already.")
    made, source_id = new_id(), None
    if payload.dry_run:
        job_id = await jobs.ask_try_import(db, workspace_id, made)
    else:
        source_id = await _source(request, db, workspace_id, payload, config)
        job_id = await jobs.ask_sync(db, workspace_id, source_id)
    await store.create_import(
        db, workspace_id, made, upload.id, source_id, job_id, payload.name, payload.format, config, author(token)
    )
    shown = Import.of(await _find(db, workspace_id, encode("import", made)))
    return await once.answer(shown, 202, {"Location": f"/v1/imports/{shown.id}"})


@get("/v1/imports", operation_id="listImports", tags=["imports"], scopes=["imports:read"])
async def list_imports(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[ImportsParams],
) -> Response[Page[Import]]:
    """List imports.

    The newest first, trials among them.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_imports(db, workspace_id, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Import.of, lambda row: (row.id,))


@get(
    "/v1/imports/{import_id:str}",
    operation_id="getImport",
    tags=["imports"],
    scopes=["imports:read"],
    errors=["not_found"],
)
async def get_import(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], import_id: FromPath[str]
) -> Response[Import]:
    """Show one import, with its progress and what came of it.

    While it is open, `Retry-After` says when to ask again.
    """
    found = await _find(db, workspace_id, import_id)
    return Response(Import.of(found), headers={"Retry-After": "1"} if found.finished_at is None else None)


@get(
    "/v1/imports/{import_id:str}/errors",
    operation_id="exportImportErrors",
    tags=["imports"],
    scopes=["imports:read"],
    errors=["not_found"],
    media_type=NDJSON,
    also=["application/octet-stream"],
)
async def export_import_errors(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    import_id: FromPath[str],
    params: NamedDependency[ErrorsParams],
    sight: NamedDependency[Sight],
) -> Response[bytes]:
    """Export the lines that an import could not read, as NDJSON.

    Each with its place, a reason and how it begins. All others were stored.
    """
    found = await _find(db, workspace_id, import_id)
    rows: list[runs.RunError] = []
    if found.run_id is not None:
        rows = await runs.list_run_errors(db, workspace_id, found.run_id, params.after, params.limit + 1)
    shown = [shape(RunError, row, raw=row.raw if sight.text and sight.private else "") for row in rows[: params.limit]]
    headers = {"Content-Disposition": 'attachment; filename="errors.ndjson"'}
    if len(rows) > params.limit:
        last = rows[params.limit - 1].number
        headers["Link"] = f'</v1/imports/{import_id}/errors?after={last}&limit={params.limit}>; rel="next"'
    return Response(msgspec.json.Encoder().encode_lines(shown), media_type=NDJSON, headers=headers)


@delete(
    "/v1/imports/{import_id:str}",
    operation_id="undoImport",
    cost=20,
    tags=["imports"],
    scopes=["imports:write"],
    errors=["not_found", "conflict"],
    status_code=202,
)
async def undo_import(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], import_id: FromPath[str]
) -> Response[Job]:
    """Undo an import as a whole.

    A job removes its source, and takes back what no other source told. What people said stays, as all that members
    said. A trial has nothing to undo.
    """
    found = await _find(db, workspace_id, import_id)
    source = None
    if found.source_id is not None:
        source = await sources.get_source(db, workspace_id, found.source_id, lock=True)
    if source is None:
        raise Problem("conflict", "There is nothing to undo: it stored nothing, or was undone before.")
    return await accepted(db, workspace_id, await sources.begin_removal(db, workspace_id, source, withdraw=True))


def _statements(request: Request[Any, Any, Any], form: str) -> dict[str, Any]:
    """Return the config by which what people said is taken. Raises Problem."""
    if form != "ndjson":
        message = "For the import format alone."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/statements"))
    for scope in SAID:
        auth.require(request, scope)
    return {"statements": True}


async def _source(
    request: Request[Any, Any, Any], db: Db, workspace_id: UUID, payload: ImportCreate, config: dict[str, Any]
) -> UUID:
    """Create the source of an import. Raises Problem."""
    await check_number(request, db, workspace_id)
    config = {**config, "path": f"/uploads/{payload.upload_id}"}
    try:
        created = await sources.create_source(db, workspace_id, payload.format, payload.name, config)
    except NameTaken as error:
        raise name_taken(payload.name) from error
    return created.id


async def _whole(db: Db, workspace_id: UUID, upload_id: str) -> uploads.Upload:
    """Return an upload that has come whole, and that nobody else begins to read meanwhile. Raises Problem."""
    found = await uploads.get_upload(db, workspace_id, from_body("upload", "/upload_id", upload_id), lock=True)
    if found is None:
        raise unknown("upload", "/upload_id")
    if found.received < found.size:
        raise Problem("conflict", f"Of the upload {found.received} bytes of {found.size} have come: send the rest.")
    return found


async def _find(db: Db, workspace_id: UUID, import_id: str) -> store.Import:
    found = await store.get_import(db, workspace_id, from_path("import", import_id))
    if found is None:
        raise not_found("import")
    return found


ROUTES = [list_imports, create_import, preview_import, get_import, export_import_errors, undo_import]
