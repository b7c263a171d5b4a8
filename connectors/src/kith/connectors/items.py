"""What networks answer, item by item: what cannot be read is told, and the rest is kept.

For partners' connectors as for ours.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TypeVar

import msgspec

from kith.connectors._errors import Fatal
from kith.connectors._records import Coverage, Interaction, Record, Skip
from kith.connectors.html import html_text

T = TypeVar("T")

NAME = 1000  # characters of a name, a key or an address
TEXT = 1_000_000  # of a text
_RAW = 4000
_BLANKS = re.compile(r"\n{3,}")


class Unreadable(ValueError):
    """Why an item tells nothing: a sentence for a human."""


class Told(msgspec.Struct):
    """What some items told, and which of them could not be read."""

    records: list[Record] = []
    skipped: list[Skip] = []

    def read(self, raw: bytes | msgspec.Raw, kind: type[T], place: str) -> T | None:
        """Decode one item; return None, with a Skip, where it cannot be read."""
        try:
            return msgspec.json.decode(raw, type=kind)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            self._skip(place, str(error), bytes(raw))
            return None

    def read_all(self, raws: Iterable[bytes | msgspec.Raw], kind: type[T], place: str) -> list[T]:
        """Decode some items; return those that could be read. Places are counted."""
        found = (self.read(raw, kind, f"{place} {number}") for number, raw in enumerate(raws, 1))
        return [item for item in found if item is not None]

    def add(self, raw: bytes, kind: type[T], place: str, make: Callable[[T], Iterable[Record]]) -> T | None:
        """Decode one item and keep the records that ``make`` gives for it; all of them or, with a Skip, none.

        Returns the item; None where it could not be read.
        """
        item = self.read(raw, kind, place)
        return item if item is not None and self.keep(lambda: make(item), place, raw) else None

    def keep(self, make: Callable[[], Iterable[Record]], place: str, item: object = b"") -> bool:
        """Keep the records that ``make`` gives; all of them or, with a Skip, none. Returns whether it kept them.

        item: what the Skip shows: as it came, or what it was decoded to.
        """
        try:
            self.records += list(make())
        except (msgspec.DecodeError, ValueError, OverflowError, OSError, RecursionError) as error:
            raw = item if isinstance(item, bytes) else msgspec.json.encode(item)
            self._skip(place, str(error) or type(error).__name__, raw)
            return False
        return True

    def add_all(
        self, raws: Iterable[msgspec.Raw], kind: type[T], place: str, make: Callable[[T], Iterable[Record]]
    ) -> list[T]:
        """Do so for each; return those that could be read. Places are counted."""
        found = (self.add(bytes(raw), kind, f"{place} {number}", make) for number, raw in enumerate(raws, 1))
        return [item for item in found if item is not None]

    def _skip(self, place: str, reason: str, raw: bytes) -> None:
        self.skipped.append(Skip(clean(place), "unreadable_item", clean(reason), shown(raw)))


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a source has read: keep it in the cursor. since: the first act so far; until: the end of what was told."""

    since: datetime | None = None
    until: datetime | None = None

    def over(self, records: Iterable[Record]) -> "Span":
        """Return it with the acts of a page."""
        moments = [record.occurred_at for record in records if isinstance(record, Interaction)]
        if self.until is not None or not moments:
            return self
        return Span(min((*moments, *([self.since] if self.since else []))))

    def read(self, until: datetime) -> tuple[list[Record], "Span"]:
        """Return what a run that began at ``until`` and has read everything tells, and the span that follows."""
        since = self.until or self.since or until
        return [Coverage("read", since, until)] if since < until else [], Span(None, max(since, until))


class Circle:
    """Notices where a list gives the same again and again: it would never end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: set[bytes] = set()

    def check(self, *parts: str | bytes) -> None:
        """Raises Fatal where these parts of an answer have come before."""
        digest = blake2b(digest_size=8)
        for part in parts:
            digest.update(part.encode(errors="replace") if isinstance(part, str) else part)
        if digest.digest() in self._seen:
            raise Fatal(f"{self._name} goes round in a circle: the same page comes up again.")
        self._seen.add(digest.digest())


def newest(moments: Iterable[str], now: datetime) -> str:
    """Return the last of some dates, as the network wrote it; empty where there is none.

    One that cannot be read, or lies more than a day ahead, does not count: what follows it would never be read.
    """
    return max((text for text in moments if _is_sane(text, now)), default="")


def _is_sane(text: str, now: datetime) -> bool:
    try:
        return moment(text) <= now + timedelta(days=1)
    except (ValueError, OverflowError):
        return False


def clean(text: str | None, longest: int = NAME) -> str:
    """Return a text without what PostgreSQL and JSON refuse (NUL, halves of characters), cut to so many characters."""
    text = (text or "").replace("\0", "")
    return (text if text.isascii() else text.encode(errors="replace").decode())[:longest]


def line(text: str | None) -> str | None:
    """Return a name or title on one line; None where nothing is left."""
    return " ".join(clean(text).split()) or None


def body(text: str | None) -> str | None:
    """Return the text of an act; None where nothing is left."""
    return clean(text, TEXT).strip() or None


def own_words(html: str | None) -> str | None:
    """Return the text of HTML without what it quotes from others; None where nothing is left."""
    kept = [line for line in html_text(html or "").splitlines() if not line.startswith(">")]
    return body(_BLANKS.sub("\n\n", "\n".join(kept)))


def key(text: str) -> str:
    """Return a key as records may hold it: what is too long by its hash. Raises Unreadable where it is empty."""
    text = clean(text, len(text)).strip()
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
