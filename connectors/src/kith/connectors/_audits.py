"""Audits: asking a network whether what it told is still there, for deletions that it tells nowhere."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol, runtime_checkable

from kith.connectors._context import Context
from kith.connectors._records import InteractionRef


@runtime_checkable
class Audited(Protocol):
    """What a connector adds whose network can be asked for single acts by their keys."""

    async def gone(self, config: Any, refs: Sequence[InteractionRef], context: Context) -> Collection[InteractionRef]:
        """Return those of these acts, a hundred at most, that the network says are no longer there.

        What it does not say for certain is still there. Raises Retry, Reauthorize or Fatal.
        """
        ...
