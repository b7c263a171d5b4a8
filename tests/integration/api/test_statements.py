"""Row-level security is the second net: statements without their workspace, or from another, find nothing."""

import re
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from kith.api.routes import ROUTES
from kith.store.db import workspace
from kith.store.rights import INSTANCE
from kith.store.workspaces import create_workspace
from tests.integration.api.conftest import Square
from tests.integration.api.test_tenants import foreign_ids

GETS = {
    str(handler.operation_id): handler
    for handler in ROUTES
    if "GET" in handler.http_methods
    and not handler.opt.get("public")
    and not handler.opt.get("transaction")  # these read what they have put into temporary tables
}
_CONDITION = re.compile(r"(?<!INTO )\b(?:\w+\.)?workspace_id = \$1(?!\d)")

#: What belongs to the instance has no workspace; the statements name whose it is, and that is all there is.
OF_INSTANCE = re.compile(rf"\b(FROM|JOIN) ({'|'.join(INSTANCE)})\b")

Sent = tuple[str, tuple[Any, ...]]


async def sent_by(square: Square, handler: Any) -> list[Sent]:
    """Return the statements that an operation sends on our workspace, with their values."""
    sent: list[Sent] = []
    execute = asyncpg.Connection._execute  # type: ignore[attr-defined]  # where fetch, fetchrow, ... all pass

    async def noted(self: Any, query: str, args: Any, *rest: Any, **options: Any) -> Any:
        sent.append((query, tuple(args)))
        return await execute(self, query, args, *rest, **options)

    known = await foreign_ids(square, square.ours) | {"name": "ndjson"}
    path = re.sub(r":str\}", "}", next(iter(handler.paths))).format(**known)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, "_execute", noted)
        assert (await square.client.send("GET", path)).status_code == 200
    own = [(query, args) for query, args in sent if square.ours.workspace_id in args[:1]]
    return [(query, args) for query, args in own if not OF_INSTANCE.search(query)]


@pytest.mark.parametrize("name", sorted(GETS))
async def test_a_statement_finds_nothing_where_another_workspace_is_bound(square: Square, name: str) -> None:
    sent = await sent_by(square, GETS[name])
    empty = uuid4()
    async with workspace(square.client.pool, empty) as db:
        await create_workspace(db, empty, f"beside {name}")
    for query, args in sent:
        for text in {query, _CONDITION.sub("$1::uuid IS NOT NULL", query)}:
            async with workspace(square.client.pool, empty) as db:
                try:
                    rows = await db.fetch(text, *args)
                except asyncpg.InsufficientPrivilegeError:
                    continue  # a search that insists on the bound workspace
            told = [value for row in rows for value in row.values() if value not in (None, 0, 0.0, False, [])]
            assert told == [] or own(told, empty), f"{text}\n{told}"


def own(told: list[Any], empty: Any) -> bool:
    """Whether that is only what the empty workspace says of itself."""
    return empty in told
