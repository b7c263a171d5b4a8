"""The OpenAPI 3.1 document, made from the routes: ``python -m kith.api.openapi [--check]``.

What Litestar would write itself cannot be published (no error responses of ours, random examples, bounds and
discriminators lost, nullable parameters). Paths, ids and texts come from the handlers, every schema from msgspec, and
refusals from ``problems.KINDS``; the result is the same, byte for byte, for the same code.
"""

import inspect
import re
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from kith.api.batches import records
from kith.api.connectors.schemas import Name as ConnectorName
from kith.api.events.stream import ROUTES as STREAM
from kith.api.events.stream import SSE
from kith.api.expansions import Expanded
from kith.api.health.schemas import Readiness
from kith.api.hooks.routes import ROUTES as HOOKS
from kith.api.http import expand, ids, inputs, moments, problems
from kith.api.http.idempotency import Once
from kith.api.http.limits import cost_of
from kith.api.http.paging import Listing
from kith.api.routes import ROUTES
from kith.domain.scopes import SCOPES

FILE = Path("openapi/kith.json")
PUBLISHED = [*ROUTES, *(handler for handler in (*HOOKS, *STREAM) if not handler.opt.get("hidden"))]
"""Every operation of the document: the routes, what networks call, and the stream."""

TAGS = {
    "search": "Anything, by its name or by what was said.",
    "people": "Who there is: one person, whatever the number of accounts.",
    "identities": "Accounts, addresses and handles on the networks.",
    "identity-suggestions": "Pairs of identities that may be one person, for a human to judge.",
    "decisions": "The ledger of what was decided on identities; it only grows.",
    "resolution": "How sure kith has to be that two identities are one person.",
    "organizations": "Employers and groups, and who belonged to them when.",
    "channels": "Where people meet.",
    "conversations": "Threads of interactions.",
    "interactions": "Dated acts, towards one, many or nobody.",
    "batches": "Records that an app writes, many at once.",
    "asks": "Open questions and requests of people, and who could answer them.",
    "watches": "Who or what is listened for, and how right that is.",
    "mentions": "What is said of whom, where, and whether our people were there.",
    "dialogue": "Who converses and who broadcasts, whom they answer, and who answers them.",
    "relationships": "Who is in touch with whom, how much, and on what that rests.",
    "communities": "Who belongs together, who matters there, and how they do.",
    "topics": "What people talk about, and whom to ask.",
    "notes": "Notes, tags and fields of a workspace's own, which no source overwrites.",
    "erasures": "Who was erased for good, with receipts.",
    "objections": "Who objects to being scored.",
    "consents": "For which purposes data of people may be used.",
    "data-reports": "All that kith holds of a person, for that person.",
    "rights-requests": "What people who are no members asked for, with deadlines.",
    "groups": "Saved selections of people, and how they stand with each other.",
    "connectors": "The code that reads a network.",
    "sources": "Configured uses of connectors, and what they have read.",
    "runs": "Single readings of a source.",
    "uploads": "Large files on their way in, by the tus protocol.",
    "imports": "Files that were read once, each into a source of its own.",
    "exports": "What a workspace takes away, as files.",
    "jobs": "Background work.",
    "events": "What happened in kith.",
    "webhooks": "Where events are handed on to.",
    "audit": "Who changed what; it only grows.",
    "members": "Humans who may sign in to the workspace, and who is invited.",
    "apps": "OAuth clients: who may ask members to be let in.",
    "grants": "What members granted apps.",
    "tokens": "Personal tokens.",
    "workspaces": "Tenants: what they are called, take, and may take.",
    "meta": "The service itself.",
}

DRAFTS = frozenset({"apps", "audit", "grants", "members", "tokens", "workspaces"})
"""What may still change in any way: operations with these tags."""

DESCRIPTION = """\
Relationship intelligence for communities: who is really in touch with whom, with evidence.

**Tokens** belong to one workspace and to scopes; each operation names the scopes that it needs. \
**Lists** page by `cursor`: follow `next_cursor`, or the `Link` header, until `has_more` is false. \
**Refusals** are `application/problem+json` (RFC 9457): decide on `code`. \
**Unknown** query parameters and body fields are refused by name. \
**New** fields, kinds and codes may appear within `v1`: ignore what you do not know. \
What is marked with `x-draft` may change in any way.
"""

