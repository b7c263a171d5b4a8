"""Networks that tell at once what happens, over a connection that stays open."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol, runtime_checkable

from kith.connectors._context import Context
from kith.connectors._partitions import Partition
from kith.connectors._push import Received


@runtime_checkable
class Live(Protocol):
    """What a connector adds whose network can be listened to. Scheduled reading heals what was said meanwhile."""

    def listens(self, config: Any) -> bool:
        """Return whether a source can be listened to, as it is set."""
        ...

    def live(self, config: Any, partitions: Sequence[Partition], context: Context) -> AsyncIterator[Received]:
        """Yield what is told for as long as the connection stays open, and ``Received(read=True)`` once it is.

        partitions: those that are read, up to 200. After Retry kith comes again, later each time; where the iterator
        ends, with the next read. It ends the iterator itself when the source changes. Nothing may come for hours:
        notice by yourself when a connection is dead.
        """
        ...
