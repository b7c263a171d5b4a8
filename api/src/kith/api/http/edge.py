"""The edge: what holds for every answer, also for those that no route gives: request id, HEAD, Allow, ETag, headers."""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from random import getrandbits
from typing import Any

import structlog
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPScope, Receive, Send

from kith.api.http import cors, lifetimes, limits, problems, traces
from kith.api.http.cors import Origins
from kith.api.http.ids import encode
from kith.api.http.problems import Problem
from kith.runtime import metrics
from kith.runtime.logs import REQUEST
from kith.runtime.metrics import Metrics

log: structlog.stdlib.BoundLogger = structlog.get_logger("kith.api.access")

BODY_SECONDS = 30.0
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z!$&'()*+,;=\-._~%]+)(:[0-9]*)?")
_HOSTS = 100  # that are remembered
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"vary": b"Authorization, Accept",
    b"cache-control": b"private, no-store",
}
"""Of each answer that does not say it otherwise."""
_FIELDS = list(_HEADERS.items())
_BRIEF = 2_048
"""Bytes of an answer whose ETag is remembered: clients ask the same again and again."""
_LINES = b"".join(b"%b: %b\r\n" % field for field in _FIELDS)

Abilities = Mapping[str, list[tuple[bytes, bytes]]]
NOTHING: Abilities = {}


class Edge:
    """Wraps the Litestar app. origins: whose pages may call. logged: whether each request gets a line in the log.

    abilities: headers of answers to OPTIONS below a path.
    """

    def __init__(
        self, app: ASGIApp, routes: Iterable[Any], origins: Origins, *, logged: bool, abilities: Abilities = NOTHING
    ) -> None:
        self.app, self.origins, self.logged, self.abilities = app, origins, logged, abilities
        self.limits: limits.Limits | None = None
        # Names before parameters, as the router has it.
        known = sorted((r for r in routes if isinstance(r, HTTPRoute)), key=lambda r: r.path_format.count("{"))
        self.paths = [(_pattern(route.path_format), _allow(route)) for route in known]

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, send, self.allow)
        before = REQUEST.set(exchange.named)
        try:
            if origin := exchange.asked.get(b"origin"):
                exchange.allowed = await self.origins.admit(origin.decode("latin-1"), scope["path"])
            if refused := scope.get("kith.refused"):  # by the wire
                await exchange.refuse(refused)  # type: ignore[arg-type]  # our own key
            elif scope["method"] == "OPTIONS" and self.allow(scope["path"]):
                headers = cors.preflight(exchange.allowed) if _is_preflight(scope) else []
                for path, told in self.abilities.items():
                    headers += told if scope["path"].startswith(path) else ()
                await exchange.send({"type": "http.response.start", "status": 204, "headers": headers})
                await exchange.send({"type": "http.response.body", "body": b"", "more_body": False})
            elif self.limits and self.limits.empty and (problem := await self.limits.refuse(exchange.asked, scope)):
                await exchange.refuse(problem)
                return  # not worth a line in the log, and counted as a refusal
            elif not _names_a_host(scope, exchange.asked):
                await exchange.refuse(Problem("malformed_request", "The request does not name one host."))
            else:
                if exchange.head:  # the server's own scope stays: it sends no body
                    scope = exchange.scope = scope | {"method": "GET", "kith.head": True}  # type: ignore[assignment]  # and our key
                await self.app(scope, receive if scope["method"] == "GET" else _patient(scope, receive), exchange.send)
            if self.logged:
                exchange.log()
            if metrics.counting:
                exchange.count(metrics.counting)
        finally:
            REQUEST.reset(before)

    def allow(self, path: str) -> str | None:
        """Return the methods of a path; None where there is nothing."""
        path = path.rstrip("/") or "/"
        return next((allow for pattern, allow in self.paths if pattern.fullmatch(path)), None)


