"""Who tries too often waits: per account, whether there is one or not, and per network address."""

import math
from typing import Any

from litestar.connection import Request

from kith.api.http.problems import Problem
from kith.api.signin.telling import where
from kith.store import sign_in_failures as failures

FREE_OF_ACCOUNT = 5
"""Failures of one account that nobody waits for."""
FREE_OF_ADDRESS = 30
"""Failures from one network address that nobody waits for: many people may share one."""


async def count(request: Request[Any, Any, Any], account: str) -> None:
    """Count a try before it is judged. account: what it is at, such as ``password olga@example.org``.

    Raises Problem for who has to wait, the same whether the account exists or not.
    """
    async with request.app.state.turns.instance() as db:
        wait = await failures.count(db, {account: FREE_OF_ACCOUNT, _place(request): FREE_OF_ADDRESS})
    if wait:
        raise Problem("too_many_attempts", headers={"Retry-After": str(math.ceil(wait))})


async def succeeded(request: Request[Any, Any, Any], account: str) -> None:
    """Forget the failures of an account, and take the try back that its network address was charged."""
    async with request.app.state.turns.instance() as db:
        await failures.succeeded(db, account, _place(request))


def _place(request: Request[Any, Any, Any]) -> str:
    return f"network {where(request)}"
