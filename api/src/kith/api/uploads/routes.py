from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.batches.sources import check_quotas
from kith.api.decisions.show import author
from kith.api.http import changes
from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_path, not_found
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.uploads import protocol
from kith.api.uploads.schemas import Upload, UploadsParams, filename
from kith.runtime.vault import Box, Vault
from kith.store import uploads as store
from kith.store.db import Db, new_id
from kith.store.tokens import Token

PIECE_BYTES = 1 << 20  # stored in one transaction: of what was sent, no more is lost when kith is killed
CHECKED_BYTES = 8 << 20  # of one request with a checksum, which is kept in memory until that is compared

_ABOUT = ["Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Expires", "Tus-Resumable"]
_LENGTH = ("Upload-Length", "Bytes that the file has.", {"type": "integer", "minimum": 0, "maximum": 10**9}, True)
_METADATA = (
    "Upload-Metadata", "Names and values in Base64, with commas between; `filename` is shown.",
    {"type": "string", "enum": ["filename Y29tbXVuaXR5Lm5kanNvbg=="]}, False,
)  # fmt: skip
_OFFSET = ("Upload-Offset", "Bytes that have come before.", {"type": "integer", "minimum": 0}, True)
_CHECKSUM = (
    "Upload-Checksum", "`sha256` or `sha1`, and the digest of this body in Base64; it may have 8 MiB then.",
    {"type": "string", "enum": ["sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="]}, False,
)  # fmt: skip