_PARAMETERS = {
    "person_id": ids.PersonId,
    "other_id": ids.PersonId,
    "identity_id": ids.IdentityId,
    "channel_id": ids.ChannelId,
    "conversation_id": ids.ConversationId,
    "interaction_id": ids.InteractionId,
    "ask_id": ids.InteractionId,
    "source_id": ids.SourceId,
    "source": ids.SourceId,
    "run_id": ids.RunId,
    "decision_id": ids.DecisionId,
    "suggestion_id": ids.SuggestionId,
    "group_id": ids.GroupId,
    "organization_id": ids.OrganizationId,
    "affiliation_id": ids.AffiliationId,
    "community_id": ids.CommunityId,
    "topic_id": ids.TopicId,
    "note_id": ids.NoteId,
    "attribute_id": ids.AttributeId,
    "webhook_id": ids.WebhookId,
    "watch_id": ids.WatchId,
    "mention_id": ids.MentionId,
    "erasure_id": ids.ErasureId,
    "upload_id": ids.UploadId,
    "objection_id": ids.ObjectionId,
    "data_report_id": ids.DataReportId,
    "consent_id": ids.ConsentId,
    "import_id": ids.ImportId,
    "rights_request_id": ids.RightsRequestId,
    "export_id": ids.ExportId,
    "job_id": ids.JobId,
    "member_id": ids.MemberId,
    "invitation_id": ids.InvitationId,
    "app_id": ids.AppId,
    "grant_id": ids.GrantId,
    "token_id": ids.TokenId,
    "workspace": ids.WorkspaceId,
    "name": ConnectorName,
    "code": str,
}
_ALWAYS = ("unauthenticated", "invalid_token", "missing_scope", "foreign_origin", "internal_error", "unavailable")
_RESPONSES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    408: "RequestTimeout",
    409: "Conflict",
    410: "Gone",
    412: "PreconditionFailed",
    413: "BodyTooLarge",
    415: "UnsupportedMediaType",
    422: "Unprocessable",
    429: "TooManyRequests",
    460: "ChecksumMismatch",
    500: "InternalError",
    503: "Unavailable",
}
_REF = "#/components/schemas/{name}"

Json = dict[str, Any]


@cache
def document() -> Json:
    """Return the document of every route in the registry: made once, in half a second, and changed by nobody."""
    kinds: list[Any] = [problems.ProblemDetails, Expanded]
    for handler in PUBLISHED:
        kinds += [kind for kind in (_answer(handler), inputs.declared(handler.fn, "payload")) if kind is not None]
    schemas = _schemas(kinds) | records.schemas()
    for handler in PUBLISHED:
        if _expands(handler):
            schemas[_name(_answer(handler))]["properties"]["expanded"] = _EXPANDED
    paths: Json = {}
    for handler in PUBLISHED:
        path = re.sub(r":str\}", "}", next(iter(handler.paths)))
        for method in sorted(handler.http_methods):
            paths.setdefault(path, {})[method.lower()] = _operation(handler, method, path, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "kith",
            "version": version("kith-api"),
            "summary": "Relationship intelligence for communities",
            "description": DESCRIPTION,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
            "contact": {"name": "Who runs this installation"},
        },
        "servers": [{"url": "/", "description": "This installation."}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {name: _refusal(status) for status, name in _RESPONSES.items()},
            "headers": _HEADERS,
            "securitySchemes": {"token": _token(), "oauth": _oauth()},
        },
    }


