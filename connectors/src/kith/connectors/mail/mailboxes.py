"""What a mailbox is, whatever it lies in: a file, a folder, a list's repository."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import msgspec

from kith.connectors.mail.dates import Arrival

#: Of the mails read before, so many are read again for their headers alone: who wrote what is needed to understand the
#: answers to it. Twice what ``threads`` remembers, so that those remembered know their own parents.
WARM = 60_000
MAIL_BYTES = 16 << 20  # of one mail; the rest of a longer one is attachments, is passed over, and that is told


class Item(NamedTuple):
    """One mail of a mailbox. cursor: what follows it. is_old: it was read before. is_gone: the mailbox took it out.

    arrived: when the mailbox says that it came. unread: why it is none that can be read.
    is_cut: it is longer than MAIL_BYTES.
    """

    place: str
    data: bytes
    cursor: msgspec.Struct | None = None
    is_old: bool = False
    is_gone: bool = False
    arrived: Arrival = Arrival()
    unread: str = ""
    is_cut: bool = False


class Mailbox(Protocol):
    """Mails in one fixed order, from some old ones on. Blocks; ``close``, from any thread, ends the work."""

    def items(self) -> Iterator[Item]: ...

    def close(self) -> None: ...
