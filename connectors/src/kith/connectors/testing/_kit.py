"""What every connector has to keep, as one call in your tests.

async def test_rolodex_conforms() -> None:
    await check_connector(Rolodex(), RolodexConfig("cards.txt"))
"""

import asyncio
import shutil
import tempfile
import tracemalloc
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import cast

import msgspec

from kith.connectors import (
    Connector,
    Context,
    Interaction,
    InteractionRef,
    Page,
    Record,
    Ref,
    Report,
    describe,
    dump_config,
    flaw,
    load_config,
    open_context,
    pages_of,
)
from kith.connectors._clock import FakeClock
from kith.connectors._exchange import Reply, Request, Wire
from kith.connectors._streams import Dial
from kith.connectors.testing._dials import Tapped
from kith.connectors.testing._facts import Facts
from kith.connectors.testing._faults import network_faults
from kith.connectors.testing._verdicts import Tier, keep
from kith.connectors.testing._watch import Watch
from kith.connectors.testing._wires import Recorder, Replay

PAGE_RECORDS = 10_000
PAGE_BYTES = 16 << 20  # of records as JSON
CURSOR_BYTES = 64 << 10
LEAST_PAGES = 3  # fewer leave no place to stop in between
MEMORY_BYTES = 64 << 20  # that reading may hold, beside
MEMORY_PAGES = 30  # times the JSON of the largest page
STOPS = 25  # pages after which a run is ended and resumed, spread over the whole run


#: Folders in which to keep what is found; the plugin of pytest sets them.
VERDICTS: list[Path] = []


class Nonconformance(AssertionError):
    """What a connector does not keep, one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Verdict(msgspec.Struct, frozen=True):
    """What was found of a connector that keeps everything. tier: what was tried, see docs/connectors.md."""

    tier: Tier
    pages: int
    records: int
    requests: int

    @property
    def requests_per_thousand(self) -> float:
        """Requests for 1,000 records."""
        return 1000 * self.requests / max(self.records, 1)


async def check_connector(
    connector: Connector,
    config: msgspec.Struct,
    changed: msgspec.Struct | None = None,
    *,
    alike: Sequence[msgspec.Struct] = (),
    wire: Wire | None = None,
    dial: Dial | None = None,
) -> Verdict:
    """Read the source of ``config`` in every way that kith may; raises Nonconformance with all that is not kept.

    changed: the settings of the same source at a later time, such as a copy of the file with more lines: read on from
    the end of the first, it has to tell all that reading it from its beginning tells.
    alike: settings by which the same source is read otherwise (in pages of another size, in the other order, where all
    happened at one moment): each has to tell the same acts. wire: a recording in place of the network; dial: what
    opens streams, by default the network. What a connector asks is recorded, and asked again with every fault that
    networks are capable of.
    """
    recorder, tapped = Recorder(wire), Tapped(dial)
    with tempfile.TemporaryDirectory(prefix="kith-", ignore_cleanup_errors=True) as folder, Watch(connector) as watch:
        async with open_context(
            connector, config, Path(folder), clock=FakeClock(still=True), wire=recorder, dial=tapped
        ) as context:
            verdict = await _check(connector, config, changed, alike, context, recorder, tapped)
    if watch.faults:
        raise Nonconformance(watch.faults)
    for kept in VERDICTS:
        keep(kept, connector, verdict.tier)
    return verdict


async def _check(
    connector: Connector,
    config: msgspec.Struct,
    changed: msgspec.Struct | None,
    alike: Sequence[msgspec.Struct],
    context: Context,
    recorder: Recorder,
    tapped: Tapped,
) -> Verdict:
    faults = _manifest_faults(connector, config)
    report = await connector.check(config, context)
    if not isinstance(report, Report):
        faults.append("check() does not return a Report.")
    await asyncio.to_thread(shutil.rmtree, context.folder, ignore_errors=True)  # it may be missing at any time
    looked, read = len(recorder.exchanges), tapped.reads
    pages = await _pull(connector, config, None, context)
    requests, reads = len(recorder.exchanges) - looked, tapped.reads - read
    faults += [fault for number, page in enumerate(pages, 1) for fault in _page_faults(number, page)]
    faults += _key_faults(pages)
    if faults:
        raise Nonconformance(faults)
    whole = Facts(pages)
    if [page.records for page in await _pull(connector, config, None, context)] != [page.records for page in pages]:
        faults.append("Reading again does not give the same records.")
    for stop in sorted({round(step * (len(pages) - 1) / STOPS) for step in range(STOPS + 1)} if pages else ()):
        rest = await _pull(connector, config, pages[stop].cursor, context)
        resumed = Facts([*pages[: stop + 1], *rest])
        if resumed != whole:
            faults.append(f"Ended after page {stop + 1} and resumed: {whole.difference(resumed)}.")
    faults += await _leaving_faults(connector, config, context)
    exchanges = recorder.exchanges[looked:]
    for number, other in enumerate(alike, 1):
        faults += _alike_faults(number, whole, await _pull(connector, other, None, context))
    faults += await _memory_faults(connector, config, pages, exchanges, tapped)
    if changed is not None:
        grown = Facts([*pages, *await _pull(connector, changed, pages[-1].cursor if pages else None, context)])
        faults += _growth_faults(grown, Facts(await _pull(connector, changed, None, context)))
    faults += [fault async for fault in network_faults(connector, config, exchanges, requests, whole, tapped, reads)]
    if faults:
        raise Nonconformance(faults)
    tier: Tier = "branch" if changed is not None else "leaf"
    records = sum(len(page.records) for page in pages)
    return Verdict(tier if len(pages) >= LEAST_PAGES else "sprout", len(pages), records, requests)


async def _pull(
    connector: Connector, config: msgspec.Struct, cursor: msgspec.Raw | None, context: Context
) -> list[Page]:
    """Read to the end; the cursor makes the way that it makes through kith's store."""
    stored = None if cursor is None else msgspec.Raw(bytes(cursor).decode().encode())
    return [page async for page in pages_of(connector, config, stored, context)]


