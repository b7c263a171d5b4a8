"""Network ``ndjson``: kith's own import format, one record a line. docs/import-format.md describes it.

Reads: a file of any size, plain, gzip or Zstandard (told by its first bytes), every kind of record.
Can't: lines over 8 MiB; archives of several files.
Resume and growth: the cursor holds the byte offset, so a file that grows is read on from there; a file that was
replaced (other bytes around what was read) is read again. The same record twice changes nothing.
Deletions: as the file's ``tombstone`` records say; a line taken out of the file deletes nothing.
Privacy: the file says itself who may see what, by ``visibility``; what it leaves out is private.
"""

import asyncio
import gzip
import io
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import msgspec
import zstandard

from kith.connectors import (
    Connector,
    Context,
    Fatal,
    Limits,
    LocalPath,
    Page,
    Record,
    Report,
    Skip,
    flaw,
    hookimpl,
    load_cursor,
    save_cursor,
)
from kith.connectors._files import BROKEN, MARK_BYTES, fingerprint, marks, open_file, uncompressed

PAGE_RECORDS = 10_000
PAGE_BYTES = 4 << 20  # of lines; with the records made of them a page takes about ten times that in memory
LINE_BYTES = 8 << 20  # a text of a million characters, each escaped, fits

_BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 20
_BAD_NETWORK = re.compile(rb'"network"\s*:\s*"(?![a-z0-9][a-z0-9._-]{0,62}")')
_FAR_DATES = (b'"0001-01-01', b'"9999-12-31')


class NdjsonConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file in kith's import format."""

    path: Annotated[
        LocalPath,
        msgspec.Meta(
            title="File",
            description="Absolute path of an NDJSON file on kith's machine; plain, gzip or Zstandard.",
            examples=["/data/community.ndjson.zst"],
        ),
    ]


class Cursor(msgspec.Struct, frozen=True):
    """What has been read: bytes and line ends of the uncompressed text.

    fingerprint: of the file's first bytes and the last ``tail`` bytes read; another file has another one.
    """

    offset: int
    line: int
    tail: int
    fingerprint: str


