"""``kith secrets``: the keys that seal what sources sign in with."""

import asyncio
from uuid import UUID

from kith.cli import audit
from kith.cli.home import current_settings
from kith.cli.jobs import database
from kith.cli.processes import CannotStart
from kith.runtime import keyring
from kith.runtime.vault import Sealed, Unreadable, Vault, new_key, open_vault
from kith.store import (
    authorizations,
    credentials,
    export_files,
    keys,
    providers,
    sign_ins,
    uploads,
    webhooks,
    workspaces,
)
from kith.store.db import Db, Pool, instance, workspace

MANY = 500  # credentials of one transaction


def key() -> None:
    """Print a new key, as KITH_SECRET_KEYS and the file secret.keys take it."""
    print(new_key())


def rewrap() -> None:
    """Wrap all that is sealed with the current key, so that older ones can be taken away."""
    sources, factors, signing = asyncio.run(_rewrap(open_vault(current_settings())))
    counted = f"{sources:,} credentials, {factors:,} second factors and {signing:,} signing keys"
    print(f"{counted} are wrapped with the current key now.")


async def _rewrap(vault: Vault) -> tuple[int, int, int]:
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
            async with workspace(pool, home) as db:
                done += await _of_providers(db, home, vault)
        factors, signing = await _second_factors(pool, vault), await _signing_keys(pool, vault)
        async with instance(pool) as db:
            await audit.tell_instance(db, "secrets rewrap", sources=done, second_factors=factors, signing_keys=signing)
    return done, factors, signing


async def _signing_keys(pool: Pool, vault: Vault) -> int:
    async with instance(pool) as db:
        found = await keys.wrapped_otherwise(db, vault.current)
        try:
            for one in found:
                key_id, wrapped, _ = vault.rewrap(Sealed(one.key_id, one.wrapped, one.sealed), keyring.place(one.id))
                await keys.rewrap(db, one.id, key_id, wrapped)
        except Unreadable as error:
            raise CannotStart(f"A signing key cannot be wrapped again. {error}") from error
    return len(found)


async def _second_factors(pool: Pool, vault: Vault) -> int:
    done, found = 0, MANY
    while found == MANY:
        async with instance(pool) as db:
            some = await sign_ins.totps_wrapped_otherwise(db, vault.current, MANY)
            for one in some:
                sealed = Sealed(one.key_id, one.wrapped, one.sealed)
                await sign_ins.rewrap_totp(db, _again(vault, one.sign_in_id, sealed))
        found = len(some)
        done += found
    return done


def _again(vault: Vault, sign_in_id: UUID, sealed: Sealed) -> sign_ins.Totp:
    try:
        return sign_ins.Totp(sign_in_id, *vault.rewrap(sealed, sign_ins.place(sign_in_id)))
    except Unreadable as error:
        raise CannotStart(f"A second factor cannot be wrapped again. {error}") from error


async def _of_providers(db: Db, workspace_id: UUID, vault: Vault) -> int:
    """Wrap what providers of OAuth gave, and the secrets of webhooks and keys of uploads and exports."""
    apps = await providers.wrapped_otherwise(db, workspace_id, vault.current)
    granted = await authorizations.wrapped_otherwise(db, workspace_id, vault.current)
    hooks = await webhooks.wrapped_otherwise(db, workspace_id, vault.current)
    files = await uploads.wrapped_otherwise(db, workspace_id, vault.current)
    taken = await export_files.wrapped_otherwise(db, workspace_id, vault.current)
    try:
        waiting = [(f, _rewrapped(vault, f, uploads.place(workspace_id, f.id))) for f in files]
        written = [(e, _rewrapped(vault, e, export_files.place(workspace_id, e.id))) for e in taken]
        again = [(a, _rewrapped(vault, a, providers.place(workspace_id, a.name, a.site))) for a in apps]
        signing = [(h, _rewrapped(vault, h, webhooks.place(workspace_id, h.id))) for h in hooks]
        tokens = [(g, _rewrapped(vault, g, authorizations.place(workspace_id, g.source_id))) for g in granted]
    except Unreadable as error:
        raise CannotStart(
            f"What providers of OAuth gave, or a webhook, upload or export has, cannot be wrapped again. {error}"
        ) from error
    await providers.rewrap(db, workspace_id, [(a.name, a.site, s.key_id, s.wrapped) for a, s in again])
    await authorizations.rewrap(db, workspace_id, [(g.source_id, s.key_id, s.wrapped) for g, s in tokens])
    await webhooks.rewrap(db, workspace_id, [(h.id, s.key_id, s.wrapped) for h, s in signing])
    await export_files.rewrap(db, workspace_id, [(e.id, s.key_id, s.wrapped) for e, s in written])
    await uploads.rewrap(db, workspace_id, [(f.id, s.key_id, s.wrapped) for f, s in waiting])
    return len(again) + len(tokens) + len(signing)


def _rewrapped(
    vault: Vault,
    one: providers.ProviderApp | authorizations.Authorization | webhooks.Webhook | uploads.Upload | export_files.Export,
    place: str,
) -> Sealed:
    """Return how the key of something sealed is wrapped now; pieces of files lie elsewhere."""
    sealed = b"" if isinstance(one, uploads.Upload | export_files.Export) else one.sealed
    return vault.rewrap(Sealed(one.key_id or "", one.wrapped or b"", sealed or b""), place)


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
