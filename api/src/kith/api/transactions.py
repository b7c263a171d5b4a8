"""The one transaction of a request, bound to the workspace of its token."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.di import NamedDependency

from kith.api import idempotency, inputs
from kith.store.db import Db


async def provide_db(
    request: Request[Any, Any, Any], workspace_id: NamedDependency[UUID], params: NamedDependency[Any]
) -> AsyncGenerator[Db, None]:
    """Open the transaction; it is committed before the answer is sent.

    What may refuse a request stands in a guard or in here: had another dependency raised, the framework would never
    close this one, and its connection would be lost.
    """
    async with request.app.state.turns.workspace(workspace_id) as db:
        if inputs.declared(request.route_handler.fn, "once"):
            await idempotency.begin(request, db)
        yield db
