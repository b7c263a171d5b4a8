"""Row-level security is the second net: statements without their workspace, or of another, find and change nothing."""

import re
import sys
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import asyncpg
import pytest

from kith.api.routes import ROUTES
from kith.store import db as database
from kith.store.db import Pool, workspace
from kith.store.rights import INSTANCE
from kith.store.workspaces import create_workspace
from tests.integration.api.changing import own_square  # noqa: F401 -- a fixture
from tests.integration.api.conftest import Square
from tests.integration.api.test_audit import CHANGES
from tests.integration.api.test_audit import test_a_change_is_told_and_a_refusal_is_not as change
from tests.integration.api.test_tenants import NEEDED, foreign_ids

GETS = [handler for handler in ROUTES if "GET" in handler.http_methods and not handler.opt.get("public")]
STORE = str(Path(database.__file__).parent)
CONDITION = re.compile(r"(?<!INTO )\b(?:\w+\.)?workspace_id = \$1(?!\d)")
#: What belongs to the instance has no workspace; the statements name whose it is, and that is all there is.
OF_INSTANCE = re.compile(rf"\b(FROM|JOIN|INTO|UPDATE) ({'|'.join(INSTANCE)})\b")


class Sent(NamedTuple):
    """A statement of a function of the store, ``module.function``, with its values."""

    function: str
    query: str
    args: tuple[Any, ...]


@pytest.fixture(scope="module")
async def sent(square: Square) -> list[Sent]:
    """What the store sends on our workspace while it is read and changed by every operation, each statement once."""
    found: dict[tuple[str, str], Sent] = {}
    execute = asyncpg.Connection._execute  # type: ignore[attr-defined]  # where fetch, fetchrow, ... all pass

    async def noted(self: Any, query: str, args: Any, *rest: Any, **options: Any) -> Any:
        function = sender()
        if (
            function
            and "workspace_id" in query
            and square.ours.workspace_id in args[:1]
            and not OF_INSTANCE.search(query)
        ):
            found.setdefault((function, query), Sent(function, query, tuple(args)))
        return await execute(self, query, args, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, "_execute", noted)
        known = await foreign_ids(square, square.ours) | {"name": "github"}
        for handler in GETS:
            path = re.sub(r":str\}", "}", next(iter(handler.paths))).format(**known)
            needed = NEEDED.get(str(handler.operation_id), "")
            assert (await square.client.send("GET", f"{path}?{needed}")).status_code == 200, path
        for name in sorted(CHANGES, key=lambda name: (name.startswith("delete"), name)):
            await change(square, name)
    return list(found.values())


def sender() -> str | None:
    """Return the function of the store that is sending a statement."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith(STORE):
            return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]  # None ends the loop
    return None


async def test_a_statement_finds_and_changes_nothing_where_another_workspace_is_bound(
    square: Square, sent: list[Sent]
) -> None:
    pool, empty = square.client.pool, uuid4()
    async with workspace(pool, empty) as db:
        await create_workspace(db, empty, "empty")
        own = list((await db.fetchrow("SELECT * FROM workspaces") or {}).values())  # what it may say of itself
    before = await everything(pool, square)
    tried, faults = dict[str, int](), list[str]()
    for each in sent:
        for text in {each.query, CONDITION.sub("$1::uuid IS NOT NULL", each.query)}:
            rows = await elsewhere(pool, empty, text, each.args)
            if rows is None:
                continue
            told = [value for row in rows for value in row.values() if value not in (None, 0, 0.0, False, [], "")]
            asked = [value for given in each.args if isinstance(given, list) for value in given]
            if any(value not in own + asked for value in told) and empty not in told:
                faults.append(f"{each.function}: {text}\n{told}")
            verb = text.split()[0].upper()
            tried[verb] = tried.get(verb, 0) + 1
    assert len({each.function for each in sent}) > 140
    assert faults == []
    assert await everything(pool, square) == before, "nothing of ours was changed"
    assert tried["SELECT"] > 100
    assert tried["UPDATE"] > 20
    assert tried["DELETE"] > 10
    assert tried["WITH"] > 10


async def elsewhere(pool: Pool, empty: Any, text: str, args: tuple[Any, ...]) -> list[asyncpg.Record] | None:
    """Return what a statement finds where another workspace is bound; None where it is refused."""
    try:
        async with workspace(pool, empty) as db:
            return await db.fetch(text, *args)
    except asyncpg.InsufficientPrivilegeError:  # a row of ours, or a search that insists on the bound workspace
        return None
    except (asyncpg.UndefinedTableError, asyncpg.ForeignKeyViolationError, asyncpg.NotNullViolationError):
        return None  # a temporary table of a transaction that has ended; what it would refer to is not there


async def everything(pool: Pool, square: Square) -> dict[str, str | None]:
    """Return a digest of what each table has in our workspace."""
    async with workspace(pool, square.ours.workspace_id) as db:
        tables = await db.fetch(
            """
            SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
            """
        )
        return {
            name: await db.fetchval(f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} t")
            for (name,) in tables
        }
