"""Partitions: the channels, repositories or lists of a source, each with a cursor of its own."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Protocol, runtime_checkable

import msgspec

from kith.connectors._context import Context
from kith.connectors._errors import Missing, Refused
from kith.connectors._hookspecs import Connector
from kith.connectors._records import Key, Name, Page, Skip, Visibility

HISTORY_SHARE = 0.6
"""Of each declared rate, what reading history may take; the rest is left to what is fresh."""


class Partition(msgspec.Struct, frozen=True):
    """A part of a source that is read by itself.

    size: about how many items; seconds: about how long reading them takes; both None where unknown. mark: changes
    whenever there is something new to read, such as the date of the last message: kith asks nothing of a partition
    whose mark is as it was at the end of the last read. Private and direct ones are read only where a human says so.
    """

    key: Key
    name: Name
    kind: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,62}$")] = "channel"
    visibility: Visibility = "private"
    size: int | None = None
    seconds: float | None = None
    mark: Name | None = None


@runtime_checkable
class Partitioned(Protocol):
    """What a connector adds whose source has many channels. ``pull`` then reads what belongs to none of them."""

    def discover(self, config: Any, context: Context) -> AsyncIterator[Partition]:
        """Yield all partitions, each once; those that come no more have ended. The fewer requests the better."""
        ...

    def read(
        self, config: Any, partition: Partition, cursor: msgspec.Raw | None, context: Context
    ) -> AsyncIterator[Page]:
        """Yield pages of a partition from where its cursor stands, as ``pull`` does; no page where nothing is new."""
        ...


@runtime_checkable
class Historied(Protocol):
    """What a partitioned connector adds that reads the newest first: ``read`` from None then begins near the end."""

    def read_history(
        self, config: Any, partition: Partition, cursor: msgspec.Raw | None, context: Context
    ) -> AsyncIterator[Page]:
        """Yield pages back to the beginning, with a cursor of their own.

        kith asks for them when all that is fresh has been read, and lends a share of each rate.
        """
        ...


_NOWHERE = msgspec.Raw(b"null")


class _Place(msgspec.Struct):
    fresh: msgspec.Raw = _NOWHERE
    history: msgspec.Raw = _NOWHERE


class _Cursor(msgspec.Struct):
    """Of a whole source, as the command line and the tests read it; kith itself keeps a row a partition."""

    own: msgspec.Raw = _NOWHERE
    parts: dict[str, _Place] = {}


async def pages_of(
    connector: Connector, config: Any, cursor: msgspec.Raw | None, context: Context
) -> AsyncIterator[Page]:
    """Yield all pages of a source with one cursor, in the order in which kith reads them; of all its partitions."""
    if not isinstance(connector, Partitioned):
        async for page in connector.pull(config, cursor, context):
            yield page
        return
    stand = msgspec.json.decode(cursor, type=_Cursor) if cursor else _Cursor()
    async for page in connector.pull(config, _start(stand.own), context):
        stand.own = page.cursor
        yield _with(page, stand)
    partitions = [partition async for partition in connector.discover(config, context)]
    for partition in partitions:
        place = stand.parts.setdefault(partition.key, _Place())
        reading = connector.read(config, partition, _start(place.fresh), context)
        async for page in _those_there(reading, partition, place.fresh):
            place.fresh = page.cursor
            yield _with(page, stand)
    if not isinstance(connector, Historied):
        return
    for partition in partitions:
        place = stand.parts[partition.key]
        reading = connector.read_history(config, partition, _start(place.history), context)
        async for page in _those_there(reading, partition, place.history):
            place.history = page.cursor
            yield _with(page, stand)


async def _those_there(pages: AsyncIterator[Page], partition: Partition, cursor: msgspec.Raw) -> AsyncIterator[Page]:
    """Yield the pages of a partition; one that is not there, or not shown, is told, and the others are read on."""
    try:
        async for page in pages:
            cursor = page.cursor
            yield page
    except (Missing, Refused) as error:
        yield Page((), cursor, (Skip(partition.name[:200], "not_read", str(error)),))


def _start(cursor: msgspec.Raw) -> msgspec.Raw | None:
    return None if bytes(cursor) == b"null" else cursor


def _with(page: Page, stand: _Cursor) -> Page:
    return msgspec.structs.replace(page, cursor=msgspec.Raw(msgspec.json.encode(stand)))