def _manifest_faults(connector: Connector, config: msgspec.Struct) -> list[str]:
    faults = []
    manifest = describe(connector)
    if not all((manifest.name, manifest.title, manifest.description, manifest.version)):
        faults.append("name, title, description and version must all say something.")
    if not connector.Config.__struct_config__.frozen:
        faults.append("Config is not frozen.")
    if not isinstance(config, connector.Config):
        faults.append("The settings are no instance of Config.")
    elif load_config(connector.Config, dump_config(config)) != config:
        faults.append("The settings do not survive JSON.")
    return faults


def _page_faults(number: int, page: Page) -> list[str]:
    faults = []
    if len(page.records) > PAGE_RECORDS:
        faults.append(f"Page {number} holds {len(page.records)} records; {PAGE_RECORDS} are allowed.")
    try:
        msgspec.json.decode(page.cursor)
    except msgspec.DecodeError as error:
        faults.append(f"The cursor of page {number} is no JSON: {error}.")
    if len(bytes(page.cursor)) > CURSOR_BYTES:
        faults.append(f"The cursor of page {number} has {len(bytes(page.cursor))} bytes; {CURSOR_BYTES} are allowed.")
    for record in page.records:
        if reason := _record_fault(record):
            return [*faults, f"Page {number}: {reason}, in {str(record)[:200]}."]
    if (size := len(msgspec.json.encode(page.records))) > PAGE_BYTES:
        faults.append(f"Page {number} holds {size} bytes of records; {PAGE_BYTES} are allowed.")
    return faults


def _record_fault(record: Record) -> str | None:
    try:
        again = msgspec.json.decode(msgspec.json.encode(record), type=type(record))
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        return str(error)
    return flaw(record) or ("it does not survive JSON" if again != record else None)


def _key_faults(pages: list[Page]) -> list[str]:
    """A key stands for one act: the same key with another actor would lose one of two."""
    actors: dict[InteractionRef, Ref] = {}
    for page in pages:
        for record in page.records:
            if isinstance(record, Interaction) and actors.setdefault(record.ref, record.actor) != record.actor:
                return [f"Two acts share one key: {record.ref}."]
    return []


async def _leaving_faults(connector: Connector, config: msgspec.Struct, context: Context) -> list[str]:
    pages = cast(AsyncGenerator[Page, None], pages_of(connector, config, None, context))
    try:
        await anext(pages, None)
        await pages.aclose()
    except Exception as error:
        return [f"Left after one page, pull() raises {type(error).__name__}: {error}."]
    return []


def _alike_faults(number: int, whole: Facts, pages: list[Page]) -> list[str]:
    """Hold what the same source tells when it is read otherwise; coverage and order may differ."""
    found = Facts(pages)
    for name in ("interactions", "identities", "channels", "conversations", "gone"):
        if vars(found)[name] != vars(whole)[name]:
            return [f"Read otherwise ({number}), the source tells something else: {whole.difference(found)}."]
    return []


async def _memory_faults(
    connector: Connector,
    config: msgspec.Struct,
    pages: list[Page],
    exchanges: list[tuple[Request, Reply]],
    dial: Dial,
) -> list[str]:
    """Read once more, page by page, keeping none: what is held must not grow with the pages."""
    page = max((len(msgspec.json.encode(page.records)) for page in pages), default=0)
    wire = Replay(exchanges) if exchanges else None
    clock = FakeClock(still=True)
    with tempfile.TemporaryDirectory(prefix="kith-", ignore_cleanup_errors=True) as folder:
        async with open_context(connector, config, Path(folder), clock=clock, wire=wire, dial=dial) as context:
            tracemalloc.start()
            try:
                before, _ = tracemalloc.get_traced_memory()
                async for _ in pages_of(connector, config, None, context):
                    pass
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
    if (held := peak - before) > MEMORY_BYTES + MEMORY_PAGES * page:
        return [f"Reading holds {held >> 20} MiB, with {page >> 10} KiB in the largest page."]
    return []


def _growth_faults(grown: Facts, whole: Facts) -> list[str]:
    for ref, interaction in whole.interactions.items():
        if grown.interactions.get(ref) != interaction:
            return [f"Read on after a change, {ref} is {'another' if ref in grown.interactions else 'missing'}."]
    for name in ("identities", "channels", "conversations"):
        if missing := vars(whole)[name].keys() - vars(grown)[name].keys():
            return [f"Read on after a change, one of the {name} is missing: {min(missing, key=str)}."]
    return []
