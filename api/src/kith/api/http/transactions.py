"""What a request does in the database, bound to the workspace of its token: reads, or one transaction."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.di import NamedDependency

from kith.api.http import idempotency, inputs
from kith.store.db import Db


async def provide_db(
    request: Request[Any, Any, Any], workspace_id: NamedDependency[UUID], params: NamedDependency[Any]
) -> AsyncGenerator[Db, None]:
    """Yield the connection; what a request changes is committed before the answer is sent.

    A GET reads without a transaction, unless its route says ``transaction=True``.

    What may refuse a request stands in a guard or in here: had another dependency raised, the framework would never
    close this one, and its connection would be lost.
    """
    turns, handler = request.app.state.turns, request.route_handler
    reads = request.method == "GET" and not handler.opt.get("transaction")
    async with turns.view(workspace_id) if reads else turns.workspace(workspace_id) as db:
        if inputs.declared(handler.fn, "once"):
            await idempotency.begin(request, db)
        yield db
