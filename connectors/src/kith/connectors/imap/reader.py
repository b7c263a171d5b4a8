"""Reading an account: of each folder what has gone, then what is new."""

import asyncio
from bisect import bisect
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime

import msgspec

from kith.connectors import (
    Context,
    InteractionRef,
    Page,
    Partition,
    Record,
    Report,
    Skip,
    Tombstone,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors.imap.answers import Value, number, ranges_of
from kith.connectors.imap.client import Box, Client, connected
from kith.connectors.imap.config import ImapConfig
from kith.connectors.imap.ledger import GONE, Entry, Ledger, open_ledger
from kith.connectors.mail.acts import Acts
from kith.connectors.mail.dates import Arrival, moment
from kith.connectors.mail.mails import NAMELESS

BATCH = 50  # mails of one command
MAIL_BYTES = 256 << 10  # of one mail; what lies beyond are attachments, or more than is kept
IDS = 5000  # mails of one command that asks for their ids alone
PAGE_RECORDS = 2000
PAGE_CHARACTERS = 4_000_000
PAGE_DELETIONS = 5000
SECONDS = 0.005  # that reading a mail takes
#: What tells which act a mail holds, and whether it is one.
_IDS = (
    "UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID FROM DATE SUBJECT IN-REPLY-TO REFERENCES LIST-POST LIST-ID"
    " X-BEENTHERE X-MAILING-LIST X-ORIGINAL-MAILING-LIST AUTO-SUBMITTED)]"
)


class Cursor(msgspec.Struct, frozen=True):
    """Where a folder stands. validity: of its numbers; uid: the last that was read.

    modseq: of the change up to which deletions were told; 0 where they have to be looked for. moved: the numbers have
    changed, and what the folder had before them is still to be told as gone where it is no longer there.
    """

    validity: int = 0
    uid: int = 0
    modseq: int = 0
    moved: bool = False
    span: items.Span = items.Span()


class Ended(msgspec.Struct, frozen=True):
    """How often it was told that folders are no longer there."""

    times: int = GONE


async def look(config: ImapConfig, context: Context) -> Report:
    async with connected(config, context) as client:
        folders = await client.folders()
    mails = sum(folder.mails for folder in folders)
    warnings = () if folders else ("There is no folder with conversations.",)
    return Report(f"{len(folders)} folders with {mails:,} mails.", warnings)


async def discover(config: ImapConfig, context: Context) -> AsyncIterator[Partition]:
    async with connected(config, context) as client:
        folders = await client.folders()
    for folder in folders:
        seconds = folder.mails * SECONDS
        yield Partition(folder.raw, folder.name, "folder", "direct", folder.mails, seconds, folder.mark)


async def ended(config: ImapConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield that the mails of folders are gone that are no longer there."""
    with open_ledger(context.folder) as ledger:
        at = load_cursor(cursor, Ended) or Ended()
        known = await asyncio.to_thread(ledger.folders, at.times)
        if not known:
            return
        async with connected(config, context) as client:
            there = {folder.raw for folder in await client.folders()}
        gone = [name for name in known if name not in there]
        for name in gone:
            for part in _parts(await asyncio.to_thread(ledger.take_all, name, at.times)):
                yield Page(tuple(Tombstone(ref, "gone") for ref in part), save_cursor(at))
        if gone:
            yield Page((), save_cursor(Ended(at.times + 1)))


async def read(
    config: ImapConfig, partition: Partition, cursor: msgspec.Raw | None, context: Context
) -> AsyncIterator[Page]:
    """Yield what happened in a folder since the cursor."""
    began = context.clock.now()
    with open_ledger(context.folder) as ledger:
        async with connected(config, context) as client:
            at = load_cursor(cursor, Cursor) or Cursor()
            box = await client.open(partition.key, at.validity, at.modseq)
            if at.validity != box.validity:
                at = Cursor(box.validity, moved=at.validity > 0 or at.moved, span=at.span)
            folder = _Folder(config, partition, client, ledger, box, at)
            async for page in folder.deletions():
                yield page
            async for page in folder.news():
                yield page
            async for page in folder.end(began):
                yield page


async def gone(config: ImapConfig, refs: Sequence[InteractionRef], context: Context) -> list[InteractionRef]:
    """Return the acts whose mails no folder has; of those that no Message-ID names, none."""
    left = [ref for ref in refs if ref.key.isascii() and ref.key.isprintable() and not ref.key.endswith(NAMELESS)]
    async with connected(config, context) as client:
        folders = await client.folders()
        for within in (False, True) if config.bodies else (False,):
            for folder in folders if left else ():
                await client.open(folder.raw, 0, 0)
                left = [ref for ref in left if not await client.holds(ref.key, within=within)]
    return left


class _Folder:
    def __init__(
        self, config: ImapConfig, partition: Partition, client: Client, ledger: Ledger, box: Box, at: Cursor
    ) -> None:
        self._client, self._ledger, self._box, self._at = client, ledger, box, at
        self._before = at
        self._key, self._name = partition.key, partition.name
        self._acts = Acts(config.visibility, copied=not config.bodies)
        body = f"BODY.PEEK[]<0.{MAIL_BYTES}>" if config.bodies else "BODY.PEEK[HEADER]"
        self._asked = f"UID INTERNALDATE {body}"

    async def deletions(self) -> AsyncIterator[Page]:
        """Yield what has gone of what was read."""
        if self._at.uid == 0:
            return
        known = await asyncio.to_thread(self._ledger.last, self._key, self._box.validity)
        if known < self._at.uid:
            await self._remember(known)
        gone = self._box.vanished
        if gone is None:
            there = await self._client.numbers(1, self._at.uid)
            present = await asyncio.to_thread(self._ledger.present, self._key, self._box.validity)
            gone = ranges_of(uid for uid in present if uid <= self._at.uid and not _holds(there, uid))
        refs = await asyncio.to_thread(self._ledger.take, self._key, self._box.validity, gone)
        for page in self._gone(refs):
            yield page

    async def news(self) -> AsyncIterator[Page]:
        """Yield the mails that came."""
        for chosen in _batches(await self._client.numbers(self._at.uid + 1, None), BATCH):
            entries: list[Entry] = []
            for mail in await self._client.fetch(chosen, self._asked):
                entries += self._entries(self._acts, mail)
            await asyncio.to_thread(self._ledger.note, self._key, self._box.validity, entries)
            self._move(uid=chosen[-1][1])
            if len(self._acts) >= PAGE_RECORDS or self._acts.characters > PAGE_CHARACTERS:
                yield self._page()

    async def end(self, began: datetime) -> AsyncIterator[Page]:
        """Yield what has gone with the old numbers, and what has been read."""
        if self._at.moved:
            refs = await asyncio.to_thread(self._ledger.take_others, self._key, self._box.validity)
            for page in self._gone(refs):
                yield page
        coverage, span = self._at.span.over(self._acts.records).read(began)
        self._move(moved=False, modseq=self._box.modseq)
        if self._at != self._before or self._at.span.until is None:
            self._move(span=span)
            yield self._page(coverage)

    async def _remember(self, known: int) -> None:
        """Ask which acts the mails hold that were read elsewhere, beyond the last that this machine knows."""
        for chosen in _batches(await self._client.numbers(known + 1, self._at.uid), IDS):
            mails = await self._client.fetch(chosen, _IDS)
            entries = [entry for mail in mails for entry in self._entries(Acts("private"), mail)]
            await asyncio.to_thread(self._ledger.note, self._key, self._box.validity, entries)

    def _entries(self, acts: Acts, mail: dict[str, Value]) -> list[Entry]:
        """Take a mail apart; return the acts that it holds."""
        uid, where = number(mail["UID"]), f"{self._name} {number(mail['UID'])}"
        data = next((value for name, value in mail.items() if name.startswith("BODY[")), None)
        if not isinstance(data, bytes):
            acts.skip(where, "not_read", "the server does not give the mail")
            return []
        date = mail.get("INTERNALDATE")
        arrived = Arrival(moment(date.decode("latin-1")) if isinstance(date, bytes) else None, False)
        return [Entry(uid, act.ref) for act in acts.read(data, None, arrived, where)]

    def _gone(self, refs: Sequence[InteractionRef]) -> Iterator[Page]:
        for part in _parts(refs):
            yield self._page([Tombstone(ref, "gone") for ref in part])

    def _move(self, **changes: object) -> None:
        self._at = msgspec.structs.replace(self._at, **changes)

    def _page(self, more: Sequence[Record] = ()) -> Page:
        records, skipped = self._acts.take()
        self._move(span=self._at.span.over(records))
        clean = tuple(Skip(items.clean(skip.place), skip.code, items.clean(skip.reason)) for skip in skipped)
        return Page((*records, *more), save_cursor(self._at), clean)


def _parts(refs: Sequence[InteractionRef]) -> Iterator[Sequence[InteractionRef]]:
    return (refs[start : start + PAGE_DELETIONS] for start in range(0, len(refs), PAGE_DELETIONS))


def _batches(numbers: Sequence[tuple[int, int]], size: int) -> Iterator[list[tuple[int, int]]]:
    """Cut ranges of numbers into those that hold so many."""
    chosen: list[tuple[int, int]] = []
    room = size
    for first, last in numbers:
        while first <= last:
            end = min(last, first + room - 1)
            chosen.append((first, end))
            room -= end - first + 1
            first = end + 1
            if room == 0:
                yield chosen
                chosen, room = [], size
    if chosen:
        yield chosen


def _holds(numbers: Sequence[tuple[int, int]], one: int) -> bool:
    """Whether ranges in order hold a number."""
    place = bisect(numbers, one, key=lambda found: found[0])
    return place > 0 and one <= numbers[place - 1][1]
