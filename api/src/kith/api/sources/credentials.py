"""The secret settings of a source: taken in, never given out."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from kith.api.http.problems import Fault, Problem
from kith.connectors import Registry, secret_fields
from kith.runtime.vault import Vault
from kith.store import authorizations
from kith.store import credentials as store
from kith.store.db import Db

_KEPT = "a secret that stays as it is"


class Given(NamedTuple):
    """Settings as they came. shown: without secrets; whole: with all, as the connector is to judge them.

    sealed: secrets to be stored; kept: names of those that stay.
    """

    shown: dict[str, Any]
    whole: dict[str, Any]
    secrets: dict[str, str]
    kept: frozenset[str]


def divide(registry: Registry, connector: str, config: Mapping[str, Any], known: Collection[str] = ()) -> Given:
    """Take the secrets out of settings. known: the names of those that the source has; null takes one away."""
    found = registry.connectors.get(connector)
    names = secret_fields(found.Config) if found else frozenset()
    kept = frozenset(name for name in known if name not in config)
    return Given(
        {name: value for name, value in config.items() if name not in names},
        {**config, **dict.fromkeys(kept, _KEPT)},
        {name: value for name, value in config.items() if name in names and isinstance(value, str)},
        kept,
    )


def require_again(given: Given) -> None:
    """Refuse settings that would send a stored secret to another place than it was given for."""
    if given.kept:
        message = "The source is to read from another place: give its secrets again, or null for none."
        faults = [Fault("secret_required", message, pointer=f"/config/{name}") for name in sorted(given.kept)]
        raise Problem("invalid_body", message, *faults)


async def save(db: Db, workspace_id: UUID, source_id: UUID, given: Given, known: Collection[str], vault: Vault) -> None:
    """Store the secrets, sealed, and remove those that are no longer set."""
    if given.secrets or set(known) - given.kept:
        await authorizations.end(db, workspace_id, source_id)
    if gone := set(known) - given.kept - given.secrets.keys():
        await store.remove(db, workspace_id, source_id, gone)
    await store.save(
        db,
        workspace_id,
        [
            store.Credential(source_id, name, *vault.seal(text, store.place(workspace_id, source_id, name)))
            for name, text in given.secrets.items()
        ],
    )
