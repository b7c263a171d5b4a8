"""Reading a table row by row, by a mapping."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from hashlib import blake2b
from itertools import islice

import msgspec

from kith.connectors import Context, Fatal, Page, Record, Report, items, load_cursor, save_cursor
from kith.connectors._tables import Row, Table, open_table
from kith.connectors._texts import look as look_at
from kith.connectors.csv.config import CsvConfig
from kith.connectors.mapping import Document, Mapper

ROWS = 1000  # of a page
_SHOWN = 10  # rows, and faults
_LOOKED_AT = 1000


class Cursor(msgspec.Struct, frozen=True):
    """edition: of the file and the mapping; rows: how many of it were read; whole: all."""

    edition: str
    rows: int = 0
    whole: bool = False


async def look(config: CsvConfig, context: Context) -> Report:
    """Read the first rows, and show what they become."""
    table, mapper = await asyncio.to_thread(_open, config, context)
    rows = await asyncio.to_thread(lambda: list(islice(table.rows(context.limits), _LOOKED_AT)))
    told = items.Told()
    shown: list[Record] = []
    for number, row in enumerate(rows):
        before = len(told.records)
        _tell(row, mapper, told)
        shown += told.records[before:] if number < _SHOWN else ()
    separator = {"\t": "a tab"}.get(table.separator, repr(table.separator))
    warnings = [f"{skip.place}: {skip.reason}" for skip in told.skipped[:_SHOWN]]
    unused = [name for name in table.head if name not in mapper.references]
    if unused:
        warnings.append(f"Columns that are not read: {', '.join(unused)[:500]}.")
    detail = (
        f"{len(table.head)} columns with {separator} between them, in {table.text.encoding}; of the first "
        f"{len(rows)} rows {len(rows) - len(told.skipped)} can be read, as {len(told.records)} records."
    )
    return Report(detail, tuple(warnings), tuple(shown))


async def read(config: CsvConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield the rows in pages; no page where neither the file nor the mapping has changed."""
    table, mapper = await asyncio.to_thread(_open, config, context)
    edition = _edition(table, config)
    at = load_cursor(cursor, Cursor)
    if at is None or at.edition != edition:
        at = Cursor(edition)
    if at.whole:
        return
    rows = table.rows(context.limits, at.rows)
    while batch := await asyncio.to_thread(lambda: list(islice(rows, ROWS))):
        told = await asyncio.to_thread(_told, batch, mapper)
        at = Cursor(edition, at.rows + len(batch))
        yield Page(tuple(told.records), save_cursor(at), tuple(told.skipped), at.rows, None, "rows")
    yield Page((), save_cursor(msgspec.structs.replace(at, whole=True)), (), at.rows, at.rows, "rows")


def _open(config: CsvConfig, context: Context) -> tuple[Table, Mapper]:
    """Open the table. Raises Fatal where it lacks a column that the mapping names."""
    text = look_at(config.path, context.limits, config.encoding)
    table = open_table(text, context.limits, config.separator)
    mapper = Mapper(config.records, config.timezone)
    for name, place in mapper.references.items():
        if name not in table.head and not name.startswith("."):
            raise Fatal(f"The table has no column {name!r} ({place}): it has {', '.join(table.head)[:500]}.")
    return table, mapper


def _edition(table: Table, config: CsvConfig) -> str:
    told = msgspec.json.encode(
        (table.text.digest, table.separator, table.text.encoding, config.records, config.timezone)
    )
    return blake2b(told, digest_size=16).hexdigest()


def _told(batch: list[Row], mapper: Mapper) -> items.Told:
    told = items.Told()
    for row in batch:
        _tell(row, mapper, told)
    return told


def _tell(row: Row, mapper: Mapper, told: items.Told) -> None:
    if row.cells is None or any(row.cells.values()):
        raw = row.raw.encode(errors="replace") if row.cells is None else msgspec.json.encode(row.cells)
        told.keep(partial(_records, row, mapper), f"line {row.line}", raw)


def _records(row: Row, mapper: Mapper) -> Iterator[Record]:
    if row.cells is None:
        raise items.Unreadable(f"The row is not read: {row.fault}.")
    yield from mapper.records(Document(row.cells))
