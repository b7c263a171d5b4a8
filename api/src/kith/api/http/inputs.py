"""What comes in, checked before a handler sees it: query parameters and bodies become frozen structs.

A handler says what it takes by the type of ``params`` (query) or ``payload`` (body), which the OpenAPI document reads
too. What is not in the struct is refused by name.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from litestar.connection import Request
from msgspec import inspect

from kith.api.http import expand, fields, moments
from kith.api.http.problems import Fault, Problem

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
_ZERO = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # the escape, its backslash not itself escaped
_NOT_INTEGER = re.compile(r"Expected `[^`]*\bint\b[^`]*`, got `float`")
_EXACT = 2**53  # beyond it a float does not tell neighboring integers apart


@cache
def declared(fn: Callable[..., Any], name: str) -> type[msgspec.Struct] | None:
    """Return the struct that a handler takes as ``params`` or ``payload``."""
    return get_type_hints(fn).get(name)


def read_query(request: Request[Any, Any, Any], handler: Callable[..., Any]) -> None:
    """Read the query parameters that the handler takes; refuse what does not fit. Raises Problem."""
    params = declared(handler, "params")
    if request.scope["query_string"]:
        given = asked(request)
        beside = set[str]()
        if selection := fields.read(request, handler, given):
            request.scope["kith.fields"] = selection  # type: ignore[typeddict-unknown-key]  # ours
            beside.add(fields.NAME)
        if kinds := expand.read(request, handler, given):
            request.scope["kith.expand"] = kinds  # type: ignore[typeddict-unknown-key]  # ours
            beside.add(expand.NAME)
        given = [(name, value) for name, value in given if name not in beside]
        if params is None and (given or not beside):
            raise _unknown(next(iter(given), ("",))[0])
    else:
        given = []
    if params:
        request.scope["kith.params"] = _read_params(given, params)  # type: ignore[typeddict-unknown-key]  # ours


async def read_body(request: Request[Any, Any, Any], payload: type[msgspec.Struct]) -> None:
    """Read the body; refuse what does not fit. Raises Problem."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in accepted(request.method, request.route_handler.opt):
        raise Problem("unsupported_media_type")
    body = await request.body()
    request.scope["kith.payload"] = _read_payload(body, payload)  # type: ignore[typeddict-unknown-key]  # ours


def named(payload: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that a body names; what a change leaves out stays as it is."""
    return {name: value for name, value in msgspec.structs.asdict(payload).items() if value is not msgspec.UNSET}


def accepted(method: str, opt: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the media types that a body may have. A route with ``merges=False`` merges nothing into one resource."""
    return (JSON, MERGE_PATCH) if method == "PATCH" and opt.get("merges", True) else (JSON,)


def _read_params(told: list[tuple[str, str]], kind: type[msgspec.Struct]) -> msgspec.Struct:
    readers, given = _readers(kind), dict[str, Any]()
    for name, value in told:
        if name not in readers:
            raise _unknown(name)
        read = readers[name]
        if name not in given:
            given[name] = read(value)
        elif read is _list:
            given[name] += read(value)
        else:
            message = f"{name} is given more than once."
            raise Problem("repeated_parameter", message, Fault("repeated_parameter", message, parameter=name))
    for name in _required(kind):
        if name not in given:
            raise _invalid(name, "It is required")
    try:
        return msgspec.convert(given, kind, dec_hook=moments.read)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        raise _invalid(next(name for name in sorted(given, reverse=True) if where.startswith(name)), what) from error


@cache
def _required(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(each.encode_name for each in msgspec.structs.fields(kind) if each.required)


def asked(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """Return the query parameters as they were sent, in their order."""
    query = request.scope["query_string"]
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else []


def _read_payload(body: bytes, kind: type[msgspec.Struct]) -> msgspec.Struct:
    if _ZERO.search(body):
        message = "The body contains U+0000, which cannot be stored."
        raise Problem("invalid_body", message, Fault("zero_character", message))
    try:
        return _decode(body, kind)
    except msgspec.ValidationError as error:
        what, pointer = explain(error)
        raise Problem("invalid_body", f"{what} (at {pointer or '/'}).", Fault("invalid", what, pointer)) from error
    except RecursionError as error:
        raise Problem("malformed_request", "The body is nested too deeply.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("malformed_request", f"The body is not valid JSON: {error}.") from error


def _decode(body: bytes, kind: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.json.decode(body, type=kind, dec_hook=moments.read)
    except msgspec.ValidationError as error:
        if not _NOT_INTEGER.match(str(error)):
            raise
    plain = msgspec.json.encode(_whole(msgspec.json.decode(body)))
    return msgspec.json.decode(plain, type=kind, dec_hook=moments.read)


def _whole(value: Any) -> Any:
    """Return the JSON with whole numbers as integers: to JSON Schema 60.0 is one, to msgspec it is none."""
    if isinstance(value, dict):
        return {name: _whole(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_whole(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value


@cache
def _readers(kind: type[msgspec.Struct]) -> dict[str, Callable[[str], Any]]:
    """Return the parameters by name, with what makes JSON of their text; it is then judged as strictly as a body."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)  # noqa: S101  # declared() returns structs only
    return {field.encode_name: _reader(field.type) for field in info.fields}


def _reader(kind: inspect.Type) -> Callable[[str], Any]:
    if isinstance(kind, inspect.Metadata):
        return _reader(kind.type)
    if isinstance(kind, inspect.UnionType):
        return _reader(next(part for part in kind.types if not isinstance(part, inspect.NoneType)))
    if isinstance(kind, inspect.VarTupleType):
        return _list
    if isinstance(kind, inspect.BoolType):
        return _flag
    return _number if isinstance(kind, inspect.IntType | inspect.FloatType) else str


def _list(text: str) -> list[str]:
    return text.split(",") if text else []


def _flag(text: str) -> bool | str:
    """Return the truth value; the text itself where it is none, which is then refused."""
    return {"true": True, "false": False}.get(text, text)


def _number(text: str) -> Any:
    """Return the number; the text itself where it is none, which is then refused."""
    try:
        return msgspec.json.decode(text, type=int | float)
    except msgspec.MsgspecError:
        return text


def _invalid(name: str, what: str) -> Problem:
    message = f"{name}: {what}."
    return Problem("invalid_parameter", message, Fault("invalid_parameter", message, parameter=name))


def _unknown(name: str) -> Problem:
    message = f"There is no parameter {name!r} here."
    return Problem("unknown_parameter", message, Fault("unknown_parameter", message, parameter=name))


def explain(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return msgspec's sentence, and the place as a JSON pointer: ``$.config.path`` becomes ``/config/path``."""
    what, _, where = str(error).partition(" - at `")
    path = where.rstrip("`").removeprefix("$").replace("[...]", "").replace("[", "/").replace("]", "")
    pointer = path.replace(".", "/")
    if "unknown field `" in what:
        pointer += "/" + what.partition("unknown field `")[2].rstrip("`")
    elif "required field `" in what:
        pointer += "/" + what.partition("required field `")[2].rstrip("`")
    return what, pointer