def document_text() -> bytes:
    """Return the document as it is committed: two spaces, keys in the order of writing, a line break at the end."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n"


_HEADERS: Json = {
    "Request-Id": {"description": "Names this request in the server's log.", "schema": {"type": "string"}},
    "ETag": {"description": "Version of what is shown.", "schema": {"type": "string"}},
    "Link": {"description": 'RFC 8288: the pages rel="first" and rel="next".', "schema": {"type": "string"}},
    "Location": {"description": "Where it is to be found.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait before asking again.", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "How to prove who asks.", "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left of each quota, and seconds until all is.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "Each quota: units and seconds.", "schema": {"type": "string"}},
    "Tus-Resumable": {"description": "The version of the tus protocol.", "schema": {"type": "string"}},
    "Upload-Offset": {"description": "Bytes of an upload that have come.", "schema": {"type": "string"}},
    "Upload-Length": {"description": "Bytes that an upload has.", "schema": {"type": "string"}},
    "Upload-Metadata": {"description": "What was said of an upload at its beginning.", "schema": {"type": "string"}},
    "Upload-Expires": {"description": "When an upload is deleted.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "`true` where this is the answer given before.",
        "schema": {"type": "string"},
    },
}


_LIMITED = ["Retry-After", "RateLimit", "RateLimit-Policy"]


def _token() -> Json:
    lines = "\n".join(f"- `{name}`: {text}" for name, text in SCOPES.items())
    return {
        "type": "http",
        "scheme": "bearer",
        "description": f"A token of one workspace: `Authorization: Bearer kpat_…`. Scopes:\n\n{lines}",
    }


_APPS = (
    "For apps: a member lets one in (authorization code with PKCE, S256), or it acts by itself. An admin registers an "
    "app, its redirect URIs and the origins of its pages with `POST /v1/apps`. When the browser comes back, compare "
    "`state` and `iss`. `/.well-known/oauth-authorization-server` (RFC 8414) names all addresses, also the one that "
    "ends tokens; a refresh token is good for one renewal. docs/apps.md has samples."
)


def _oauth() -> Json:
    scopes = dict(SCOPES)
    code = {"authorizationUrl": "/oauth/authorize", "tokenUrl": "/oauth/token", "refreshUrl": "/oauth/token"}
    return {
        "type": "oauth2",
        "description": _APPS,
        "flows": {
            "authorizationCode": {**code, "scopes": scopes},
            "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": scopes},
        },
    }


def _operation(handler: HTTPRouteHandler, method: str, path: str, schemas: Json) -> Json:
    summary, _, description = inspect.cleandoc(handler.fn.__doc__ or "").partition("\n\n")
    scopes = list(handler.opt.get("scopes", ()))
    needs = f"\n\nScopes: {', '.join(f'`{scope}`' for scope in scopes)}." if scopes else ""
    operation: Json = {
        "operationId": handler.operation_id,
        "tags": list(handler.tags or ()),
        "summary": summary.rstrip("."),
        "description": f"{description or summary}{needs}",
        "security": [] if handler.opt.get("public") else [{"token": scopes}, {"oauth": scopes}],
        "parameters": _parameters(handler, method, path),
        "x-cost": cost_of(handler.opt, method),
    }
    if operation["tags"][0] in DRAFTS:
        operation["x-draft"] = True
    if "deprecated" in handler.opt:
        operation["deprecated"] = True
    if "takes" in handler.opt:
        operation["requestBody"] = {
            "required": True,
            "description": handler.opt["takes"],
            "content": {
                handler.opt.get("takes_type", "application/octet-stream"): {
                    "schema": {"type": "string", "format": "binary"}
                }
            },
        }
    if payload := inputs.declared(handler.fn, "payload"):
        body = {"schema": _ref(payload), "examples": {"example": {"value": _example(_ref(payload), schemas)}}}
        operation["requestBody"] = {
            "required": True,
            "description": "JSON.",
            "content": dict.fromkeys(inputs.accepted(method, handler.opt), body),
        }
    operation["responses"] = _responses(handler, method, schemas)
    return operation


def _parameters(handler: HTTPRouteHandler, method: str, path: str) -> list[Json]:
    found = [_path_parameter(name) for name in re.findall(r"\{([^}]+)\}", path)]
    if params := inputs.declared(handler.fn, "params"):
        found += _query_parameters(params)
    if get_type_hints(handler.fn).get("once") is Once:
        text = "Makes a retry safe: within 24 hours, the same key and request get the same answer."
        found.append(_header("Idempotency-Key", text, {"type": "string", "minLength": 1, "maxLength": 255}, "5f1c0d2e"))
    if "precondition_failed" in handler.opt.get("errors", ()):
        text = "ETag of the version that the change is based on."
        found.append(_header("If-Match", text, {"type": "string"}, '"3"'))
    for name, text, schema, required in handler.opt.get("asks", ()):
        found.append(_header(name, text, schema, schema.get("enum", [0])[0]) | {"required": required})
    if kinds := _expands(handler):
        found.append(_expand(kinds))
    if "endless" in handler.opt:
        text = "Id of the last event that the client has; as `after`."
        found.append(_header("Last-Event-ID", text, {"type": "string"}, "evt_06ay4x8wvrzj3w5mcsd0jpcm3w"))
    elif method == "GET" and path.startswith("/v1/"):
        text = "ETag that the client has; 304 when nothing changed."
        found.append(_header("If-None-Match", text, {"type": "string"}, '"8d3f6c1b2a907e45"'))
    return found


def _path_parameter(name: str) -> Json:
    schema = msgspec.json.schema(_PARAMETERS[name])
    text = schema.pop("description", "Code of a problem.")
    example = schema.pop("examples", ["not_found"])[0]
    return {"name": name, "in": "path", "required": True, "description": text, "schema": schema, "example": example}


def _query_parameters(params: type[msgspec.Struct]) -> list[Json]:
    (_,), components = msgspec.json.schema_components([params], schema_hook=moments.schema, ref_template=_REF)
    found, needed = [], components[params.__name__].get("required", [])
    for name, schema in components[params.__name__]["properties"].items():
        options = [option for option in schema.pop("anyOf", []) if option != {"type": "null"}]
        schema = {**(options[0] if options else {}), **schema}
        text = schema.pop("description")
        if schema.get("default", ()) in (None, []):
            del schema["default"]
        examples = schema.pop("examples", None)
        item: Json = {"name": name, "in": "query", "required": name in needed, "description": text, "schema": schema}
        if name in needed and examples:
            item["example"] = examples[0]
        if schema.get("format") in ("date", "date-time"):
            item["description"] += " A day or a moment."
        if schema.get("type") == "array":
            item["description"] += " Several with commas between, or one by one."
            item |= _COMMAS
            for key in ("description", "examples"):
                schema["items"].pop(key, None)
        found.append(item)
    return found


def _expands(handler: HTTPRouteHandler) -> tuple[str, ...]:
    """Return the kinds that a GET can expand."""
    return expand.expandable(handler.fn) if "GET" in handler.http_methods else ()


def _expand(kinds: tuple[str, ...]) -> Json:
    text = f"Adds what the answer mentions, in `expanded`: up to {expand.MOST} kinds, each with the scope of its list."
    items = {"type": "string", "enum": list(kinds)}
    schema = {"type": "array", "items": items, "minItems": 1, "maxItems": expand.MOST, "uniqueItems": True}
    return {"name": "expand", "in": "query", "required": False, "description": text, "schema": schema} | _COMMAS


_EXPANDED: Json = {
    "description": "With `expand`, and only at the top of an answer: what it mentions, by id.",
    "$ref": _REF.format(name="Expanded"),
}
_COMMAS: Json = {"style": "form", "explode": False}


def _header(name: str, text: str, schema: Json, example: Any) -> Json:
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema, "example": example}


def _responses(handler: HTTPRouteHandler, method: str, schemas: Json) -> Json:
    found: Json = {str(handler.status_code): _success(handler, method, schemas)}
    if method == "GET" and "scopes" in handler.opt and "endless" not in handler.opt:
        found["304"] = {"description": "What the client has is still so.", "headers": _headers("Request-Id", "ETag")}
    if handler.opt.get("moves"):
        text = "The person was joined with another; here is the living one."
        found["308"] = {"description": text, "headers": _headers("Request-Id", "Location")}
    statuses = {problems.KINDS[code].status for code in _codes(handler)}
    found |= {str(status): {"$ref": f"#/components/responses/{_RESPONSES[status]}"} for status in statuses}
    if handler.opt.get("unready"):
        found["503"] = {"description": "Something is missing.", "content": _content(Readiness, schemas)}
    return dict(sorted(found.items()))


def _codes(handler: HTTPRouteHandler) -> set[str]:
    """Return the codes of all problems that a route may answer with, given its path exists."""
    codes = set(handler.opt.get("errors", ())) | {"unknown_parameter"}
    if handler.opt.get("moves"):
        codes.add("erased")
    if handler.opt.get("cost") != 0:
        codes.add("rate_limited")
    if not handler.opt.get("public"):
        codes |= set(_ALWAYS)
    if inputs.declared(handler.fn, "params"):
        codes |= {"invalid_parameter", "invalid_cursor"}
    if inputs.declared(handler.fn, "payload"):
        codes |= {"malformed_request", "request_timeout", "unsupported_media_type", "body_too_large", "invalid_body"}
    if get_type_hints(handler.fn).get("once") is Once:
        codes |= {"request_in_progress", "idempotency_key_reused", "body_too_large"}
    return codes


def _success(handler: HTTPRouteHandler, method: str, schemas: Json) -> Json:
    kind = _answer(handler)
    names = ["Request-Id"]
    if method == "GET" and "endless" not in handler.opt:
        names += ["ETag"]
    if issubclass(inputs.declared(handler.fn, "params") or object, Listing):
        names += ["Link"]
    if method == "POST":
        names += ["Location"] if handler.status_code != 200 and handler.operation_id not in _NOWHERE else []
        names += ["Idempotency-Replayed"] if get_type_hints(handler.fn).get("once") is Once else []
    names += handler.opt.get("tells", ())
    text = {200: "OK.", 201: "Created.", 202: "Accepted; a job does the work.", 204: "Done."}[handler.status_code]
    if handler.status_code == 204:
        return {"description": text, "headers": _headers(*names)}
    content = _text(str(handler.media_type)) if kind in (str, bytes) else _content(kind, schemas)
    for media_type in handler.opt.get("also", ()):
        content |= _text(media_type)
    return {"description": text, "headers": _headers(*names), "content": content}


_NOWHERE = ("cancelJob", "receivePush")  # what they make has no address


def _text(media_type: str) -> Json:
    """Return the content of pictures and exports."""
    short = _SHORT.get(media_type)
    if short is None:
        return {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {
        media_type: {"schema": {"type": "string"}, "examples": {"example": {"summary": "Shortened.", "value": short}}}
    }


_SHORT = {
    "application/x-ndjson": '{"workspace_id": "…", "entry": {"number": 1}, "previous": "00…", "hash": "5f…"}\n',
    "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "application/graphml+xml": '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"></graphml>',
    "application/gexf+xml": '<gexf xmlns="http://gexf.net/1.3" version="1.3"></gexf>',
    "text/plain": "",
    SSE: 'id: evt_06ay4x8wvrzj3w5mcsd0jpcm3w\nevent: person.joined\ndata: {"type": "person.joined"}\n\n',
    "text/csv": "source,target,weight\r\n",
}


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _content(kind: Any, schemas: Json) -> Json:
    schema = _ref(kind)
    return {"application/json": {"schema": schema, "examples": {"example": {"value": _example(schema, schemas)}}}}


def _refusal(status: int) -> Json:
    """Return the shared response of a status, with one example for each of its codes."""
    codes = {code: kind for code, kind in problems.KINDS.items() if kind.status == status}
    examples = {
        code: {
            "summary": kind.title,
            "value": {
                "type": f"/problems/{code}",
                "title": kind.title,
                "status": status,
                "code": code,
                "detail": kind.help,
                "instance": "/v1/people",
                "request_id": "7d1f0c3e9b5a48d2",
            },
        }
        for code, kind in codes.items()
    }
    names = [
        "Request-Id",
        *({401: ["WWW-Authenticate"], 429: _LIMITED, 503: ["Retry-After"], 409: ["Retry-After"]}.get(status, [])),
    ]
    return {
        "description": "; ".join(f"`{code}`: {kind.help}" for code, kind in codes.items()),
        "headers": _headers(*names),
        "content": {
            problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}, "examples": examples}
        },
    }


def _answer(handler: HTTPRouteHandler) -> Any:
    """Return the type of a successful answer's body."""
    kind = get_type_hints(handler.fn)["return"]
    if get_origin(kind) in (Union, UnionType):
        (kind,) = (part for part in get_args(kind) if part is not Redirect)
    return get_args(kind)[0] if get_origin(kind) is Response else kind