class NdjsonConnector:
    name = "ndjson"
    title = "NDJSON file"
    description = "kith's own import format: one record a line, every kind of record."
    version = "1"
    Config = NdjsonConfig

    async def check(self, config: NdjsonConfig, context: Context) -> Report:
        reader = await asyncio.to_thread(Reader, config.path, None, context.limits)
        try:
            page = await asyncio.to_thread(reader.read_page)
        finally:
            reader.close()
        if page is None:
            return Report(detail="The file is empty.", warnings=("Nothing to read yet.",))
        warnings = [f"{skip.place}: {skip.reason}" for skip in page.skipped[:3]]
        bad = f", {len(page.skipped)} bad" if page.skipped else ""
        return Report(detail=f"The first page holds {len(page.records)} good lines{bad}.", warnings=tuple(warnings))

    async def pull(self, config: NdjsonConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        reader = await asyncio.to_thread(Reader, config.path, load_cursor(cursor, Cursor), context.limits)
        try:
            while page := await asyncio.to_thread(reader.read_page):
                yield page
        finally:
            reader.close()


class Reader:
    """Reads pages of one file, from a cursor on. Blocks: keep it off the event loop."""

    def __init__(self, path: str, cursor: Cursor | None, limits: Limits) -> None:
        self._decode = msgspec.json.Decoder(Record).decode
        self._failure: Fatal | None = None
        self._offset = self._line = 0
        self._head = self._tail = b""
        self._ended = False
        self._file = open_file(path, limits)
        self._size = self._file.seek(0, io.SEEK_END)
        self._text = uncompressed(self._file)
        if cursor is not None and not self._resume(cursor):
            self._restart()

    def close(self) -> None:
        self._file.close()

    def read_page(self) -> Page | None:
        """Return the next page, None at the end; where a compressed file breaks off, raise Fatal after what is good."""
        lines, skipped = self._read_lines()
        if not lines and not skipped:
            if self._failure:
                raise self._failure
            return None
        records: list[Record] = []
        suspect = _suspect(b"".join(line for _, line in lines))
        for number, line in lines:
            try:
                record = self._decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                skipped.append(_bad_line(number, error))
                continue
            if suspect and (reason := flaw(record)):
                skipped.append(Skip(f"line {number}", "invalid_record", reason))
            else:
                records.append(record)
        return Page(tuple(records), self._cursor(), tuple(skipped), self._file.tell(), self._size, "bytes")

    def _read_lines(self) -> tuple[list[tuple[int, bytes]], list[Skip]]:
        """Read the lines of one page that are not blank, each with its number; skip those that cannot be lines."""
        lines: list[tuple[int, bytes]] = []
        skipped: list[Skip] = []
        end = self._offset + PAGE_BYTES
        try:
            while len(lines) + len(skipped) < PAGE_RECORDS and self._offset < end and not self._ended:
                line = self._text.readline(LINE_BYTES)
                number = self._line + 1
                if not line.endswith(b"\n"):
                    if len(line) == LINE_BYTES:
                        self._pass_rest(line)
                        skipped.append(Skip(f"line {number}", "line_too_long", f"longer than {LINE_BYTES} bytes"))
                        continue
                    self._ended = True
                    if line and not _is_json(line.removeprefix(_BOM)):
                        reason = "the last line does not end and is no record: perhaps it is still being written"
                        skipped.append(Skip(f"line {number}", "incomplete_line", reason))
                        break
                self._pass(line)
                if number == 1:
                    line = line.removeprefix(_BOM)
                if line and not line.isspace():
                    lines.append((number, line))
        except BROKEN as error:
            self._ended = True
            self._failure = Fatal(f"The file breaks off after line {self._line}: {error}")
        return lines, skipped

    def _pass(self, data: bytes) -> None:
        """Move on behind ``data``, which the file gave next."""
        self._offset += len(data)
        self._line += data.endswith(b"\n")
        self._tail = data
        if len(self._head) < MARK_BYTES:
            self._head = (self._head + data)[:MARK_BYTES]

    def _pass_rest(self, line: bytes) -> None:
        self._pass(line)
        while line and not line.endswith(b"\n"):
            line = self._text.readline(_CHUNK)
            self._pass(line)

    def _restart(self) -> None:
        self._text = uncompressed(self._file)
        self._offset = self._line = 0
        self._head = self._tail = b""

    def _resume(self, cursor: Cursor) -> bool:
        """Stand where the cursor stands; False where this is not the file that it was made on."""
        found = marks(self._text, cursor.offset, cursor.tail)
        if found is None or fingerprint(*found) != cursor.fingerprint:
            return False
        self._head, self._tail = found
        self._offset, self._line = cursor.offset, cursor.line
        return True

    def _cursor(self) -> msgspec.Raw:
        tail = self._tail[-MARK_BYTES:]
        return save_cursor(Cursor(self._offset, self._line, len(tail), fingerprint(self._head, tail)))


def encode_line(record: Record) -> bytes:
    """Return the record as one line of the import format."""
    return msgspec.json.encode(record) + b"\n"


def write(path: str | Path, records: Iterable[Record]) -> int:
    """Write the records, compressed as the suffix (.gz, .zst) says, and return how many. Same records, same bytes."""
    target, count = Path(path), 0
    with target.open("wb") as file, _compressed(file, target.suffix) as text:
        for record in records:
            text.write(encode_line(record))
            count += 1
    return count


def _compressed(file: BinaryIO, suffix: str) -> AbstractContextManager[BinaryIO]:
    if suffix == ".gz":
        return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0))
    if suffix == ".zst":
        return cast(BinaryIO, zstandard.ZstdCompressor(level=19).stream_writer(file, closefd=False))
    return nullcontext(file)


def _suspect(lines: bytes) -> bool:
    """Whether ``flaw`` might find something in these lines; asked once a page, because asking each record is slow."""
    far = any(date in lines for date in _FAR_DATES)
    return far or rb"\u0000" in lines or _BAD_NETWORK.search(lines) is not None


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _bad_line(number: int, error: Exception) -> Skip:
    if isinstance(error, msgspec.ValidationError):
        return Skip(f"line {number}", "invalid_record", str(error))
    return Skip(f"line {number}", "invalid_json", str(error))


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [NdjsonConnector()]
