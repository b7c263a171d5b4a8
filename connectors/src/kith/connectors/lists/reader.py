"""Reading a list: the mails of its archive that are new, then once a day its members."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from kith.connectors import (
    Context,
    Fatal,
    InteractionRef,
    Page,
    Record,
    Report,
    Skip,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors.lists.archives import Archive, Place, Portion
from kith.connectors.lists.config import ListsConfig
from kith.connectors.lists.dated import HyperKitty, PublicInbox
from kith.connectors.lists.members import count, members
from kith.connectors.lists.news import News
from kith.connectors.lists.pipermail import Pipermail
from kith.connectors.mail.acts import Acts
from kith.connectors.mail.mailboxes import MAIL_BYTES
from kith.connectors.mail.mails import NAMELESS

PAGE_RECORDS = 2000
PAGE_CHARACTERS = 4_000_000
_DAY = timedelta(days=1)
_KINDS: dict[str, Callable[[str, Place | None, Context], Archive]] = {
    "public_inbox": PublicInbox,
    "pipermail": Pipermail,
    "hyperkitty": HyperKitty,
}


class Cursor(msgspec.Struct, frozen=True):
    """place: of the archive. members: when they were read."""

    place: Place | None = None
    members: datetime | None = None
    span: items.Span = items.Span()


async def look(config: ListsConfig, context: Context) -> Report:
    found = []
    if archive := _archive(config, None, context):
        found.append(await archive.check())
    if config.mailman:
        found.append(f"{await count(config, context):,} members.")
    return Report(" ".join(found))


async def read(config: ListsConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    began = context.clock.now()
    reading = _Reading(config, load_cursor(cursor, Cursor) or Cursor())
    if archive := _archive(config, reading.at.place, context):
        async for portion in archive.portions():
            async for page in reading.portion(portion):
                yield page
        yield reading.end(began)
    if config.mailman and (reading.at.members is None or began - reading.at.members >= _DAY):
        async for told in members(config, context):
            yield reading.page(told.records, told.skipped)
        yield reading.counted(began)


async def gone(config: ListsConfig, refs: Sequence[InteractionRef], context: Context) -> list[InteractionRef]:
    archive = _archive(config, None, context)
    mails = [ref for ref in refs if ref.kind != "join" and not ref.key.endswith(NAMELESS)]
    return [ref for ref in mails if archive and await archive.is_gone(ref.key)]


def _archive(config: ListsConfig, place: Place | None, context: Context) -> Archive | None:
    if config.news:
        return News(config, place, context)
    if config.archive:
        return _KINDS[config.kind](config.archive, place, context)
    if config.mailman:
        return None
    raise Fatal("Name an archive, a news server or Mailman.")


class _Reading:
    def __init__(self, config: ListsConfig, at: Cursor) -> None:
        self.at = at
        self._list = config.list.lower()
        self._acts = Acts(config.visibility)

    async def portion(self, portion: Portion) -> AsyncIterator[Page]:
        """Yield the full pages of a portion. The cursor moves when all of it is read."""
        while await asyncio.to_thread(self._fill, portion):
            yield self.page()
        self._move(place=portion.after)

    def end(self, began: datetime) -> Page:
        coverage, span = self.at.span.over(self._acts.records).read(began)
        self._move(span=span)
        return self.page(coverage)

    def counted(self, began: datetime) -> Page:
        self._move(members=began)
        return self.page()

    def page(self, more: Sequence[Record] = (), also: Sequence[Skip] = ()) -> Page:
        records, skipped = self._acts.take()
        self._move(span=self.at.span.over(records))
        clean = (Skip(items.clean(skip.place), skip.code, items.clean(skip.reason)) for skip in skipped)
        return Page((*records, *more), save_cursor(self.at), (*clean, *also))

    def _fill(self, portion: Portion) -> bool:
        """Take mails until a page is full; whether it is, or False at the end of the portion."""
        for item in portion.mails:
            where = f"{portion.where}, {item.place}"
            if item.unread:
                self._acts.skip(where, "not_read", item.unread)
                continue
            if item.is_cut:
                self._acts.skip(where, "cut", f"what lies beyond {MAIL_BYTES >> 20} MB of a mail is not read")
            self._acts.read(item.data, self._list, item.arrived, where)
            if len(self._acts) >= PAGE_RECORDS or self._acts.characters > PAGE_CHARACTERS:
                return True
        return False

    def _move(self, **changes: object) -> None:
        self.at = msgspec.structs.replace(self.at, **changes)
