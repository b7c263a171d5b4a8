"""What a request does in the database, bound to the workspace of its token: reads, or one transaction."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Request

from kith.api.http.auth import sight_of, token_of
from kith.store.db import Db


def connected(request: Request[Any, Any, Any]) -> AbstractAsyncContextManager[Db]:
    """Yield the connection; what a request changes is committed before the answer is sent.

    A GET reads without a transaction, unless its route says ``transaction=True``. Where the route says ``sealed=True``,
    it finds what sealed sources tell among all else: what it answers counts nothing that all see. What is named after
    texts has a name without them for who sees none.
    """
    turns, workspace_id, sight = request.app.state.turns, token_of(request).workspace_id, sight_of(request)
    options = request.route_handler.opt
    found: AbstractAsyncContextManager[Db]
    if request.scope["method"] == "GET" and not options.get("transaction"):
        found = turns.view(workspace_id, sight.rows, sealed=bool(options.get("sealed")), words=sight.text)
    else:
        found = turns.workspace(workspace_id, blind=sight.sealed is False)
    return found
