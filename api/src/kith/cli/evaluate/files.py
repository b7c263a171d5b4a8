"""Columns of csv and csv.zst files, read with errors that name the file and the line."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np
import zstandard
from numpy.typing import NDArray

from kith.cli.evaluate import UnreadableFile as UnreadableFile


def read_columns(path: Path, names: Sequence[str], optional: Sequence[str] = ()) -> dict[str, list[str]]:
    """Return the named columns of a file with a header, ``optional`` ones only where present; others are ignored.

    Raises:
        UnreadableFile: a named column is missing or there twice, or a field of a row is missing.
    """
    with _opened(path) as lines:
        rows = csv.reader(lines)
        header = next(rows, [])
        missing = [name for name in names if name not in header]
        if missing:
            raise UnreadableFile(
                f"{path}: no column {', '.join(missing)}; its header has {', '.join(header) or 'nothing'}"
            )
        wanted = [name for name in (*names, *optional) if name in header]
        if twice := [name for name in wanted if header.count(name) > 1]:
            raise UnreadableFile(f"{path}: more than one column {', '.join(twice)}")
        places = [header.index(name) for name in wanted]
        try:
            picked = [[row[place] for place in places] for row in rows if row]
        except IndexError:
            raise UnreadableFile(f"{path}, line {rows.line_num}: fewer fields than the header names") from None
    return {name: [row[i] for row in picked] for i, name in enumerate(wanted)}


def read_header(path: Path) -> list[str]:
    """Return the names of the columns of ``path``."""
    with _opened(path) as lines:
        return next(csv.reader(lines), [])


def integers(column: Sequence[str], name: str) -> NDArray[np.int64]:
    """Return a column of whole numbers; fractions of a second in a time are cut off.

    Raises:
        UnreadableFile: a value is not a number.
    """
    return reals(column, name).astype(np.int64)


def reals(column: Sequence[str], name: str) -> NDArray[np.float64]:
    """Return a column of numbers.

    Raises:
        UnreadableFile: a value is not a finite number.
    """
    try:
        numbers = np.array(column, dtype=np.float64)
    except ValueError as error:
        raise UnreadableFile(f"column {name}: {error}") from None
    if not np.isfinite(numbers).all():
        raise UnreadableFile(f"column {name}: a value is not a finite number")
    return numbers


def encode(*columns: Sequence[str]) -> tuple[list[str], list[NDArray[np.int64]]]:
    """Number the distinct names of all columns together, in sorted order; return names and numbered columns."""
    names = sorted({name for column in columns for name in column})
    number = {name: i for i, name in enumerate(names)}
    return names, [np.array([number[name] for name in column], dtype=np.int64) for column in columns]


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("rb") as raw:
            stream = (
                zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
                if path.suffix == ".zst"
                else raw
            )
            with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as lines:
                yield lines
    except (OSError, UnicodeDecodeError, csv.Error, zstandard.ZstdError) as error:
        raise UnreadableFile(f"{path}: {error}") from error
