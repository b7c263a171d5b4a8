"""What the kinds of archives have in common: mails in portions, each with the place that follows it."""

import io
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from kith.connectors import Retry, Validators
from kith.connectors._files import BROKEN
from kith.connectors.mail.mailboxes import Item
from kith.connectors.mail.mbox import mails_in


class Dates(msgspec.Struct, frozen=True, tag="dates"):
    """All up to this moment is read. days: that are asked for at once."""

    at: datetime
    days: float


class Months(msgspec.Struct, frozen=True, tag="months"):
    """The files up to this one are read. versions: of the last of them, which may grow."""

    last: str = ""
    versions: dict[str, Validators] = {}


class Articles(msgspec.Struct, frozen=True, tag="articles"):
    """The articles up to this number are read."""

    last: int = 0


Place = Dates | Months | Articles


class Portion(NamedTuple):
    """Mails, which are to be read once and block, and the place that follows them; ``where`` they stand."""

    where: str
    mails: Iterator[Item]
    after: Place


class Archive(Protocol):
    """Mails in a fixed order, from a place on."""

    async def check(self) -> str:
        """Return a sentence on what is there."""
        ...

    def portions(self) -> AsyncIterator[Portion]: ...

    async def is_gone(self, id_: str) -> bool:
        """Whether the archive says that it has no mail of this Message-ID."""
        ...


def mails_of(body: bytes, place: str) -> Iterator[Item]:
    """Yield the mails of an mbox, packed or not; raises Retry where it breaks off, or is nothing at all."""
    if not body:
        raise Retry(f"{place} is empty.")
    try:
        yield from mails_in(io.BytesIO(body))
    except BROKEN as error:
        raise Retry(f"{place} breaks off: {error}.") from error
