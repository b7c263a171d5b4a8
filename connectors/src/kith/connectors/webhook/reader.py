"""What deliveries tell, by a mapping; those of the past from a file."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from hashlib import blake2b
from itertools import islice
from typing import Any

import msgspec

from kith.connectors import (
    Context,
    Delivery,
    Fatal,
    Limits,
    Page,
    Received,
    Record,
    Report,
    items,
    load_cursor,
    save_cursor,
)
from kith.connectors._texts import Text
from kith.connectors._texts import look as look_at
from kith.connectors.mapping import Document, Mapper
from kith.connectors.webhook.config import WebhookConfig

LINES = 1000  # of a page
LINE_BYTES = 8 << 20
_SHOWN = 10


class Cursor(msgspec.Struct, frozen=True):
    """edition: of the file and the mapping; lines: how many of it were read; whole: all."""

    edition: str
    lines: int = 0
    whole: bool = False


def mapper_of(config: WebhookConfig) -> Mapper:
    """Return how deliveries are read. Raises Fatal where a reference can name nothing."""
    mapper = Mapper(config.records, config.timezone)
    for name, place in mapper.references.items():
        if not name.startswith(("/", ".", "@")):
            raise Fatal(f"{name!r} is no place in a delivery ({place}): write a JSON pointer such as {{/{name}}}.")
    return mapper


def receive(config: WebhookConfig, delivery: Delivery) -> Received:
    """Return what a delivery tells: one document, or a list of them."""
    told, mapper = items.Told(), mapper_of(config)
    try:
        found = msgspec.json.decode(delivery.body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Fatal(f"The delivery is no JSON: {error}.") from error
    for number, document in enumerate(found if isinstance(found, list) else [found], 1):
        _tell(Document(document, delivery.headers), mapper, f"document {number}", told)
    return Received(tuple(told.records), tuple(told.skipped))


async def look(config: WebhookConfig, context: Context) -> Report:
    """Show what the sample and the first deliveries of the past become."""
    mapper, told = mapper_of(config), items.Told()
    documents = [("sample", _sample(config.sample))] if config.sample is not None else []
    if config.path:
        text = await asyncio.to_thread(look_at, config.path, context.limits)
        lines = await asyncio.to_thread(lambda: list(islice(_lines(text, context.limits, 0), _SHOWN)))
        documents += [(place, line) for place, line in lines if line.strip()]
    for place, raw in documents:
        _tell_raw(raw, mapper, place, told)
    warnings = [f"{skip.place}: {skip.reason}" for skip in told.skipped]
    if config.secret is None:
        warnings.append("There is no secret: every delivery is refused until there is one.")
    headers = ", ".join([config.signature.header, *headers_of(config)])
    detail = f"{len(documents)} documents were tried and gave {len(told.records)} records. Headers: {headers}."
    return Report(detail, tuple(warnings), tuple(told.records[:100]))


async def read(config: WebhookConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
    """Yield the deliveries of the past; no page where there are none, or all were read."""
    mapper = mapper_of(config)
    if config.path is None:
        return
    text = await asyncio.to_thread(look_at, config.path, context.limits)
    told_by = msgspec.json.encode((text.digest, config.records, config.timezone))
    edition = blake2b(told_by, digest_size=16).hexdigest()
    at = load_cursor(cursor, Cursor)
    if at is None or at.edition != edition:
        at = Cursor(edition)
    if at.whole:
        return
    lines = _lines(text, context.limits, at.lines)
    while batch := await asyncio.to_thread(lambda: list(islice(lines, LINES))):
        told = items.Told()
        for place, raw in batch:
            if raw.strip():
                _tell_raw(raw, mapper, place, told)
        at = Cursor(edition, at.lines + len(batch))
        yield Page(tuple(told.records), save_cursor(at), tuple(told.skipped), at.lines, None, "lines")
    yield Page((), save_cursor(msgspec.structs.replace(at, whole=True)))


def headers_of(config: WebhookConfig) -> tuple[str, ...]:
    """Return the headers that the mapping refers to."""
    return tuple(name[1:].lower() for name in Mapper(config.records).references if name.startswith("@"))


def _lines(text: Text, limits: Limits, start: int) -> Iterator[tuple[str, bytes]]:
    with text.open_bytes(limits) as file:
        number = 0
        while line := file.readline(LINE_BYTES):
            number += 1
            if number > start:
                yield f"line {number}", line.removeprefix(b"\xef\xbb\xbf")


def _sample(sample: Any) -> bytes:
    return sample.encode() if isinstance(sample, str) else msgspec.json.encode(sample)


def _tell_raw(raw: bytes, mapper: Mapper, place: str, told: items.Told) -> None:
    def make() -> Iterator[Record]:
        yield from mapper.records(Document(msgspec.json.decode(raw)))

    told.keep(make, place, raw)


def _tell(document: Document, mapper: Mapper, place: str, told: items.Told) -> None:
    told.keep(partial(mapper.records, document), place, msgspec.json.encode(document.value))
