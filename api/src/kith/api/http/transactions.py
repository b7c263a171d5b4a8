"""What a request does in the database, bound to the workspace of its token: reads, or one transaction."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Request

from kith.api.http.auth import sight_of, token_of
from kith.store.db import Db


def connected(request: Request[Any, Any, Any]) -> AbstractAsyncContextManager[Db]:
    """Yield the connection; what a request changes is committed before the answer is sent.

    A GET reads without a transaction, unless its route says ``transaction=True``.
    """
    turns, workspace_id = request.app.state.turns, token_of(request).workspace_id
    reads = request.scope["method"] == "GET" and not request.route_handler.opt.get("transaction")
    found: AbstractAsyncContextManager[Db] = (
        turns.view(workspace_id, sight_of(request).rows) if reads else turns.workspace(workspace_id)
    )
    return found
