"""Reading a book: all of it, whenever anything in it has changed; nothing of it otherwise."""

from collections.abc import AsyncIterator, Iterator

import msgspec

from kith.connectors import Context, Edition, Page, Record, Report, items, load_cursor, save_cursor
from kith.connectors.contacts.books import Found, Server, TableFile, open_book
from kith.connectors.contacts.config import ContactsConfig
from kith.connectors.contacts.people import CLAIM, Contact, Writer, phone_number

CLAIMS = 2000  # addresses of a page, each with who has it
_LOOKED_AT = 1000


class Cursor(msgspec.Struct, frozen=True):
    """edition: which is being read, or was; whole: all of it was told.

    batches, claims: how many batches of cards were told, and of how many addresses whose they are.
    """

    edition: str
    batches: int = 0
    claims: int = 0
    whole: bool = False


async def look(config: ContactsConfig, context: Context) -> Report:
    """Read the first cards, and tell how they are understood."""
    book = await open_book(config, context)
    told, national, looked = items.Told(), 0, 0
    writer = Writer(book.host, config.calling_code)
    async for batch in book.batches():
        for found in batch:
            looked += 1
            if contact := _tell(found, writer, told):
                national += sum(phone_number(one, config.calling_code) is None for one in contact.numbers)
        if looked >= _LOOKED_AT:
            break
    warnings = [f"{skip.place}: {skip.reason}" for skip in told.skipped[:3]]
    if national:
        warnings.append(f"{national} numbers are left out: they name no country (calling_code).")
    where = f" in {', '.join(book.names)[:300]}" if isinstance(book, Server) else ""
    by = f" by the columns {', '.join(book.used)[:300]}" if isinstance(book, TableFile) else ""
    return Report(f"The first {looked} contacts{where}{by}: {looked - len(told.skipped)} can be read.", tuple(warnings))


async def read(config: ContactsConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield the contacts, and then who is whom by them; no page where nothing has changed."""
    book = await open_book(config, context)
    edition = f"{book.edition}{config.calling_code or ''}"
    at = load_cursor(cursor, Cursor)
    if at is None or at.edition != edition:
        at = Cursor(edition)
    if at.whole:
        return
    writer, number, done = Writer(book.host, config.calling_code), 0, 0
    async for batch in book.batches():
        told = items.Told()
        for found in batch:
            _tell(found, writer, told)
        number, done = number + 1, done + len(batch)
        if number > at.batches:  # what was told before is read for its addresses alone
            yield _page(told.records, Cursor(edition, number), told, done)
    for page in _claims(writer, Cursor(edition, number, at.claims)):
        yield msgspec.structs.replace(page, done=done, total=done, unit="contacts")


def _tell(found: Found, writer: Writer, told: items.Told) -> Contact | None:
    kept: list[Contact] = []

    def make() -> Iterator[Record]:
        kept.append(found.make())
        yield from writer.records(kept[0])

    return kept[0] if told.keep(make, found.place, found.raw) else None


def _claims(writer: Writer, at: Cursor) -> Iterator[Page]:
    for start in range(at.claims, writer.parts, CLAIMS):
        after = msgspec.structs.replace(at, claims=start + CLAIMS)
        yield Page(tuple(writer.claims(at.edition, start, CLAIMS)), save_cursor(after))
    yield Page((Edition(CLAIM, at.edition),), save_cursor(msgspec.structs.replace(at, whole=True)))


def _page(records: list[Record], cursor: Cursor, told: items.Told, done: int) -> Page:
    return Page(tuple(records), save_cursor(cursor), tuple(told.skipped), done, None, "contacts")
