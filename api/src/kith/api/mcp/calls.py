"""Calls of the app itself: what a tool asks goes through the same edge, rights and limits as any request."""

from dataclasses import dataclass, field
from typing import Any

from litestar.types import Scope

_PASSED_ON = (b"authorization", b"host", b"request-id", b"traceparent")


@dataclass
class Answer:
    """What the API answered. body: JSON, also of a refusal."""

    status: int = 0
    body: bytearray = field(default_factory=bytearray)


async def get(outer: Scope, path: str, query: str) -> Answer:
    """Read an address of the API for who sent the outer request, whose token was accepted there."""
    app: Any = outer["litestar_app"]
    answer = Answer()

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
        else:
            answer.body += message.get("body", b"")

    scope: dict[str, Any] = {
        key: outer[key] for key in ("type", "asgi", "http_version", "scheme", "server", "client") if key in outer
    }
    headers = [(name, value) for name, value in outer["headers"] if name in _PASSED_ON]
    scope |= {
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [*headers, (b"accept", b"application/json")],
        "kith.admitted": outer["kith.token"],  # type: ignore[typeddict-item]  # our own key
    }
    await app(scope, receive, send)
    return answer
