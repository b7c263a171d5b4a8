"""Tables as text (CSV): separator, head and encoding are found, and each row comes with the number of its line."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kith.connectors._errors import Fatal
from kith.connectors._limits import Limits
from kith.connectors._texts import Text

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

_SEPARATORS = ",;\t|"
_SAMPLE = 1 << 16  # characters in which the separator is looked for
_ROWS = 100
_CELLS = 2000  # of a row


class Row(NamedTuple):
    """line: where it begins, from 1. cells: by column; None where it cannot be read, with the reason as fault."""

    line: int
    cells: dict[str, str] | None
    fault: str = ""
    raw: str = ""


class Table(msgspec.Struct, frozen=True):
    """A file as it is now. head: the names of its columns, each once; before: rows above it, such as a title."""

    text: Text
    separator: str
    head: tuple[str, ...]
    before: int

    def rows(self, limits: Limits, start: int = 0) -> Iterator[Row]:
        """Yield the rows below the head from one on; those without any cell are passed over, but counted."""
        with self.text.open(limits) as file:
            reader = csv.reader(file, delimiter=self.separator)
            for _ in range(self.before + 1 + start):
                _next(reader)
            while (found := _next(reader)) is not None:
                yield self._row(*found)

    def _row(self, line: int, cells: list[str], fault: str) -> Row:
        raw = self.separator.join(cells)
        beyond = [cell for cell in cells[len(self.head) :] if cell.strip()]
        if beyond and not fault:
            fault = f"it has {len(cells)} cells, and the head {len(self.head)}"
        if fault:
            return Row(line, None, fault, raw)
        padded = [*cells, *[""] * (len(self.head) - len(cells))]
        return Row(line, {name: cell.replace("\0", "").strip() for name, cell in zip(self.head, padded, strict=False)})


def open_table(text: Text, limits: Limits, separator: str | None = None) -> Table:
    """Find the separator and the head. Raises Fatal where there is no table."""
    with text.open(limits) as file:
        sample = file.read(_SAMPLE)
    said = sample.partition("\n")[0].strip()
    stated = said[4:5] if said.lower().startswith("sep=") else None  # Excel's own note, a row of its own
    found = separator or stated or _separator(sample)
    rows = _some(sample, found)
    if not rows or not any(any(row) for row in rows):
        raise Fatal(f"{text.path} is empty.")
    width, _ = _usual(rows)
    before = next(number for number, row in enumerate(rows) if len(row) >= min(width, 2) and _is_head(row, width))
    return Table(text, found, tuple(_named(rows[before])), before)


def _is_head(row: list[str], width: int) -> bool:
    return any(cell.strip() for cell in row) and (len(row) >= width or width == 1)


def _separator(sample: str) -> str:
    """Return the separator by which most rows have as many cells, and more than one."""
    best, chosen = (0.0, 0), ","
    for separator in _SEPARATORS:
        width, share = _usual(_some(sample, separator))
        if width > 1 and (score := (round(share, 1), width)) > best:
            best, chosen = score, separator
    return chosen


def _usual(rows: list[list[str]]) -> tuple[int, float]:
    """Return how many cells most rows have, and the share of those."""
    widths = Counter(len(row) for row in rows if any(row))
    width, count = max(widths.items(), key=lambda one: (one[1], one[0]), default=(0, 0))
    return width, count / max(widths.total(), 1)


def _some(sample: str, separator: str) -> list[list[str]]:
    """Return the first rows, the one in which the sample breaks off left out."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    rows: list[list[str]] = []
    while len(rows) < _ROWS and (found := _next(reader)) is not None:
        rows.append(found[1])
    return rows[:-1] if len(sample) == _SAMPLE and 1 < len(rows) < _ROWS else rows


def _named(cells: list[str]) -> Iterator[str]:
    """Yield the names of columns; what has none, or one that was there, gets a number."""
    taken: set[str] = set()
    for number, cell in enumerate(islice(cells, _CELLS), 1):
        name = plain = " ".join(cell.split()) or f"column {number}"
        again = 2
        while name in taken:
            name, again = f"{plain} {again}", again + 1
        taken.add(name)
        yield name


def _next(reader: "CsvReader") -> tuple[int, list[str], str] | None:
    """Return the next row with its first line and what is wrong with it; None at the end."""
    line = reader.line_num + 1
    try:
        return line, next(reader), ""
    except StopIteration:
        return None
    except csv.Error as error:
        return line, [], f"it is no row: {error}; perhaps a quotation mark is not closed"
