"""``kith connectors``: what networks this installation can read, and tools for those who write connectors."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from kith.cli.processes import CannotStart
from kith.cli.sources import settings_of
from kith.connectors import (
    Connector,
    ConnectorError,
    Context,
    Networked,
    Page,
    Record,
    describe,
    load_registry,
    open_context,
    pages_of,
    secrets_of,
)
from kith.connectors.testing import (
    Nonconformance,
    Recorder,
    Replay,
    check_connector,
    keep,
    scaffold,
    tier_of,
    write_recording,
)
from kith.runtime.settings import load_settings


def connectors() -> None:
    """List the connectors that are installed, how far each was tried, and what was put aside."""
    registry = load_registry()
    table = Table("Name", "Title", "Tier", "Reads", "Asks", box=None, pad_edge=False)
    for connector in registry.connectors.values():
        asks = ", ".join(connector.egress) or "its settings' hosts" if isinstance(connector, Networked) else "files"
        tier = tier_of(connector, _verdicts()) or "not tried"
        table.add_row(connector.name, connector.title, tier, connector.description, asks)
    console = Console(markup=False)
    console.print(table)
    for fault in registry.faults:
        console.print(f"{fault.entry_point} of {fault.distribution} was put aside: {fault.reason}")


def new(name: str, *, folder: Path = Path()) -> None:
    """Make a distribution with a connector that asks a server, whose tests pass at once.

    Args:
        name: Of the distribution, such as acme-forum.
        folder: Where its folder is made.
    """
    try:
        made = scaffold(name, folder)
    except ValueError as error:
        raise CannotStart(str(error)) from error
    print(f"{made} is there. Install it and run its tests: pip install -e {made} && pytest {made}")


def read(connector: str, *config: str, limit: int = 50) -> None:
    """Show what a connector tells, as NDJSON; what it could not read goes to standard error.

    Args:
        connector: Its name, as 'kith connectors' lists it.
        config: Its settings, as key=value; key=@file takes the value from a file, best for secrets.
        limit: Records after which to stop.
    """
    found, settings = settings_of(connector, config)
    asyncio.run(_told(_read(found, settings, limit)))


def check(connector: str, *config: str, recording: Path | None = None) -> None:
    """Try a connector in every way in which kith may use it: the conformance kit.

    Args:
        connector: Its name, as 'kith connectors' lists it.
        config: Its settings, as key=value.
        recording: Answers to use in place of the network.
    """
    found, settings = settings_of(connector, config)
    wire = Replay.load(recording) if recording else None
    try:
        verdict = asyncio.run(_told(check_connector(found, settings, wire=wire)))
    except Nonconformance as error:
        raise CannotStart("\n".join(error.faults)) from error
    keep(_verdicts(), found, verdict.tier)
    print(
        f"{connector} keeps everything: {verdict.tier}. {verdict.pages} pages, {verdict.records} records, "
        f"{verdict.requests_per_thousand:.0f} requests for 1,000 records."
    )


def record(connector: str, *config: str, to: Path) -> None:
    """Write what a connector's servers answer, without secrets and with pseudonyms in place of people.

    Args:
        connector: Its name, as 'kith connectors' lists it.
        config: Its settings, as key=value; key=@file takes the value from a file, best for secrets.
        to: The file, one exchange a line.
    """
    found, settings = settings_of(connector, config)
    print(f"{asyncio.run(_told(_record(found, settings, to)))} exchanges are in {to}.")


def _verdicts() -> Path:
    """Return where this installation keeps what the kit found."""
    return load_settings(os.environ).home / "verdicts"


async def _told(doing: Any) -> Any:
    try:
        return await doing
    except ConnectorError as error:
        raise CannotStart(str(error)) from error


async def _read(connector: Connector, config: msgspec.Struct, limit: int) -> None:
    left = limit
    async with _pages(connector, config, None) as (pages, _):
        async for page in pages:
            for record in page.records[:left]:
                print(msgspec.json.encode(record).decode())
            for skip in page.skipped:
                print(f"{skip.place}: {skip.code}: {skip.reason}", file=sys.stderr)
            left -= len(page.records)
            if left <= 0:
                return


async def _record(connector: Connector, config: msgspec.Struct, to: Path) -> int:
    recorder, records = Recorder(), list[Record]()
    async with _pages(connector, config, recorder) as (pages, context):
        await connector.check(config, context)
        async for page in pages:
            records += page.records
        secrets = {*secrets_of(config), *context.http.secrets}
    return write_recording(to, recorder.exchanges, secrets, records)


@asynccontextmanager
async def _pages(
    connector: Connector, config: msgspec.Struct, recorder: Recorder | None
) -> AsyncIterator[tuple[AsyncIterator[Page], Context]]:
    describe(connector)
    with tempfile.TemporaryDirectory(prefix="kith-") as folder:
        async with open_context(connector, config, Path(folder), wire=recorder) as context:
            yield pages_of(connector, config, None, context), context
