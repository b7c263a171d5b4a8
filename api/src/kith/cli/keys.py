"""``kith keys``: the keys that sign ID tokens."""

import asyncio

from rich.console import Console
from rich.table import Column, Table

from kith.api.oauth import keys as keyring
from kith.cli import audit
from kith.cli.home import current_settings
from kith.cli.jobs import database
from kith.runtime.vault import open_vault
from kith.store import keys
from kith.store.db import instance


def list_() -> None:
    """List the keys that are believed; the one without an end signs."""
    asyncio.run(_list())


def rotate() -> None:
    """Let a new key sign from now on. What the one before has signed is believed for seven more days."""
    print(asyncio.run(_rotate()))


async def _list() -> None:
    table = Table(Column("Id", no_wrap=True), "Made", "Retired", box=None, pad_edge=False)
    async with database() as (pool, _), instance(pool) as db:
        for key in await keys.shown(db):
            retired = f"{key.retired_at:%Y-%m-%d %H:%M}" if key.retired_at else "signs"
            table.add_row(key.id, f"{key.created_at:%Y-%m-%d %H:%M}", retired)
    Console(markup=False).print(table)


async def _rotate() -> str:
    vault = open_vault(current_settings())
    async with database() as (pool, _), instance(pool) as db:
        made = await keyring.rotate(db, vault)
        await audit.tell_instance(db, "keys rotate", key=made)
        return made
