"""``kith sources``: what kith reads."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.prompt import Confirm
from rich.table import Table
from rich.text import Text

from kith.cli import audit, installation
from kith.cli.home import DEFAULT_WORKSPACE, current_settings
from kith.cli.jobs import database, follow
from kith.cli.lists import with_lists
from kith.cli.processes import CannotStart
from kith.connectors import (
    Connector,
    ConnectorError,
    Limits,
    Report,
    check_locations,
    dump_config,
    is_address,
    load_config,
    load_registry,
    location_fields,
    open_context,
    secret_fields,
)
from kith.domain.ids import decode, encode
from kith.domain.sentences import many
from kith.runtime.vault import open_vault
from kith.store import credentials, jobs, runs, sources
from kith.store.db import Db, workspace
from kith.store.errors import NameTaken
from kith.store.sources import Source

MANY = 1000  # sources that a list shows


def add(connector: str, *config: str, path: Path | None = None, name: str = "") -> None:
    """Add a source and read it for the first time.

    Args:
        connector: The network, as 'kith connectors' lists them.
        config: Settings of the connector, as key=value; key=@file takes the value from a file, best for secrets.
        path: A file or folder on this machine: the connector's first setting, whatever it calls that.
        name: How to call the source; made of the connector and what it reads where it is left out.
    """
    source, secrets = _checked(*settings_of(connector, config, path))
    name = name or f"{connector} {Path(str(next(iter(source.values()), ''))).name}".strip()
    asyncio.run(_add(connector, name, source, secrets))


def list_() -> None:
    """List the sources, and how far each has been read."""
    asyncio.run(_list())


def sync(source: str) -> None:
    """Read what is new in a source.

    Args:
        source: Its name, as 'kith sources list' shows it, or its id.
    """
    asyncio.run(_sync(source))


def pause(source: str) -> None:
    """Let a source rest: what reads it now stops after a page, and nothing reads it until it is resumed.

    Args:
        source: Its name, as 'kith sources list' shows it, or its id.
    """
    asyncio.run(_set_status(source, "paused"))


def resume(source: str) -> None:
    """Let a source be read again that rests or whose credentials have been renewed.

    Args:
        source: Its name, as 'kith sources list' shows it, or its id.
    """
    asyncio.run(_set_status(source, "active"))


def remove(source: str, *, withdraw: bool = False, yes: bool = False) -> None:
    """Remove a source, its runs and its coverage; what it told of people stays, unless it is withdrawn.

    Args:
        source: Its name, as 'kith sources list' shows it, or its id.
        withdraw: Take back, too, all that it told and no other source did.
        yes: Do not ask whether it is meant.
    """
    asyncio.run(_remove(source, withdraw=withdraw, sure=yes))


def _pairs(config: tuple[str, ...]) -> dict[str, str]:
    for pair in config:
        if "=" not in pair:
            raise CannotStart(f"{pair!r} is not key=value.")
    return {name: _value(text) for name, text in (pair.split("=", 1) for pair in config)}


def _value(text: str) -> str:
    """What a setting says itself, or the file that it names after an @."""
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).expanduser().read_text().rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"{text[1:]} cannot be read: {error}.") from error


def settings_of(connector: str, pairs: tuple[str, ...], path: Path | None = None) -> tuple[Connector, msgspec.Struct]:
    """A connector, and settings as it has them. Raises CannotStart where it is unknown, or they do not fit."""
    found = load_registry().connectors
    if connector not in found:
        raise CannotStart(f"There is no connector {connector!r}; there are {', '.join(sorted(found))}.")
    kind, given = found[connector].Config, _pairs(pairs)
    if path:
        given = {kind.__struct_fields__[0]: str(path.absolute())} | given
    try:
        config = load_config(kind, with_lists(_absolute(given, kind), kind), strict=False)
        check_locations(config, Limits())
    except (msgspec.ValidationError, ConnectorError) as error:
        raise CannotStart(f"{connector}: {error}") from error
    return found[connector], config


def _checked(connector: Connector, config: msgspec.Struct) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings that the connector has looked at, and the secret ones. Raises CannotStart where it objects."""
    try:
        with tempfile.TemporaryDirectory(prefix="kith-") as folder:
            report = asyncio.run(_check(connector, config, Path(folder)))
    except ConnectorError as error:
        raise CannotStart(f"{connector.name}: {error}") from error
    print(report.detail, *report.warnings, sep="\n")
    for record in report.preview:
        print(msgspec.json.encode(record).decode())
    settings = dump_config(config)
    names = secret_fields(connector.Config) & settings.keys()
    return settings, {name: text for name in names if (text := settings.pop(name)) is not None}


async def _check(connector: Connector, config: msgspec.Struct, folder: Path) -> Report:
    async with open_context(connector, config, folder) as context:
        return await connector.check(config, context)


def _absolute(given: dict[str, str], kind: type[msgspec.Struct]) -> dict[str, str]:
    """The settings with paths as a process in another folder needs them."""
    local = {name for name in location_fields(kind) if name in given and not is_address(given[name])}
    return given | {name: str(Path(given[name]).expanduser().absolute()) for name in local}