@get(
    protocol.PATH,
    operation_id="listUploads",
    tags=["uploads"],
    scopes=["uploads:write"],
    headers=protocol.RESUMABLE,
)
async def list_uploads(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[UploadsParams],
) -> Response[Page[Upload]]:
    """List uploads that wait.

    The newest first.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_uploads(db, workspace_id, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Upload.of, lambda row: (row.id,))


@post(
    protocol.PATH,
    operation_id="createUpload",
    tags=["uploads"],
    scopes=["uploads:write"],
    errors=["invalid_parameter", "unsupported_tus_version", "upload_too_large", "quota_exceeded"],
    headers=protocol.RESUMABLE,
    asks=[_LENGTH, _METADATA],
    tells=_ABOUT,
)
async def create_upload(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    vault: NamedDependency[Vault],
    once: NamedDependency[Once],
) -> Response[Upload]:
    """Begin an upload (tus 1.0).

    The body is empty: its bytes follow by `PATCH` to the address in `Location`. An upload is deleted once it is read,
    and a day after its last bytes came, unless the operator says otherwise.
    """
    protocol.check_version(request)
    settings, size = request.app.state.settings, protocol.number(request, "Upload-Length")
    if size > protocol.largest(settings):
        raise Problem("upload_too_large", f"An upload may have {settings.upload_megabytes} MB at most.")
    metadata = protocol.metadata(request)
    try:
        filename(metadata)
    except ValueError as error:
        message = f"{error} (Upload-Metadata)."
        raise Problem("invalid_parameter", message, _fault("Upload-Metadata", message)) from error
    await check_quotas(request, db, token)
    quota = settings.quota_uploads
    if quota and await store.count_uploads(db, workspace_id) >= quota:
        raise Problem("quota_exceeded", f"The workspace has {quota} uploads that wait, and may have {quota}.")
    made = new_id()
    key_id, wrapped, _ = vault.new_box(store.place(workspace_id, made))
    found = await store.create_upload(
        db, workspace_id, made, size, metadata, author(token), (key_id, wrapped), _expiry(request)
    )
    shown = Upload.of(found)
    return await once.answer(shown, 201, {"Location": f"{protocol.PATH}/{shown.id}"} | protocol.headers(found))


@get(
    f"{protocol.PATH}/{{upload_id:str}}",
    operation_id="getUpload",
    tags=["uploads"],
    scopes=["uploads:write"],
    errors=["not_found", "unsupported_tus_version"],
    headers=protocol.RESUMABLE,
    tells=_ABOUT,
)
async def get_upload(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    upload_id: FromPath[str],
) -> Response[Upload]:
    """Show one upload; `HEAD` says how far it is (tus 1.0).

    What was sent is never shown.
    """
    found = await _find(db, workspace_id, upload_id)
    protocol.check_version(request)
    return Response(Upload.of(found), headers=protocol.headers(found))


@patch(
    f"{protocol.PATH}/{{upload_id:str}}",
    operation_id="appendToUpload",
    tags=["uploads"],
    scopes=["uploads:write"],
    errors=[
        "not_found", "invalid_parameter", "conflict", "unsupported_media_type", "unsupported_tus_version",
        "upload_too_large", "checksum_mismatch", "request_timeout",
    ],
    headers=protocol.RESUMABLE,
    asks=[_OFFSET, _CHECKSUM],
    tells=["Upload-Offset", "Upload-Expires", "Tus-Resumable"],
    takes="The bytes of the file from `Upload-Offset` on: as many as the client wishes to send at once.",
    takes_type=protocol.MEDIA_TYPE,
    status_code=204,
)  # fmt: skip
async def append_to_upload(
    request: Request[Any, Any, Any],
    workspace_id: NamedDependency[UUID],
    vault: NamedDependency[Vault],
    upload_id: FromPath[str],
) -> Response[None]:
    """Send bytes of an upload (tus 1.0).

    They are stored as they come: where a request breaks off, `HEAD` says from where to go on. 409 `conflict` says that
    `Upload-Offset` is not how far the upload is.
    """
    async with request.app.state.turns.view(workspace_id) as db:
        found = await _find(db, workspace_id, upload_id)
    protocol.check_version(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != protocol.MEDIA_TYPE:
        raise Problem("unsupported_media_type", f"Bytes of an upload are sent as {protocol.MEDIA_TYPE}.")
    given, offset = protocol.checksum(request), protocol.number(request, "Upload-Offset")
    if offset != found.received:
        raise _elsewhere(found)
    length = request.headers.get("content-length", "0")
    most = found.size - offset if given is None else min(found.size - offset, CHECKED_BYTES)
    if length.isdigit() and int(length) > most:
        raise _too_much(most)
    box = vault.open_box(found.key_id, found.wrapped, store.place(workspace_id, found.id))
    receiving = _Receiving(request, workspace_id, found, box)
    if given is None:
        await receiving.take()
    else:
        await receiving.take_checked(*given)
    told = protocol.headers(receiving.upload)
    return Response(None, headers={name: told[name] for name in ("Upload-Offset", "Upload-Expires")})


@delete(
    f"{protocol.PATH}/{{upload_id:str}}",
    operation_id="deleteUpload",
    tags=["uploads"],
    scopes=["uploads:write"],
    errors=["not_found", "unsupported_tus_version"],
    headers=protocol.RESUMABLE,
    tells=["Tus-Resumable"],
    status_code=204,
)
async def delete_upload(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    upload_id: FromPath[str],
) -> None:
    """Delete an upload with what was sent of it (tus 1.0)."""
    found = await _find(db, workspace_id, upload_id, lock=True)
    protocol.check_version(request)
    await store.remove(db, workspace_id, found.id)


class _Receiving:
    """One request that sends bytes of an upload. upload: as it stands with what was stored."""

    def __init__(self, request: Request[Any, Any, Any], workspace_id: UUID, upload: store.Upload, box: Box) -> None:
        self.upload = upload
        self._request, self._workspace_id, self._box = request, workspace_id, box

    async def take(self) -> None:
        """Store what comes, piece by piece; where it breaks off, what has come. Raises Problem."""
        left, waiting = self.upload.size - self.upload.received, bytearray()
        try:
            async for part in protocol.body(self._request):
                left -= len(part)
                if left < 0:
                    waiting.clear()
                    raise _too_much(self.upload.size - self.upload.received)
                waiting += part
                while len(waiting) >= PIECE_BYTES:
                    piece = bytes(waiting[:PIECE_BYTES])
                    del waiting[:PIECE_BYTES]
                    await self._put(piece)
        finally:
            if waiting:
                await self._put(bytes(waiting))

    async def take_checked(self, algorithm: str, digest: bytes) -> None:
        """Store what comes where it has this digest, and else nothing. Raises Problem."""
        most, content = min(self.upload.size - self.upload.received, CHECKED_BYTES), bytearray()
        async for part in protocol.body(self._request):
            content += part
            if len(content) > most:
                raise _too_much(most)
        protocol.check(bytes(content), algorithm, digest)
        if content:
            await self._put(bytes(content))

    async def _put(self, content: bytes) -> None:
        """Store bytes; tell the audit where they are the last. Raises Problem where others were faster."""
        at = self.upload.received
        cut = range(0, len(content), PIECE_BYTES)
        pieces = [self._sealed(at + begin, content[begin : begin + PIECE_BYTES]) for begin in cut]
        async with self._request.app.state.turns.workspace(self._workspace_id) as db:
            found = await store.append(db, self._workspace_id, self.upload.id, pieces, _expiry(self._request))
            if found is None:
                raise _elsewhere(await _find(db, self._workspace_id, encode("upload", self.upload.id)))
            if found.received == found.size:
                await changes.tell(self._request, db, None)
        self.upload = found

    def _sealed(self, at: int, piece: bytes) -> store.Piece:
        return store.Piece(at, len(piece), self._box.seal(piece, str(at)))


async def _find(db: Db, workspace_id: UUID, upload_id: str, *, lock: bool = False) -> store.Upload:
    found = await store.get_upload(db, workspace_id, from_path("upload", upload_id), lock=lock)
    if found is None:
        raise not_found("upload")
    return found


def _expiry(request: Request[Any, Any, Any]) -> datetime:
    return datetime.now(UTC) + timedelta(hours=request.app.state.settings.upload_hours)


def _elsewhere(upload: store.Upload) -> Problem:
    return Problem("conflict", f"The upload has {upload.received} bytes: go on from there.")


def _too_much(most: int) -> Problem:
    return Problem("upload_too_large", f"No more than {most} bytes may be sent now.")


def _fault(name: str, message: str) -> Fault:
    return Fault("invalid_parameter", message, parameter=name)


ROUTES = [list_uploads, create_upload, get_upload, append_to_upload, delete_upload]
