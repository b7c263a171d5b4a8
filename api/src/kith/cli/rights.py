"""``kith rights``: what people who are no members asked for, and until when it has to be done."""

import asyncio

from kith.cli.home import DEFAULT_WORKSPACE
from kith.cli.jobs import database
from kith.domain.ids import encode
from kith.store import rights_requests
from kith.store.db import view

MOST = 1000


def list_() -> None:
    """List the requests that wait, with what is due first at the top."""
    print(asyncio.run(_list()))


async def _list() -> str:
    async with database() as (pool, _), view(pool, DEFAULT_WORKSPACE) as db:
        found = await rights_requests.list_requests(db, DEFAULT_WORKSPACE, open_=True, after=None, limit=MOST)
    if not found:
        return "Nothing waits."
    return "\n".join(
        f"{encode('rights-request', row.id)}  due {row.due_at:%Y-%m-%d}  {row.kind:9}  {row.message[:80]}"
        for row in found
    )
