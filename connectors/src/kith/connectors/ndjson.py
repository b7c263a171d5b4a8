"""Network ``ndjson``: kith's own import format, one record a line. docs/import-format.md describes it.

Reads: a file of any size, plain, gzip or Zstandard (told by its first bytes), every kind of record.
Can't: lines over 8 MiB; archives of several files; a key twice in one object; addresses (network ``mail``) that are not
in lower case. A file in another form (xz, zip, UTF-16, one JSON array, ...) is refused in one sentence.
Resume and growth: the cursor holds the byte offset, so a file that grows is read on from there; a file that was
replaced (other bytes around what was read) is read again. The same record twice changes nothing.
Deletions: as the file's ``tombstone`` records say; a line taken out of the file deletes nothing.
Privacy: the file says itself who may see what, by ``visibility``; what it leaves out is private.
"""

import asyncio
import gzip
import io
import json
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import msgspec
import zstandard

from kith.connectors import (
    Channel,
    Claim,
    Connector,
    Context,
    Fatal,
    Identity,
    Interaction,
    Limits,
    LocalPath,
    Page,
    Record,
    Ref,
    Report,
    Skip,
    flaw,
    hookimpl,
    load_cursor,
    save_cursor,
)
from kith.connectors._files import BROKEN, MARK_BYTES, fingerprint, foreign, marks, open_file, uncompressed
from kith.connectors._records import Stated
from kith.connectors.statements import Statement

PAGE_RECORDS = 10_000
PAGE_BYTES = 4 << 20  # of lines; with the records made of them a page takes about ten times that in memory
LINE_BYTES = 8 << 20  # a text of a million characters, each escaped, fits

_BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 20
_FORM_BYTES = 1 << 16
_SHAPES = 10_000  # remembered; texts with brackets in them make many
_COLON = b'":'
_SHAPE = re.compile(rb'"[A-Za-z_]+"\s*:|[{}\[\]]')
_BAD_NETWORK = re.compile(rb'"network"\s*:\s*"(?![a-z0-9][a-z0-9._-]{0,62}")')
_AROUND = re.compile(rb'\{\s*"(?:records|items|data|results|values|rows|entries|lines)"\s*:\s*\[')
_ABREAST = re.compile(rb'\}\s*\{\s*"(?:type|ref|actor)"')
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
    statements: Annotated[
        bool,
        msgspec.Meta(
            title="Statements",
            description="Whether what people decided, noted and grouped is taken too: of a file that is trusted as a"
            " member is.",
        ),
    ] = False


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
        reader = await asyncio.to_thread(Reader, config.path, None, context.limits, config.statements)
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
        reader = await asyncio.to_thread(
            Reader, config.path, load_cursor(cursor, Cursor), context.limits, config.statements
        )
        try:
            while page := await asyncio.to_thread(reader.read_page):
                yield page
        finally:
            reader.close()


class Reader:
    """Reads pages of one file, from a cursor on. Blocks: keep it off the event loop."""

    def __init__(self, path: str, cursor: Cursor | None, limits: Limits, statements: bool = False) -> None:
        """statements: whether those of people are taken too."""
        self._decode = msgspec.json.Decoder(Record | Statement).decode
        self._statements = statements
        self._failure: Fatal | None = None
        self._offset = self._line = 0
        self._head = self._tail = b""
        self._ended = False
        self._file = open_file(path, limits)
        self._size = self._file.seek(0, io.SEEK_END)
        self._text = uncompressed(self._file)
        self._shapes = Shapes()
        self._check_form(path)
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
        records, statements = list[Record](), list[Stated]()
        suspect = _suspect(b"".join(line for _, line in lines))
        for number, line in lines:
            try:
                record = self._decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                skipped.append(_bad_line(number, error))
                continue
            if (
                reason := self._shapes.repeated(line, record)
                or mail_flaw(record)
                or (flaw(record) if suspect else None)
            ):
                skipped.append(Skip(f"line {number}", "invalid_record", reason))
            elif not isinstance(record, Stated):
                records.append(record)
            elif self._statements:
                statements.append(record)
            else:
                skipped.append(
                    Skip(f"line {number}", "statement", "What people said is taken with `statements` alone.")
                )
        skipped.sort(key=lambda skip: int(skip.place.rpartition(" ")[2]))
        return Page(
            tuple(records), self._cursor(), tuple(skipped), self._file.tell(), self._size, "bytes", tuple(statements)
        )

    def _check_form(self, path: str) -> None:
        """Raise Fatal where the whole file is of a form that is not read: one sentence instead of one a line."""
        try:
            head = self._text.read(_FORM_BYTES)
        except BROKEN:
            head = b""
        self._restart()
        if form := foreign(head) or _form(head):
            self._file.close()
            raise Fatal(f"{path} is {form}.")

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


