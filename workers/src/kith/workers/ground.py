"""Where sources are read: what they may read, and the folder on this machine that each may keep."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from kith.connectors import Context, Limits

ANYWHERE = Limits()


@dataclass(frozen=True, slots=True)
class Ground:
    """folder: holds one folder a source. limits: for sources that the operator did not add."""

    folder: Path
    limits: Limits

    def context(self, source_id: UUID, *, trusted: bool) -> Context:
        return Context(self._of(source_id), ANYWHERE if trusted else self.limits)

    def clear(self, source_id: UUID) -> None:
        """Remove what a source has kept. Blocks."""
        shutil.rmtree(self._of(source_id), ignore_errors=True)

    def _of(self, source_id: UUID) -> Path:
        return self.folder / str(source_id)
