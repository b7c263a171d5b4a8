"""Reading a data dump: three files with one row a line."""

import asyncio
from array import array
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import BinaryIO

import msgspec

from kith.connectors import (
    Context,
    Coverage,
    Interaction,
    Page,
    Record,
    Report,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors.stackexchange.config import StackExchangeConfig
from kith.connectors.stackexchange.posts import Comment, Person, Post, Site
from kith.connectors.stackexchange.rows import (
    FILES,
    MOST,
    Row,
    by,
    dated,
    fingerprint,
    get,
    lines,
    number,
    opened,
    put,
    row,
    size,
    whole,
)

LINES = 2000  # of one page
_BYTES = 4 << 20  # of one page
_QUESTION, _ANSWER = 1, 2


class Cursor(msgspec.Struct, frozen=True):
    """digest: of the dump. file, offset: where the next line begins. since, until: the first and the last act."""

    digest: str
    file: int = 0
    offset: int = 0
    since: datetime | None = None
    until: datetime | None = None


async def look(folder: str, context: Context) -> Report:
    """Open the files."""
    files = await asyncio.to_thread(opened, folder, context.limits)
    sizes = [size(file) >> 20 for file in files]
    for file in files:
        file.close()
    return Report(f"A dump: {', '.join(f'{name} {size:,} MiB' for name, size in zip(FILES, sizes, strict=True))}.")


async def read(
    config: StackExchangeConfig, folder: str, cursor: msgspec.Raw | None, context: Context
) -> AsyncIterator[Page]:
    """Yield the people, then questions and answers, then comments."""
    files = await asyncio.to_thread(opened, folder, context.limits)
    try:
        digest = await asyncio.to_thread(fingerprint, files)
        start = load_cursor(cursor, Cursor)
        at = start if start and start.digest == digest else Cursor(digest)
        if at.file < len(files):
            reading = await asyncio.to_thread(_Reading, Site(config.site), files)
            pages = reading.pages(at)
            while (page := await asyncio.to_thread(next, pages, None)) is not None:
                yield page
    finally:
        for file in files:
            file.close()


class _Reading:
    """What has to be known of all posts: the question that each belongs to, and who asked for each accepted answer."""

    def __init__(self, site: Site, files: list[BinaryIO]) -> None:
        self._site, self._files = site, files
        self._questions, self._askers = array("I"), array("I")
        for _, line in lines(files[1], 0):
            self._note(line)
        self._makers: tuple[Callable[[Row], Iterable[Record]], ...] = (self._user, self._post, self._comment)

    def pages(self, at: Cursor) -> Iterator[Page]:
        total = sum(map(size, self._files))
        while at.file < len(self._files):
            told = items.Told([*self._site.records()] if at.file == at.offset == 0 else [])
            at = self._some(told, at)
            if at.file == len(self._files) and at.since and at.until:
                told.records.append(Coverage("read", at.since, at.until + timedelta(microseconds=1)))
            done = sum(map(size, self._files[: at.file])) + at.offset
            yield Page(tuple(told.records), save_cursor(at), tuple(told.skipped), done, total, "bytes")

    def _some(self, told: items.Told, at: Cursor) -> Cursor:
        """Read lines of one file until a page is full, or the file is at its end."""
        name, make, begun, offset = FILES[at.file], self._makers[at.file], at.offset, at.offset
        for count, (offset, line) in enumerate(lines(self._files[at.file], begun), 1):
            if line.lstrip().startswith(b"<row"):
                told.keep(partial(_made, make, line), f"{name} before byte {offset}", line)
            if count >= LINES or offset - begun >= _BYTES:
                return self._after(at, told, at.file, offset)
        return self._after(at, told, at.file + 1, 0)

    @staticmethod
    def _after(at: Cursor, told: items.Told, file: int, offset: int) -> Cursor:
        moments = [record.occurred_at for record in told.records if isinstance(record, Interaction)]
        since = min((*moments, *([at.since] if at.since else [])), default=None)
        until = max((*moments, *([at.until] if at.until else [])), default=None)
        return Cursor(at.digest, file, offset, since, until)

    def _note(self, line: bytes) -> None:
        id_, kind = number(line, "Id"), number(line, "PostTypeId")
        if not 0 < id_ < MOST or kind not in (_QUESTION, _ANSWER):
            return
        put(self._questions, id_, id_ if kind == _QUESTION else number(line, "ParentId"))
        if kind == _QUESTION:
            put(self._askers, number(line, "AcceptedAnswerId"), number(line, "OwnerUserId"))

    def _user(self, row: Row) -> Iterator[Record]:
        seen = dated(row, "LastAccessDate" if row.get("LastAccessDate") else "CreationDate")
        yield self._site.identity(Person(whole(row, "Id"), row.get("DisplayName")), seen)

    def _post(self, row: Row) -> Iterator[Record]:
        kind, id_ = row.get("PostTypeId"), whole(row, "Id")
        if kind not in ("1", "2"):
            return  # a page of the wiki, or about a tag
        question = id_ if kind == "1" else whole(row, "ParentId")
        edited = row.get("LastEditDate")
        post = Post(
            id_, "question" if kind == "1" else "answer", question, by(row, "OwnerUserId", "OwnerDisplayName"),
            dated(row, "CreationDate"), items.own_words(row.get("Body")), row.get("Title"),
            dated(row, "LastEditDate") if edited else None,
        )  # fmt: skip
        yield from self._site.post(post)
        asker = get(self._askers, id_)
        if kind == "2" and asker:
            yield from self._site.acceptance(Person(asker), post)

    def _comment(self, row: Row) -> Iterator[Record]:
        above = whole(row, "PostId")
        question = get(self._questions, above)
        if not question:
            raise items.Unreadable(f"The post {above} of this comment is not in the dump.")
        yield from self._site.comment(
            Comment(
                whole(row, "Id"), above, "question" if question == above else "answer", question,
                by(row, "UserId", "UserDisplayName"), dated(row, "CreationDate"), items.body(row.get("Text")),
            )
        )  # fmt: skip


def _made(make: Callable[[Row], Iterable[Record]], line: bytes) -> Iterable[Record]:
    return make(row(line))
