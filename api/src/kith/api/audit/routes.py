from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from kith.api.audit.schemas import AuditEntry, AuditExportParams, AuditParams, ExportedEntry
from kith.api.http.ids import from_query
from kith.api.http.paging import Page, after, page
from kith.domain import audit
from kith.store import audit as store
from kith.store.db import Db

NDJSON = "application/x-ndjson"


@get("/v1/audit", operation_id="listAudit", tags=["audit"], scopes=["audit:read"])
async def list_audit(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[AuditParams],
) -> Response[Page[AuditEntry]]:
    """List who changed what.

    The newest first. Each entry is hashed together with the one before; `kith audit verify` looks whether that holds.
    """
    wanted = store.AuditFilter(
        operations=params.operation,
        object=params.object,
        member_id=from_query("member", "member", params.member),
        app_id=from_query("app", "app", params.app),
        token_id=from_query("token", "token", params.token),
        since=params.since,
        until=params.until,
    )
    key = after(request, params, tuple[int])
    rows = await store.list_entries(db, workspace_id, wanted, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, AuditEntry.of, lambda row: (row.number,))


@get(
    "/v1/audit/export",
    operation_id="exportAudit",
    cost=20,
    tags=["audit"],
    scopes=["audit:read"],
    media_type=NDJSON,
    also=["application/octet-stream"],
)
async def export_audit(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], params: NamedDependency[AuditExportParams]
) -> Response[bytes]:
    """Export the audit as NDJSON, with its hashes.

    The oldest first, at most 10,000 lines; `Link` leads to the next. docs/operating.md says how to check the hashes.
    """
    rows = await store.read_on(db, workspace_id, params.after, params.limit + 1)
    lines = [_line(workspace_id, row) for row in rows[: params.limit]]
    headers = {"Content-Disposition": 'attachment; filename="audit.ndjson"'}
    if len(rows) > params.limit:
        following = f"/v1/audit/export?after={rows[params.limit - 1].number}&limit={params.limit}"
        headers["Link"] = f'<{following}>; rel="next"'
    return Response(b"".join(lines), media_type=NDJSON, headers=headers)


def _line(workspace_id: UUID, row: audit.Chained) -> bytes:
    entry = audit.Entry(**{name: getattr(row, name) for name in audit.Entry.__struct_fields__})
    return msgspec.json.encode(ExportedEntry(str(workspace_id), entry, row.previous.hex(), row.hash.hex())) + b"\n"


ROUTES = [list_audit, export_audit]
