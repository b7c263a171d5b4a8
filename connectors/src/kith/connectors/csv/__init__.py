"""Network of your choice: any table as text, by a mapping of its columns to records (docs/mapping.md).

Reads CSV with whatever separator, in UTF-8, UTF-16 or Windows-1252, with cells of several lines, plain or packed.

Can't: tables of a spreadsheet program as such (save them as CSV); cells of more than 131,072 characters.
Resume and growth: a file that has changed is read again from its beginning; keys repeat, so nothing is doubled.
Deletions: a row that is no longer there deletes nothing.
Privacy: as the mapping says; what it leaves out is private.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Report, hookimpl
from kith.connectors.csv.config import CsvConfig

__all__ = ["CsvConfig", "CsvConnector", "kith_connectors"]


class CsvConnector:
    name = "csv"
    title = "Table (CSV)"
    description = "Any table as text, by a mapping of its columns."
    version = "1"
    Config = CsvConfig

    async def check(self, config: CsvConfig, context: Context) -> Report:
        from kith.connectors.csv.reader import look

        return await look(config, context)

    def pull(self, config: CsvConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.csv.reader import read

        return read(config, cursor, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [CsvConnector()]
