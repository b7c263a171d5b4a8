"""What networks answer, item by item: what cannot be read is told, and the rest is kept.

For partners' connectors as for ours.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TypeVar

import msgspec

from kith.connectors._flaws import flaw
from kith.connectors._records import Record, Skip

T = TypeVar("T")

NAME = 1000  # characters of a name, a key or an address
TEXT = 1_000_000  # of a text
_RAW = 4000


class Unreadable(ValueError):
    """Why an item tells nothing: a sentence for a human."""


class Told(msgspec.Struct):
    """What some items told, and which of them could not be read."""

    records: list[Record] = []
    skipped: list[Skip] = []

    def add(self, raw: bytes, kind: type[T], place: str, make: Callable[[T], Iterable[Record]]) -> T | None:
        """Decode one item and keep the records that ``make`` gives for it; all of them or, with a Skip, none.

        Returns the item; None where it could not be read.
        """
        try:
            item = msgspec.json.decode(raw, type=kind)
            records = list(make(item))
            reason = next(filter(None, map(flaw, records)), None)
        except (msgspec.DecodeError, ValueError, OverflowError, OSError) as error:
            reason, records = str(error) or type(error).__name__, []
        if reason is None:
            self.records += records
            return item
        self.skipped.append(Skip(clean(place), "unreadable_item", reason, shown(raw)))
        return None

    def add_all(
        self, raws: Iterable[msgspec.Raw], kind: type[T], place: str, make: Callable[[T], Iterable[Record]]
    ) -> list[T]:
        """Do so for each; return those that could be read. Places are counted."""
        found = (self.add(bytes(raw), kind, f"{place} {number}", make) for number, raw in enumerate(raws, 1))
        return [item for item in found if item is not None]


def clean(text: str | None, longest: int = NAME) -> str:
    """Return a text without what PostgreSQL and JSON refuse (NUL, halves of characters), cut to so many characters."""
    return (text or "").replace("\0", "").encode(errors="replace").decode()[:longest]


def line(text: str | None) -> str | None:
    """Return a name or title on one line; None where nothing is left."""
    return " ".join(clean(text).split()) or None


def body(text: str | None) -> str | None:
    """Return the text of an act; None where nothing is left."""
    return clean(text, TEXT).strip() or None


def key(text: str) -> str:
    """Return a key as records may hold it: what is too long by its hash. Raises Unreadable where it is empty."""
    text = "".join(clean(text, len(text))).strip()
    if not text:
        raise Unreadable("An id is empty.")
    return text if len(text) <= NAME else blake2b(text.encode(), digest_size=16).hexdigest()


def address(url: str | None) -> str | None:
    """Return an address of the web; None where it is none, or too long to be kept."""
    url = clean(url, NAME + 1)
    return url if url.startswith(("https://", "http://")) and len(url) <= NAME else None


def moment(text: str) -> datetime:
    """Read an ISO date with a time; without a zone it is UTC. Raises ValueError."""
    found = datetime.fromisoformat(text.strip())
    return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)


def since_1970(seconds: float) -> datetime:
    """Return the moment so many seconds after 1970 began. Raises ValueError, OverflowError, OSError."""
    return datetime.fromtimestamp(seconds, UTC)


def shown(raw: bytes) -> str:
    """Return the beginning of an item as a human may look at it."""
    return clean(raw[:_RAW].decode(errors="replace"), _RAW)
