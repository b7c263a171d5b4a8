"""Who follows whom: lists without a time, which are looked through once a day."""

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from kith.connectors import items
from kith.connectors._errors import Missing, Refused
from kith.connectors._records import Record, Skip

T = TypeVar("T")

_DAY = timedelta(days=1)


def are_due(read_at: datetime | None, now: datetime) -> bool:
    return read_at is None or now - read_at >= _DAY


async def told_by(
    pages: AsyncIterator[list[msgspec.Raw]], kind: type[T], place: str, make: Callable[[T], Iterable[Record]]
) -> AsyncIterator[items.Told]:
    """Yield what each page of a list tells; a list that is hidden, or is not there, is a Skip."""
    try:
        async for raws in pages:
            told = items.Told()
            told.add_all(raws, kind, place, make)
            yield told
    except (Missing, Refused) as error:
        yield items.Told(skipped=[Skip(items.clean(place), "not_read", str(error))])