async def _add(connector: str, name: str, config: dict[str, Any], secrets: dict[str, str]) -> None:
    async with database() as (pool, lasting):
        async with workspace(pool, DEFAULT_WORKSPACE) as db:
            await installation.ensure_workspace(db)
            try:
                source = await sources.create_source(db, DEFAULT_WORKSPACE, connector, name, config, trusted=True)
            except NameTaken as error:
                raise CannotStart(f"There is already a source named {name!r}: choose another --name.") from error
            vault = open_vault(current_settings())
            sealed = [
                credentials.Credential(
                    source.id, key, *vault.seal(text, credentials.place(DEFAULT_WORKSPACE, source.id, key))
                )
                for key, text in secrets.items()
            ]
            await credentials.save(db, DEFAULT_WORKSPACE, sealed)
            job_id = await installation.start_sync(db, source.id)
            await audit.tell(db, "sources add", encode("source", source.id), name=name, connector=connector)
        await follow(pool, job_id, name, lasting=lasting)


async def _sync(what: str) -> None:
    async with database() as (pool, lasting):
        async with workspace(pool, DEFAULT_WORKSPACE) as db:
            source = await _find(db, what)
            if source.status != "active":
                raise CannotStart(
                    f"The source {source.name!r} is not active ({source.status}): "
                    "'kith sources resume' lets it be read again."
                )
            job_id = await installation.start_sync(db, source.id)
            await audit.tell(db, "sources sync", encode("source", source.id))
        await follow(pool, job_id, source.name, lasting=lasting)


async def _set_status(what: str, status: str) -> None:
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        source = await _find(db, what)
        await sources.set_status(db, DEFAULT_WORKSPACE, source, status)
        if status == "active" and source.schedule:
            await jobs.ask_read_on_schedule(db, DEFAULT_WORKSPACE, source.id, datetime.now(UTC), move=True)
        await audit.tell(db, "sources resume" if status == "active" else "sources pause", encode("source", source.id))
    print(f"{source.name} is {status}.")


async def _remove(what: str, *, withdraw: bool, sure: bool) -> None:
    async with database() as (pool, lasting):
        async with workspace(pool, DEFAULT_WORKSPACE) as db:
            source = await _find(db, what, deleting=True)
            goes = await sources.preview_removal(db, DEFAULT_WORKSPACE, source.id) if withdraw else None
        if not sure:
            _ask(f"Remove the source {source.name!r}, its runs and its coverage? {_fate(goes)}")
        async with workspace(pool, DEFAULT_WORKSPACE) as db:
            source = await _find(db, encode("source", source.id), deleting=True)
            job_id = await sources.begin_removal(db, DEFAULT_WORKSPACE, source, withdraw=withdraw)
            await audit.tell(db, "sources remove", encode("source", source.id), withdraw=withdraw)
        told = "what it told goes" if withdraw else "what it told stays"
        await follow(pool, job_id, f"Removing {source.name} ({told})", lasting=lasting)


def _fate(goes: sources.Removal | None) -> str:
    """What becomes of what a source told."""
    if goes is None:
        return "What it told of people stays."
    return (
        f"What no other source told goes with it: {many(goes.interactions, 'interaction')}, "
        f"{many(goes.claims, 'claim')} and {many(goes.identities, 'account')}. "
        f"What another told too stays: {many(goes.shared, 'interaction')}."
    )


async def _find(db: Db, what: str, *, deleting: bool = False) -> Source:
    """The one source of this name or id. deleting: also where it is being removed. Raises CannotStart."""
    found = await sources.find_sources(db, DEFAULT_WORKSPACE, what, decode("source", what))
    if not found:
        raise CannotStart(f"There is no source {what!r}; 'kith sources list' shows their names.")
    if len(found) > 1:
        raise CannotStart(f"{what!r} is the name of one source and the id of another: say the other's name.")
    if found[0].status == "deleting" and not deleting:
        raise CannotStart(f"The source {found[0].name!r} is being removed.")
    return found[0]


def _ask(question: str) -> None:
    """Raise CannotStart unless the operator says yes."""
    try:
        meant = Confirm.ask(Text(question), default=False)
    except EOFError:
        meant = False
    if not meant:
        raise CannotStart("Nothing was removed; --yes answers this question.")


def _last(run: runs.Run | None) -> str:
    """How the last run went, with the reason where it did not go well."""
    if run is None:
        return ""
    again = f", tried again at {run.due_at:%Y-%m-%d %H:%M} UTC" if run.status == "queued" and run.error else ""
    return f"{run.status}{again}" + (f": {run.error.get('detail', '')}" if run.error else "")


async def _list() -> None:
    table = Table("Name", "Connector", "Status", "Read from", "to", "Gaps", "Last run", box=None, pad_edge=False)
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        readings = {reading.id: reading for reading in await sources.list_readings(db, DEFAULT_WORKSPACE)}
        found = await sources.list_sources(db, DEFAULT_WORKSPACE, None, MANY)
        last = await runs.last_of(db, DEFAULT_WORKSPACE, [source.id for source in found])
        for source in found:
            reading = readings[source.id]
            period = (f"{day:%Y-%m-%d}" if day else "" for day in (reading.read_since, reading.read_until))
            table.add_row(
                source.name, source.connector, source.status, *period, str(reading.gaps), _last(last.get(source.id))
            )
    Console(markup=False).print(table)
