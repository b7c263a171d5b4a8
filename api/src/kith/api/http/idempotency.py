"""Idempotency-Key: a POST that is sent twice has one effect, and gets one answer."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response

from kith.api.http.auth import token_of
from kith.api.http.problems import Fault, Problem
from kith.store import idempotency as store
from kith.store.db import Db

HEADER = "idempotency-key"
_LONGEST = 255

T = TypeVar("T")


class Replay(Exception):
    """The request was answered before: this is the answer."""

    def __init__(self, answer: store.Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Once:
    """Remembers the answer to this request in the transaction of its effect; does nothing without the header."""

    def __init__(self, db: Db, workspace_id: UUID, token_id: UUID, key: str | None, request: bytes) -> None:
        self.db, self.workspace_id, self.token_id, self.key, self.request = db, workspace_id, token_id, key, request

    async def answer(self, body: T, status: int, headers: Mapping[str, str], kept: T | None = None) -> Response[T]:
        """Return the answer, kept for a day. kept: what to keep instead, where the answer holds a secret."""
        if self.key is not None:
            repeated = msgspec.json.encode(body if kept is None else kept)
            answer = store.Answer(self.request, status, dict(headers), repeated)
            await store.keep(self.db, self.workspace_id, self.token_id, self.key, answer)
        return Response(body, status_code=status, headers=dict(headers))


async def begin(request: Request[Any, Any, Any], db: Db) -> Once:
    """Answer a repeated request at once; else let it through, alone under its key. Raises Replay, Problem."""
    token, key = token_of(request), request.headers.get(HEADER)
    if key is None:
        return Once(db, token.workspace_id, token.holder, None, b"")
    if not 0 < len(key) <= _LONGEST or not key.isascii():
        message = f"Idempotency-Key must have 1 to {_LONGEST} ASCII characters."
        raise Problem("invalid_parameter", message, Fault("invalid_parameter", message, parameter="Idempotency-Key"))
    said = [request.headers.get(name, "") for name, *_ in request.route_handler.opt.get("asks", ())]
    first = " ".join([request.method, request.scope["path"], *said])
    asked = sha256(f"{first}\n".encode() + await request.body()).digest()
    if not await store.claim(db, token.workspace_id, token.holder, key):
        raise Problem("request_in_progress", headers={"Retry-After": "1"})
    answer = await store.find(db, token.workspace_id, token.holder, key)
    if answer is None:
        return Once(db, token.workspace_id, token.holder, key, asked)
    if answer.request != asked:
        raise Problem("idempotency_key_reused")
    raise Replay(answer)


def replay(_: Request[Any, Any, Any], error: Replay) -> Response[bytes]:
    headers = {**error.answer.headers, "Idempotency-Replayed": "true"}
    return Response(error.answer.body, status_code=error.answer.status, headers=headers, media_type="application/json")
