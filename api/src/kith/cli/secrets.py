"""``kith secrets``: the keys that seal what sources sign in with."""

import asyncio
from uuid import UUID

from kith.cli.home import current_settings
from kith.cli.jobs import database
from kith.cli.processes import CannotStart
from kith.runtime.vault import Sealed, Unreadable, Vault, new_key, open_vault
from kith.store import credentials, workspaces
from kith.store.db import Db, workspace

MANY = 500  # credentials of one transaction


def key() -> None:
    """Print a new key, as KITH_SECRET_KEYS and the file secret.keys take it."""
    print(new_key())


def rewrap() -> None:
    """Wrap the credentials of all sources with the current key, so that older keys can be taken away."""
    print(f"{asyncio.run(_rewrap(open_vault(current_settings()))):,} credentials are wrapped with the current key now.")


async def _rewrap(vault: Vault) -> int:
    done = 0
    async with database() as (pool, _):
        async with pool.acquire() as db:
            homes = await workspaces.list_ids(db)
        for home in homes:
            found = MANY
            while found == MANY:
                async with workspace(pool, home) as db:
                    found = await _some(db, home, vault)
                done += found
    return done


async def _some(db: Db, workspace_id: UUID, vault: Vault) -> int:
    found = await credentials.wrapped_otherwise(db, workspace_id, vault.current, MANY)
    try:
        wrapped = [
            credentials.Credential(
                one.source_id,
                one.name,
                *vault.rewrap(
                    Sealed(one.key_id, one.wrapped, one.sealed),
                    credentials.place(workspace_id, one.source_id, one.name),
                ),
            )
            for one in found
        ]
    except Unreadable as error:
        raise CannotStart(f"A credential cannot be wrapped again. {error}") from error
    await credentials.rewrap(db, workspace_id, wrapped)
    return len(wrapped)
