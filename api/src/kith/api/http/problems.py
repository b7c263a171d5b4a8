"""Problems: every 4xx and 5xx is ``application/problem+json`` (RFC 9457), whether a route or the router refuses.

``code`` is the contract; title and detail are for humans. Each code has a page at ``/problems/{code}``.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import asyncpg
import msgspec
import structlog
from litestar import Request, Response, get
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from msgspec import Meta

from kith.store.db import ABSENT

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """status: HTTP status. title: constant. help: what it means and what to do about it."""

    status: int
    title: str
    help: str


KINDS: dict[str, Kind] = {
    "malformed_request": Kind(
        400, "The request cannot be read", "The body is not valid JSON, or is nested too deeply."
    ),
    "unknown_parameter": Kind(
        400, "Unknown parameter", "The operation has no such query parameter; errors[] names it. Check its spelling."
    ),
    "repeated_parameter": Kind(400, "Repeated parameter", "A query parameter that takes one value may be given once."),
    "invalid_parameter": Kind(400, "Invalid parameter", "A query parameter has a value that it cannot have."),
    "invalid_cursor": Kind(
        400,
        "Invalid cursor",
        "A cursor continues the list that issued it: same filters, same sort, same workspace. Start again without.",
    ),
    "unauthenticated": Kind(401, "No token", "Send Authorization: Bearer with a token of the workspace."),
    "invalid_token": Kind(401, "Invalid token", "The token is mistyped, unknown, revoked or expired."),
    "invalid_signature": Kind(
        401, "Invalid signature", "A push must be signed as its network does, with the secret that the source has."
    ),
    "missing_scope": Kind(403, "Missing scope", "The token is valid but lacks the scope that detail names."),
    "role_too_low": Kind(
        403, "The role is too low", "Only owners make owners, and change or remove them; detail says what was asked."
    ),
    "forged_form": Kind(
        403,
        "The form is not from here",
        "The form came from a page that this browser did not get from kith, or cookies are off. Load the page again.",
    ),
    "foreign_origin": Kind(
        403,
        "Foreign origin",
        "The token belongs to an app that does not name the origin of this page. Add it to the app.",
    ),
    "quota_exceeded": Kind(
        403, "Quota exceeded", "The workspace has as many of these as it may have; GET /v1/usage shows its quotas."
    ),
    "not_found": Kind(404, "Not found", "There is no such thing in this workspace, or no such path."),
    "method_not_allowed": Kind(405, "Method not allowed", "The Allow header lists the methods of this path."),
    "request_timeout": Kind(408, "Request timeout", "The request took too long to arrive. Send it again."),
    "conflict": Kind(409, "Conflict", "The request contradicts the present state; detail says how."),
    "request_in_progress": Kind(
        409,
        "Request in progress",
        "A request with this Idempotency-Key is being worked on. Try again after Retry-After.",
    ),
    "objected": Kind(
        409, "Objected", "This person objects to being scored: there is no number of them, and none that names them."
    ),
    "erased": Kind(
        410, "Erased", "This person was erased for good: delete what you hold of them, and ask for them no more."
    ),
    "events_gone": Kind(
        410,
        "Events are gone",
        "The event to read on from is kept no longer, and others may be missing behind it: read all things again.",
    ),
    "precondition_failed": Kind(
        412, "Precondition failed", "The resource has changed since the ETag given in If-Match. Read it again."
    ),
    "unsupported_tus_version": Kind(
        412, "Unsupported version of tus", "Uploads speak version 1.0.0 of the tus protocol, which Tus-Resumable names."
    ),
    "body_too_large": Kind(413, "Body too large", "A body may have 1 MB at most."),
    "upload_too_large": Kind(
        413,
        "Upload too large",
        "An upload may be as large as Tus-Max-Size says, and have as many bytes as it announced.",
    ),
    "address_too_long": Kind(414, "Address too long", "An address may have 16,384 bytes at most."),
    "unsupported_media_type": Kind(
        415, "Unsupported media type", "Send application/json; PATCH also takes application/merge-patch+json."
    ),
    "invalid_body": Kind(422, "Invalid body", "The body does not fit the schema; errors[] points at what and why."),
    "idempotency_key_reused": Kind(
        422, "Idempotency key reused", "This Idempotency-Key was used for another request within the last 24 hours."
    ),
    "rate_limited": Kind(
        429, "Too many requests", "The token, its workspace or the address has used up its units. Wait for Retry-After."
    ),
    "too_many_attempts": Kind(
        429, "Too many attempts", "Too many tries failed, or too many are being judged. Try again after Retry-After."
    ),
    "head_too_large": Kind(431, "Head too large", "A head may have 65,536 bytes and 100 fields at most."),
    "checksum_mismatch": Kind(
        460,
        "Checksum mismatch",
        "The bytes have another digest than Upload-Checksum says. They are not kept; send them again.",
    ),
    "internal_error": Kind(500, "Internal error", "A fault of kith. Report it with the request id."),
    "unavailable": Kind(
        503, "Unavailable", "The database is unavailable or overloaded, or the question too costly. Try later."
    ),
}


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong. pointer: JSON pointer into the body; parameter: name of a query parameter or header."""

    code: str
    message: str
    pointer: str | None = None
    parameter: str | None = None


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem, as RFC 9457 defines it."""

    type: Annotated[str, Meta(description="Address of the page about this code.", examples=["/problems/not_found"])]
    title: Annotated[str, Meta(description="The same for every problem of this code.", examples=["Not found"])]
    status: Annotated[int, Meta(description="The HTTP status.", ge=400, le=599, examples=[404])]
    code: Annotated[str, Meta(description="Code for programs.", examples=["not_found"])]
    detail: Annotated[str, Meta(description="Explanation of this occurrence.", examples=["There is no such person."])]
    instance: Annotated[str, Meta(description="Path of the request.", examples=["/v1/people/per_0"])]
    request_id: Annotated[str, Meta(description="Id of the request in the server's log.", examples=["0f7c6a"])]
    errors: Annotated[list[Fault], Meta(description="Single faults with their places.")] = []


class Problem(Exception):
    """A refusal that the client is told about."""

    def __init__(
        self, code: str, detail: str | None = None, *faults: Fault, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail or KINDS[code].help)
        self.code, self.faults, self.headers = code, faults, headers or {}


def response(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    request_id = str(request.scope.get("kith.request_id", ""))
    body = encode(problem, request.scope["path"], request_id)
    status = KINDS[problem.code].status
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=problem.headers)


def encode(problem: Problem, path: str, request_id: str) -> bytes:
    """Return the body that tells of a problem."""
    kind = KINDS[problem.code]
    details = ProblemDetails(
        type=f"/problems/{problem.code}",
        title=kind.title,
        status=kind.status,
        code=problem.code,
        detail=str(problem),
        instance=path,
        request_id=request_id,
        errors=list(problem.faults),
    )
    return msgspec.json.encode(details)


def answer(
    request: Request[Any, Any, Any], error: Exception, kinds: Mapping[Any, Any] | None = None
) -> Response[bytes]:
    """Return what a client is told of an error, by the nearest of its kinds. kinds: None for HANDLERS."""
    handlers = kinds or HANDLERS
    found: Response[bytes] = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)(request, error)
    return found


def from_problem(request: Request[Any, Any, Any], error: Problem) -> Response[bytes]:
    return response(request, error)


def from_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what Litestar itself refuses: no route, wrong method, body too large or not JSON."""
    if isinstance(error, NotFoundException):
        return response(request, Problem("not_found", f"There is nothing at {request.scope['path']}."))
    codes = {405: "method_not_allowed", 413: "body_too_large", 415: "unsupported_media_type"}
    code = codes.get(error.status_code, "malformed_request" if error.status_code < 500 else "internal_error")
    if code == "internal_error":
        return from_fault(request, error)
    return response(request, Problem(code, headers=dict(error.headers or {})))


def from_database(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer 503 when the database is unavailable, or stops a statement that takes too long."""
    log.warning("database", error=type(error).__name__, detail=str(error))
    return response(request, Problem("unavailable", headers={"Retry-After": "5"}))


def from_fault(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Log what nobody foresaw, in full; tell the client nothing about the inside."""
    log.error("fault", exc_info=error)
    return response(request, Problem("internal_error"))


HANDLERS: dict[int | type[Exception], Any] = {
    Problem: from_problem,
    HTTPException: from_framework,
    asyncpg.LockNotAvailableError: from_database,
    **dict.fromkeys(ABSENT, from_database),
    Exception: from_fault,
}


class ProblemKind(msgspec.Struct, frozen=True):
    """A code that problems may have."""

    code: str
    status: int
    title: str
    help: str


@get(
    "/problems/{code:str}",
    operation_id="getProblemKind",
    tags=["meta"],
    public=True,
    errors=["not_found"],
    media_type=MediaType.JSON,
)
async def get_problem_kind(code: FromPath[str]) -> ProblemKind:
    """Explain a problem code.

    The ``type`` of every problem leads here.
    """
    if code not in KINDS:
        raise Problem("not_found", "There is no such problem code.")
    return ProblemKind(code, *KINDS[code])
