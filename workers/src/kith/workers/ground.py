"""Where sources are read: what they may read, and the folder on this machine that each may keep."""

import shutil
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from kith.connectors import Connector, Context, Limiter, Limits, Renewal, open_context
from kith.domain.ids import encode
from kith.domain.quotas import NO_QUOTAS, Quotas
from kith.runtime.vault import Box, Sealed, Unreadable, Vault
from kith.store.credentials import Credential, place

ANYWHERE = Limits()


@dataclass(frozen=True, slots=True)
class Ground:
    """folder: holds one folder a source. limits: for sources that the operator did not add.

    limiter: keeps the rates that all workers share. vault: opens the credentials of sources. site: where networks reach
    kith, if they do. journal: of erasures. database_url: of whoever owns the tables, who alone may rewrite them.
    """

    folder: Path
    limits: Limits
    limiter: Limiter | None = None
    vault: Vault | None = None
    quotas: Quotas = NO_QUOTAS
    site: str | None = None
    journal: Path | None = None
    database_url: str | None = None

    def lend(
        self,
        workspace_id: UUID,
        source_id: UUID,
        connector: Connector,
        config: msgspec.Struct,
        *,
        trusted: bool,
        renewal: Renewal | None = None,
    ) -> AbstractAsyncContextManager[Context]:
        """Open what a connector gets to read a source with. trusted: the operator named what it reads."""
        return open_context(
            connector,
            config,
            self._of(source_id),
            self.limits_of(trusted=trusted),
            source=str(source_id),
            limiter=self.limiter,
            renewal=renewal,
            hook=self._hook(workspace_id, source_id),
        )

    def _hook(self, workspace_id: UUID, source_id: UUID) -> str | None:
        path = f"/v1/hooks/{encode('workspace', workspace_id)}/{encode('source', source_id)}"
        return f"{self.site}{path}" if self.site else None

    def limits_of(self, *, trusted: bool) -> Limits:
        return ANYWHERE if trusted else self.limits

    def reveal(self, workspace_id: UUID, sealed: Iterable[Credential]) -> dict[str, str]:
        """Return secret settings by name. Raises Unreadable."""
        return {one.name: self._open(workspace_id, one) for one in sealed}

    def _open(self, workspace_id: UUID, one: Credential) -> str:
        return self.open(Sealed(one.key_id, one.wrapped, one.sealed), place(workspace_id, one.source_id, one.name))

    def open(self, sealed: Sealed, place: str) -> str:
        """Return a sealed text. Raises Unreadable."""
        return self._keys().open(sealed, place)

    def seal(self, text: str, place: str) -> Sealed:
        """Seal a text for a place. Raises Unreadable."""
        return self._keys().seal(text, place)

    def open_box(self, key_id: str, wrapped: bytes, place: str) -> Box:
        """Return what opens the pieces of a file. Raises Unreadable."""
        return self._keys().open_box(key_id, wrapped, place)

    def _keys(self) -> Vault:
        if self.vault is None:
            raise Unreadable("This worker has no keys.")
        return self.vault

    def clear(self, source_id: UUID) -> None:
        """Remove what a source has kept. Blocks."""
        shutil.rmtree(self._of(source_id), ignore_errors=True)

    def upload_of(self, source_id: UUID) -> Path:
        """Return where the upload that a source reads lies while it is read."""
        return self._of(source_id) / "upload"

    def _of(self, source_id: UUID) -> Path:
        return self.folder / str(source_id)
