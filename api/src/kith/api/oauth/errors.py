"""Refusals as OAuth knows them: JSON with ``error``, or parameters that a browser takes back to the app."""

import re
from typing import Any

import msgspec
from litestar import Request, Response

from kith.api.http import problems

JSON = "application/json"
_FOREIGN = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")  # what a description may not hold (RFC 6749, 5.2)


class Refused(Exception):
    """A refusal. headers: of the answer, where there is one."""

    def __init__(self, error: str, description: str, status: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(description)
        self.error, self.status, self.headers = error, status, headers or {}

    @property
    def description(self) -> str:
        return _FOREIGN.sub("?", str(self))


class SentBack(Exception):
    """A refusal of which the app learns, because it is known where its browser may be sent."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def answer(
    body: Any, status: int = 200, headers: dict[str, str] | None = None, media_type: str = JSON
) -> Response[bytes]:
    """Return JSON that nobody keeps."""
    kept = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=media_type, headers={**kept, **(headers or {})}
    )


def refuse(_: Request[Any, Any, Any], error: Refused) -> Response[bytes]:
    body = {"error": error.error, "error_description": error.description}
    return answer(body, error.status, error.headers)


#: How a route of the protocol is declared: it reads its parameters itself.
PROTOCOL: dict[str, Any] = {
    "public": True,
    "hidden": True,
    "raw": True,
    "exception_handlers": {**problems.HANDLERS, Refused: refuse},
}