class Exchange:
    """One request and its answer. named: what each line of the log says of it."""

    __slots__ = (
        "_allow", "_send", "allowed", "asked", "head", "method", "named", "request_id", "scope", "start", "started",
        "status", "trace",
    )  # fmt: skip

    def __init__(self, scope: HTTPScope, send: Send, allow: Callable[[str], str | None]) -> None:
        self.scope, self._send, self._allow = scope, send, allow
        self.method: str = scope["method"]
        self.head = self.method == "HEAD"
        self.asked = dict(scope["headers"])
        scope["kith.asked"] = self.asked  # type: ignore[typeddict-unknown-key]  # our own key
        self.request_id = _request_id(self.asked.get(b"request-id"))
        scope["kith.request_id"] = self.request_id  # type: ignore[typeddict-unknown-key]  # our own key
        self.named = {"request_id": self.request_id}
        self.allowed: str | None = None  # whose page may read the answer
        self.trace: bytes | None = None
        if (parent := self.asked.get(b"traceparent")) and (trace := traces.go_on(parent)):
            self.trace = trace
            self.named["trace_id"] = traces.trace_id(trace)
        self.started = time.perf_counter()
        self.status = 0
        self.start: dict[str, Any] | None = None

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if (whole := message.pop("kith.body", None)) is None:
                self.start = message
                return
            body = self._finish(message, whole, more=False)
            if self.head:
                body = b""
            if self.scope.get("kith.wire"):  # which takes both at once
                message["kith.body"] = body
                await self._send(message)
                return
            await self._send(message)
            await self._send({"type": "http.response.body", "body": body, "more_body": False})
            return
        if message["type"] == "http.response.body" and self.start is not None:
            start, self.start = self.start, None
            more = message.get("more_body", False)
            body = message["body"] = self._finish(start, message.get("body", b""), more=more)
            if self.scope.get("kith.wire") and not more:  # which takes both at once
                start["kith.body"] = b"" if self.head else body
                await self._send(start)  # type: ignore[arg-type]  # an http.response.start, and our own key
                return
            await self._send(start)  # type: ignore[arg-type]  # an http.response.start
        if self.head:
            message["body"] = b""
        await self._send(message)

    async def refuse(self, problem: Problem) -> None:
        """Answer what no route shall see."""
        body = problems.encode(problem, self.scope["path"], self.request_id)
        headers = [(b"content-type", problems.MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        status = problems.KINDS[problem.code].status
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    def _finish(self, start: dict[str, Any], body: bytes, *, more: bool) -> bytes:
        """Complete the headers; return the body to send, none when the client has it already."""
        headers = dict(start["headers"])
        if self.allowed:
            headers[b"access-control-allow-origin"] = self.allowed.encode("latin-1")
            headers[b"access-control-expose-headers"] = cors.EXPOSED
            headers[b"vary"] = headers.get(b"vary", _HEADERS[b"vary"]) + b", Origin"
        if told := self.scope.get("kith.lifetime"):
            lifetimes.add(headers, told)  # type: ignore[arg-type]  # our own key
        if self.trace:
            headers[b"traceparent"] = self.trace
        if (self.status == 405 or self.method == "OPTIONS") and (allow := self._allow(self.scope["path"])):
            headers[b"allow"] = allow.encode()
        if self.status == 200 and self.method in ("GET", "HEAD") and not more:
            if selection := self.scope.get("kith.fields"):
                body = selection.of(body)  # type: ignore[attr-defined]  # our own key
                headers[b"content-length"] = b"%d" % len(body)
            tag = headers[b"etag"] = content_tag(body, headers.get(b"etag"))
            known = self.asked.get(b"if-none-match")
            if known is not None and matches(known.decode("latin-1"), tag.decode()):
                start["status"] = self.status = 304
                body = b""
                for name in (b"content-length", b"content-type"):
                    headers.pop(name, None)
        elif self.status in (200, 201) and not more and (revision := headers.get(b"etag")):
            headers[b"etag"] = content_tag(body, revision)
        headers[b"request-id"] = self.request_id.encode("latin-1")
        lines, quotas = _LINES, self.scope.get("kith.quotas")
        if not headers.keys().isdisjoint(_HEADERS):
            lines = b"".join(b"%b: %b\r\n" % field for field in _FIELDS if field[0] not in headers)
        if quotas:
            lines += quotas.lines()  # type: ignore[attr-defined]  # our own key
        start["headers"] = fields = list(headers.items())
        if self.scope.get("kith.wire"):
            start["kith.lines"] = lines
        else:
            fields += (tuple(line.split(b": ", 1)) for line in lines.splitlines())  # type: ignore[misc]  # two parts
        return body

    def log(self) -> None:
        handler: Any = self.scope.get("route_handler")
        token: Any = self.scope.get("kith.token")
        log.info(
            "request",
            method=self.method,
            route=next(iter(handler.paths)).replace(":str", "") if handler else None,
            operation=getattr(handler, "operation_id", None),
            status=self.status,
            milliseconds=round((time.perf_counter() - self.started) * 1000, 1),
            token=token and encode("token", token.id),
            workspace=token and encode("workspace", token.workspace_id),
        )

    def count(self, counting: Metrics) -> None:
        handler: Any = self.scope.get("route_handler")
        operation = getattr(handler, "operation_id", None) or "none"
        counting.request(operation, self.method, self.status, time.perf_counter() - self.started)


def _patient(scope: HTTPScope, receive: Receive) -> Receive:
    """Wait for the whole of a body no longer than BODY_SECONDS; for what follows it as long as it takes.

    Of a body that is stored as it comes (``kith.streams``), each part may take as long.
    """
    clock = asyncio.get_running_loop().time
    until: float | None = clock() + BODY_SECONDS

    async def patient() -> Any:
        nonlocal until
        if until and scope.get("kith.streams"):
            until = clock() + BODY_SECONDS
        try:
            async with asyncio.timeout_at(until):
                message: Any = await receive()
        except TimeoutError as error:
            raise Problem("request_timeout", headers={"Connection": "close"}) from error
        if not message.get("more_body"):
            until = None
        return message

    return patient


def content_tag(body: bytes, revision: bytes | None = None) -> bytes:
    """Return the ETag of what an answer says; behind the revision, where that is counted: more may change than it."""
    said = _said_briefly(body) if len(body) <= _BRIEF else _said(body)
    return b'"%s-%s"' % (revision.strip(b'"'), said) if revision else b'"%s"' % said


def _said(body: bytes) -> bytes:
    return sha256(body).hexdigest()[:24].encode()


_said_briefly = lru_cache(1_000)(_said)


def matches(condition: str | None, tag: str) -> bool:
    """Whether an If-None-Match or If-Match header names this ETag."""
    if condition is None:
        return False
    tags = [part.strip().removeprefix("W/") for part in condition.split(",")]
    return "*" in tags or tag in tags


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(path)))


def _allow(route: HTTPRoute) -> str:
    methods = {str(method) for method in route.methods} | {"OPTIONS"}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _request_id(given: bytes | None) -> str:
    """Return the id that the client chose, where it may be one, else a new one."""
    chosen = given.decode("latin-1") if given else ""
    return chosen if chosen and _REQUEST_ID.fullmatch(chosen) else f"{getrandbits(128):032x}"


def _names_a_host(scope: HTTPScope, asked: Mapping[bytes, bytes]) -> bool:
    """Whether exactly one host is named, as RFC 9112 (3.2) demands since HTTP/1.1."""
    if (host := asked.get(b"host")) is None:
        return scope["http_version"] == "1.0"
    if len(asked) < len(scope["headers"]) and sum(name == b"host" for name, _ in scope["headers"]) > 1:  # type: ignore[arg-type]  # a list
        return False
    return _is_host(host)


@lru_cache(_HOSTS)
def _is_host(host: bytes) -> bool:
    return _HOST.fullmatch(host) is not None


def _is_preflight(scope: HTTPScope) -> bool:
    return any(name == b"access-control-request-method" for name, _ in scope["headers"])
