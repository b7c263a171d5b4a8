"""The keys that sign ID tokens: the first is made when it is needed."""

from functools import partial

from kith.runtime.keyring import Signer, new_signing_key, open_signer
from kith.runtime.vault import Sealed, Vault
from kith.store import keys
from kith.store.db import Db


async def signer(db: Db, vault: Vault) -> Signer:
    """Return the key that signs. Raises Unreadable where the vault lacks what opens it."""
    found = await keys.ensure(db, partial(new_signing_key, vault))
    return open_signer(vault, found.id, Sealed(found.key_id, found.wrapped, found.sealed))


async def rotate(db: Db, vault: Vault) -> str:
    """Let a new key sign from now on; return its id. What the one before has signed is still believed."""
    await keys.retire(db)
    id_, public, sealed = new_signing_key(vault)
    await keys.add(db, id_, public, sealed)
    return id_