def _schemas(kinds: list[Any]) -> Json:
    """Return the schemas of the types and of all that they refer to, by their public names."""
    _, components = msgspec.json.schema_components(kinds, schema_hook=moments.schema, ref_template=_REF)
    text = msgspec.json.encode(components).decode()
    for name in components:
        text = text.replace(f'"{_REF.format(name=name)}"', f'"{_REF.format(name=_public(name))}"')
    found: Json = {}
    for name, schema in msgspec.json.decode(text).items():
        schema["title"] = _public(name)
        found[_public(name)] = schema
    return found


def _public(name: str) -> str:
    """``Page_Person_`` is ``PersonPage``."""
    generic = re.fullmatch(r"(\w+?)_(\w+)_", name)
    return f"{generic[2]}{generic[1].removeprefix('Covered')}" if generic else name


def _ref(kind: Any) -> Json:
    return {"$ref": _REF.format(name=_name(kind))}


def _name(kind: Any) -> str:
    (schema,), _ = msgspec.json.schema_components([kind], schema_hook=moments.schema, ref_template=_REF)
    return _public(schema["$ref"].rpartition("/")[2])


def _example(schema: Json, schemas: Json) -> Any:
    """Return a value that fits the schema; the first of its examples where it has any."""
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for given in ("examples", "enum"):
        if given in schema:
            return schema[given][0]
    for options in ("anyOf", "oneOf"):
        if options in schema:
            return _example(schema[options][0], schemas)
    kind = schema.get("type")
    if kind == "object":
        return {name: _example(part, schemas) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [_example(schema["items"], schemas)]
    if kind == "string":
        return {"date-time": "2026-05-04T09:30:00Z", "date": "2026-05-04"}.get(schema.get("format", ""), "text")
    return {"boolean": False, "integer": max(1, schema.get("minimum", 1)), "number": 0.5}[str(kind)]


def main(arguments: list[str]) -> int:
    """Write the committed document; with --check only compare, and fail where it differs."""
    text = document_text()
    if arguments != ["--check"]:
        FILE.write_bytes(text)
        return 0
    if FILE.read_bytes() == text:
        return 0
    print(f"{FILE} differs from the code: run make openapi and commit it.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
