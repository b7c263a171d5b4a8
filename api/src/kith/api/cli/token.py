"""``kith token``: tokens of the workspace."""

import asyncio
from collections.abc import Sequence

from kith.api.auth import SCOPES
from kith.api.cli.home import DEFAULT_WORKSPACE, addresses, current_settings
from kith.api.cli.processes import CannotStart
from kith.store.db import open_pool, workspace
from kith.store.tokens import create_token


def create(name: str, *, scope: Sequence[str] = ()) -> None:
    """Create a token and print it; it is shown only once.

    Args:
        name: What it is for, to tell tokens apart later.
        scope: What it may do, such as people:read; may be repeated. Without any it may do everything.
    """
    if unknown := set(scope) - SCOPES.keys():
        raise CannotStart(f"There is no scope {sorted(unknown)[0]}; there are {', '.join(SCOPES)}.")
    with addresses(current_settings()) as found:
        print(asyncio.run(_create(found.database_url, name, scope or list(SCOPES))))


async def _create(url: str, name: str, scopes: Sequence[str]) -> str:
    async with await open_pool(url, size=1) as pool, workspace(pool, DEFAULT_WORKSPACE) as db:
        return await create_token(db, DEFAULT_WORKSPACE, name, scopes)