def _form(head: bytes) -> str | None:
    """Return what a text that begins so is instead of one record a line."""
    text = head.removeprefix(_BOM).lstrip()
    if text.startswith(b"[") and not text.startswith((b"[]", b"[ ]")):
        return "one JSON array; one record a line is wanted, without brackets and commas around them"
    if text.startswith(b"{") and not text.partition(b"\n")[0].removeprefix(b"{").strip():
        return "JSON written over several lines; one record a line is wanted"
    first = text.partition(b"\n")[0].rstrip()
    if _AROUND.match(first):
        return "one JSON object around the records; one record a line is wanted, with nothing around them"
    if first.startswith(b"{") and first.endswith(b"},"):
        return "JSON whose lines end with commas; one record a line is wanted, with nothing behind it"
    if b"\r" in head and b"\n" not in head and head.rstrip().count(b"\r"):
        return "text whose lines end with CR alone; lines end with LF, or CR and LF"
    if _ABREAST.search(first):
        return "JSON with several records on one line; one record a line is wanted"
    if text[:1] == b"<":
        return "markup (HTML or XML); one JSON record a line is wanted"
    if text[:1] == b"\x1e":
        return "a JSON text sequence; one record a line is wanted, without marks before it"
    return None


class Shapes:
    """Whether one object of a line has a key twice, of which the decoder would silently take the last."""

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder().encode
        self._known: set[bytes] = set()

    def repeated(self, line: bytes, record: Record | Stated) -> str | None:
        """Return a sentence that names the key; None where there is none.

        A line with as many keys as its record has none twice. Of the others, with defaults written out, each order of
        keys and brackets is looked at once.
        """
        if line.count(_COLON) == self._encode(record).count(_COLON):
            return None
        shape = b"".join(_SHAPE.findall(line))
        if shape in self._known:
            return None
        twice: list[str] = []
        json.loads(line, object_pairs_hook=lambda pairs: twice.extend(_repeated([name for name, _ in pairs])))
        if twice:
            return f"the key `{twice[0]}` stands twice in one object"
        if len(self._known) < _SHAPES:
            self._known.add(shape)
        return None


def _repeated(names: list[str]) -> list[str]:
    return [name for number, name in enumerate(names) if name in names[:number]]


def mail_flaw(record: Record | Stated) -> str | None:
    """Return why kith would take an address for another one: it is not in lower case."""
    if type(record) is Interaction:
        if not record.actor.key.islower() and _is_odd(record.actor):
            return _odd("actor", record.actor)
        for target in record.targets:
            if not target.identity.key.islower() and _is_odd(target.identity):
                return _odd("targets.identity", target.identity)
    elif type(record) is Identity or type(record) is Channel:
        return _odd("ref", record.ref) if _is_odd(record.ref) else None
    elif type(record) is Claim:
        for name, ref in (("subject", record.subject), ("object", record.object)):
            if _is_odd(ref):
                return _odd(name, ref)
    return None


def _is_odd(ref: Ref) -> bool:
    return ref.network == "mail" and "@" in ref.key and ref.key != ref.key.lower()


def _odd(name: str, ref: Ref) -> str:
    return f"`{name}.key` is {ref.key!r}: an address is a key in lower case"


def encode_line(record: Record | Stated) -> bytes:
    """Return the record as one line of the import format."""
    return msgspec.json.encode(record) + b"\n"


def write(path: str | Path, records: Iterable[Record | Stated]) -> int:
    """Write the records, compressed as the suffix (.gz, .zst) says, and return how many. Same records, same bytes."""
    target, count = Path(path), 0
    with target.open("wb") as file, compressed(file, target.suffix) as text:
        for record in records:
            text.write(encode_line(record))
            count += 1
    return count


def compressed(file: BinaryIO, suffix: str, level: int = 19) -> AbstractContextManager[BinaryIO]:
    """Return what compresses into a file as the suffix (.gz, .zst) says. level: of Zstandard."""
    if suffix == ".gz":
        return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0))
    if suffix == ".zst":
        return cast(BinaryIO, zstandard.ZstdCompressor(level=level).stream_writer(file, closefd=False))
    return nullcontext(file)


def _suspect(lines: bytes) -> bool:
    """Whether ``flaw`` might find something in these lines; asked once a page, because asking each record is slow."""
    far = any(date in lines for date in _FAR_DATES)
    return far or rb"\u0000" in lines or _BAD_NETWORK.search(lines) is not None


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _bad_line(number: int, error: Exception) -> Skip:
    if isinstance(error, msgspec.ValidationError):
        return Skip(f"line {number}", "invalid_record", str(error))
    return Skip(f"line {number}", "invalid_json", str(error))


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [NdjsonConnector()]
