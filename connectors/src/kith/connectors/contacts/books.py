"""Where contacts are: a file of cards, a table, or address books on a server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from email.utils import parsedate_to_datetime
from functools import partial
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from kith.connectors import Basic, Context, Fatal, Limits, items
from kith.connectors._tables import Row, Table, open_table
from kith.connectors._texts import Text, look
from kith.connectors.contacts import vcards
from kith.connectors.contacts.cards import LONGEST, Card, read_cards
from kith.connectors.contacts.config import ContactsConfig
from kith.connectors.contacts.people import Contact
from kith.connectors.contacts.tables import Reader
from kith.connectors.dav import BATCH, Collection, Dav, Entry, Object

PAGE = 1000  # cards or rows of a page
_EITHER = "Name either a file (path) or a server (url), and not both."

T = TypeVar("T")


class Found(NamedTuple):
    """A card or row. make: raises ValueError where it cannot be read."""

    place: str
    raw: bytes
    make: Callable[[], Contact]


class Book(Protocol):
    """edition: changes whenever anything in the book does. host: within which a card without an own key has one."""

    @property
    def edition(self) -> str: ...
    @property
    def host(self) -> str: ...
    def batches(self) -> AsyncIterator[list[Found]]: ...


async def open_book(config: ContactsConfig, context: Context) -> Book:
    """Look at a source. Raises Fatal where it is none."""
    if config.path is not None and config.url is None:
        return await asyncio.to_thread(_open_file, config, context.limits)
    if config.url is None or config.path is not None:
        raise Fatal(_EITHER)
    auth = Basic(config.user or "", config.password) if config.password else None
    dav = Dav(context.http, "addressbook", auth, context.folder)
    return Server(dav, *await dav.survey(config.url))


def _open_file(config: ContactsConfig, limits: Limits) -> Book:
    path = config.path or ""
    text = look(path, limits)
    with text.open_bytes(limits) as file:
        head = file.read(1 << 16)
    if b"BEGIN:VCARD" in head.upper().replace(b"\0", b""):
        return CardFile(text, limits)
    table = open_table(text, limits)
    told = b"\n".join([table.text.digest.encode(), msgspec.json.encode((config.columns, config.dates))])
    return TableFile(table, Reader(table.head, config), blake2b(told, digest_size=16).hexdigest(), limits)


class CardFile:
    """A file of vCards."""

    def __init__(self, text: Text, limits: Limits) -> None:
        self.edition, self.host = text.digest, text.path.rpartition("/")[2]
        self._text, self._limits = text, limits

    def batches(self) -> AsyncIterator[list[Found]]:
        return _batches(self._found())

    def _found(self) -> Iterator[Found]:
        for card in read_cards(self._lines()):
            yield _card(card, f"line {card.line}", "", self._text.modified.isoformat())

    def _lines(self) -> Iterator[bytes]:
        if self._text.encoding.startswith("utf-16"):
            with self._text.open(self._limits) as text:
                while line := text.readline(LONGEST):
                    yield from line.encode(errors="replace").splitlines()
            return
        with self._text.open_bytes(self._limits) as file:
            while raw := file.readline(LONGEST):
                yield from raw.removeprefix(b"\xef\xbb\xbf").splitlines()


class TableFile:
    """A table, a row a contact."""

    def __init__(self, table: Table, reader: Reader, edition: str, limits: Limits) -> None:
        self.edition, self.host = edition, table.text.path.rpartition("/")[2]
        self.used = reader.used
        self._table, self._reader, self._limits = table, reader, limits

    def batches(self) -> AsyncIterator[list[Found]]:
        return _batches(self._found())

    def _found(self) -> Iterator[Found]:
        for row in self._table.rows(self._limits):
            if row.fault or any((row.cells or {}).values()):
                yield Found(f"line {row.line}", _raw(row), partial(self._contact, row))

    def _contact(self, row: Row) -> Contact:
        if row.cells is None:
            raise items.Unreadable(f"The row is not read: {row.fault}.")
        found = self._reader.contact(row.cells)
        return msgspec.structs.replace(found, changed=found.changed or self._table.text.modified)


class Server:
    """Address books on a server, all of them or one."""

    def __init__(self, dav: Dav, listed: list[tuple[Collection, list[Entry] | None]], edition: str) -> None:
        self.edition, self.host = edition, urlsplit(listed[0][0].url).hostname or ""
        self.names = [collection.name or collection.url for collection, _ in listed]
        self._dav, self._listed = dav, listed

    async def batches(self) -> AsyncIterator[list[Found]]:
        for collection, known in self._listed:
            entries = await self._dav.entries(collection) if known is None else known
            for start in range(0, len(entries), BATCH):
                found = await self._dav.objects(collection, entries[start : start + BATCH])
                yield [card for one in found for card in _cards(one)]


def _cards(one: Object) -> Iterator[Found]:
    parts = urlsplit(one.url)
    path = parts.path
    cards = list(read_cards(one.data.encode(errors="replace").splitlines()))
    for card in cards:
        yield _card(card, path, f"{parts.netloc}{path}", _iso(one.modified))
    if not cards:
        yield Found(path, one.data.encode(errors="replace"), _no_card)


def _card(card: Card, place: str, key: str, modified: str) -> Found:
    def make() -> Contact:
        if card.broken:
            raise items.Unreadable(f"The card is not whole: {card.broken}.")
        found = vcards.contact(card, key)
        seen = found.changed or (items.moment(modified) if modified else None)
        return msgspec.structs.replace(found, changed=seen)

    shown = "\n".join(f"{one.name}:{one.value}" for one in card.properties[:50])
    return Found(place, shown.encode(errors="replace"), make)


def _no_card() -> Contact:
    raise items.Unreadable("It is no vCard.")


def _iso(modified: str) -> str:
    try:
        return parsedate_to_datetime(modified).isoformat() if modified else ""
    except (ValueError, OverflowError):
        return ""


def _raw(row: Row) -> bytes:
    return (row.raw or msgspec.json.encode(row.cells).decode()).encode(errors="replace")


async def _batches(found: Iterator[Found]) -> AsyncIterator[list[Found]]:
    while batch := await asyncio.to_thread(lambda: list(islice(found, PAGE))):
        yield batch
