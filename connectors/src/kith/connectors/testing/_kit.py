"""What every connector has to keep, as one call in your tests.

async def test_rolodex_conforms() -> None:
    await check_connector(Rolodex(), RolodexConfig("cards.txt"))
"""

import tempfile
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from typing import cast

import msgspec

from kith.connectors import (
    Channel,
    Claim,
    Connector,
    Context,
    Conversation,
    Coverage,
    Edition,
    Identity,
    Interaction,
    InteractionRef,
    Page,
    Record,
    Ref,
    Report,
    Skip,
    Tombstone,
    describe,
    dump_config,
    flaw,
    load_config,
    open_context,
)
from kith.connectors._clock import FakeClock

PAGE_RECORDS = 10_000
PAGE_BYTES = 16 << 20  # of records as JSON
CURSOR_BYTES = 64 << 10
STOPS = 25  # pages after which a run is ended and resumed, spread over the whole run


class Nonconformance(AssertionError):
    """What a connector does not keep, one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Facts:
    """What pages amount to: kith's own rules, in little. Two reads tell the same if their facts are equal."""

    def __init__(self, pages: Iterable[Page] = ()) -> None:
        self.identities: dict[Ref, Identity] = {}
        self.channels: dict[Ref, Channel] = {}
        self.conversations: dict[Ref, Conversation] = {}
        self.interactions: dict[InteractionRef, Interaction] = {}
        self.gone: set[InteractionRef] = set()
        self.claims: dict[Claim, str] = {}
        self.coverage: set[Coverage] = set()
        self.skipped: set[Skip] = set()
        for page in pages:
            self.skipped.update(page.skipped)
            for record in page.records:
                self.add(record)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Facts) and vars(self) == vars(other)

    def add(self, record: Record) -> None:
        if isinstance(record, Identity):
            self._see(record)
        elif isinstance(record, Channel):
            self.channels[record.ref] = record
        elif isinstance(record, Conversation):
            known = self.conversations.get(record.ref, record)
            self.conversations[record.ref] = Conversation(
                record.ref, record.channel or known.channel, record.title or known.title, record.url or known.url
            )
        elif isinstance(record, Interaction):
            known_act = self.interactions.get(record.ref)
            if record.ref not in self.gone and not (record.copied and known_act and not known_act.copied):
                self.interactions[record.ref] = record
        elif isinstance(record, Tombstone):
            if record.cause in ("deleted", "redacted", "policy"):
                self.gone.add(record.ref)
            self.interactions.pop(record.ref, None)
        elif isinstance(record, Claim):
            self.claims[msgspec.structs.replace(record, edition="")] = record.edition
        elif isinstance(record, Edition):
            kind, current = record.kind, record.edition
            self.claims = {claim: of for claim, of in self.claims.items() if claim.kind != kind or of == current}
        else:
            self.coverage.add(record)

    def difference(self, other: "Facts") -> str:
        """Return one sentence on what differs first."""
        for name, mine in vars(self).items():
            theirs = vars(other)[name]
            if mine == theirs:
                continue
            if isinstance(mine, set):
                odd: object = next(iter(mine ^ theirs))
            else:
                odd = next(key for key in {**mine, **theirs} if mine.get(key) != theirs.get(key))
            return f"{name} differ, for one in {odd}"
        return "nothing differs"

    def _see(self, record: Identity) -> None:
        """Keep the newest observation, whole; among equal ones the greater, so that order never matters."""
        known = self.identities.get(record.ref)
        if known is None or _rank(record) > _rank(known):
            self.identities[record.ref] = record


async def check_connector(connector: Connector, config: msgspec.Struct, changed: msgspec.Struct | None = None) -> None:
    """Read the source of ``config`` in every way that kith may; raises Nonconformance with all that is not kept.

    changed: the settings of the same source at a later time, such as a copy of the file with more lines: read on from
    the end of the first, it has to tell all that reading it from its beginning tells.
    """
    with tempfile.TemporaryDirectory(prefix="kith-", ignore_cleanup_errors=True) as folder:
        async with open_context(connector, config, Path(folder), clock=FakeClock()) as context:
            await _check(connector, config, changed, context)


async def _check(
    connector: Connector, config: msgspec.Struct, changed: msgspec.Struct | None, context: Context
) -> None:
    faults = _manifest_faults(connector, config)
    report = await connector.check(config, context)
    if not isinstance(report, Report):
        faults.append("check() does not return a Report.")
    pages = await _pull(connector, config, None, context)
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
    if changed is not None:
        grown = Facts([*pages, *await _pull(connector, changed, pages[-1].cursor if pages else None, context)])
        faults += _growth_faults(grown, Facts(await _pull(connector, changed, None, context)))
    if faults:
        raise Nonconformance(faults)


def _rank(record: Identity) -> tuple[float, bytes]:
    return record.seen_at.timestamp() if record.seen_at else float("-inf"), msgspec.json.encode(record)


async def _pull(
    connector: Connector, config: msgspec.Struct, cursor: msgspec.Raw | None, context: Context
) -> list[Page]:
    """Read to the end; the cursor makes the way that it makes through kith's store."""
    stored = None if cursor is None else msgspec.Raw(bytes(cursor).decode().encode())
    return [page async for page in connector.pull(config, stored, context)]


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
    pages = cast(AsyncGenerator[Page, None], connector.pull(config, None, context))
    try:
        await anext(pages, None)
        await pages.aclose()
    except Exception as error:
        return [f"Left after one page, pull() raises {type(error).__name__}: {error}."]
    return []


def _growth_faults(grown: Facts, anew: Facts) -> list[str]:
    for ref, interaction in anew.interactions.items():
        if grown.interactions.get(ref) != interaction:
            return [f"Read on after a change, {ref} is {'another' if ref in grown.interactions else 'missing'}."]
    for name in ("identities", "channels", "conversations"):
        if missing := vars(anew)[name].keys() - vars(grown)[name].keys():
            return [f"Read on after a change, one of the {name} is missing: {min(missing, key=str)}."]
    return []
