"""``kith workspaces``: the tenants of this installation."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from rich.console import Console
from rich.table import Column, Table

from kith.cli.home import current_settings
from kith.cli.jobs import database
from kith.cli.processes import CannotStart
from kith.domain.ids import decode, encode
from kith.domain.scopes import OF_INSTANCE, SCOPES
from kith.projections import audit
from kith.store import tokens, workspaces
from kith.store.db import instance, workspace


def create(name: str) -> None:
    """Create a workspace, and print its first token, which is shown this once.

    Args:
        name: What it is called.
    """
    if not name.strip():
        raise CannotStart("Give the workspace a name.")
    print(asyncio.run(_create(name.strip())))


def list_() -> None:
    """List the workspaces, and when those that are to be deleted will be."""
    asyncio.run(_list())


def delete(workspace_id: str) -> None:
    """Have a workspace deleted in KITH_WORKSPACE_DAYS days with all that belongs to it. Until then everything goes on.

    Args:
        workspace_id: Its id, as 'kith workspaces list' shows it.
    """
    until = datetime.now(UTC) + timedelta(current_settings().workspace_days)
    asyncio.run(_mark(workspace_id, until))
    print(
        f"It will be deleted on {until:%Y-%m-%d}. 'kith backup' keeps what is in it; 'kith workspaces keep' keeps it."
    )


def keep(workspace_id: str) -> None:
    """Keep a workspace that was to be deleted.

    Args:
        workspace_id: Its id, as 'kith workspaces list' shows it.
    """
    asyncio.run(_mark(workspace_id, None))
    print("It stays.")


async def _create(name: str) -> str:
    made_id = uuid4()
    async with database() as (pool, _), workspace(pool, made_id) as db:
        await workspaces.create_workspace(db, made_id, name)
        text = await tokens.create_token(db, made_id, "first", SCOPES.keys() - OF_INSTANCE)
        await audit.record(db, made_id, "operator", "workspaces create", encode("workspace", made_id), {})
    return text


async def _list() -> None:
    table = Table(Column("Id", no_wrap=True), "Name", "Created", "Deleted after", box=None, pad_edge=False)
    async with database() as (pool, _), instance(pool) as db:
        after: UUID | None = None
        while rows := await workspaces.list_workspaces(db, after, 200):
            for row in rows:
                until = f"{row.delete_after:%Y-%m-%d}" if row.delete_after else ""
                table.add_row(encode("workspace", row.workspace_id), row.name, f"{row.created_at:%Y-%m-%d}", until)
            after = rows[-1].workspace_id
    Console(markup=False).print(table)


async def _mark(text: str, until: datetime | None) -> None:
    if (found_id := decode("workspace", text)) is None:
        raise CannotStart(f"{text!r} is no id of a workspace; 'kith workspaces list' shows them.")
    async with database() as (pool, _), workspace(pool, found_id) as db:
        found = await workspaces.get_workspace(db, found_id, lock=True)
        if found is None:
            raise CannotStart(f"There is no workspace {text}; 'kith workspaces list' shows them.")
        await workspaces.update_workspace(db, found_id, found.name, until)
        told = {"after": {"delete_after": until}}
        await audit.record(db, found_id, "operator", "workspaces delete" if until else "workspaces keep", text, told)
