"""What an upload would become: its beginning is decrypted, and the connector looks at it."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import msgspec

from kith.api.http.inputs import explain
from kith.api.http.problems import Fault, Problem
from kith.api.imports.schemas import ImportAsked, ImportPreview, Mapping
from kith.connectors import ConnectorError, Limits, Registry, Report, guessing, load_config, open_context
from kith.runtime.vault import Vault
from kith.store import uploads
from kith.store.db import Db

PIECES = 8  # of an upload that are looked at
SECONDS = 10.0


async def preview(
    db: Db, workspace_id: UUID, registry: Registry, vault: Vault, upload: uploads.Upload, asked: ImportAsked
) -> ImportPreview:
    """Return what the beginning of an upload would become. db: in a transaction. Raises Problem."""
    head = await _head(db, workspace_id, vault, upload)
    with TemporaryDirectory(prefix="kith-") as folder:
        path = Path(folder) / "upload"
        try:
            async with asyncio.timeout(SECONDS):
                return await _look(registry, path, head, asked, whole=len(head) == upload.size)
        except ConnectorError as error:
            message = str(error).replace(str(path), "The file")
            raise Problem("invalid_body", message, Fault(error.code, message, pointer="/upload_id")) from error
        except TimeoutError as error:
            raise Problem("unavailable", f"The file was not understood within {SECONDS:g} seconds.") from error


def check_mapping(registry: Registry, connector: str, mapping: Mapping | None) -> dict[str, Any]:
    """Return the config of the connector, without where the file is. Raises Problem."""
    if (mapping is None) == (connector == "csv"):
        message = "A table needs a mapping." if mapping is None else "The import format takes no mapping."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/mapping"))
    found: dict[str, Any] = {} if mapping is None else msgspec.to_builtins(mapping)
    try:
        load_config(registry.connectors[connector].Config, {**found, "path": "/upload"})
    except msgspec.ValidationError as error:
        what, pointer = explain(error)
        raise Problem("invalid_body", f"mapping: {what}.", Fault("invalid", what, f"/mapping{pointer}")) from error
    return found


async def _head(db: Db, workspace_id: UUID, vault: Vault, upload: uploads.Upload) -> bytes:
    box, found = vault.open_box(upload.key_id, upload.wrapped, uploads.place(workspace_id, upload.id)), list[bytes]()
    async for at, sealed in uploads.pieces(db, workspace_id, upload.id):
        found.append(box.open(sealed, str(at)))
        if len(found) == PIECES:
            break
    return b"".join(found)


async def _look(registry: Registry, path: Path, head: bytes, asked: ImportAsked, *, whole: bool) -> ImportPreview:
    text = await asyncio.to_thread(guessing.beginning, head, whole=whole)
    await asyncio.to_thread(path.write_bytes, text)
    form, columns, mapping = asked.format or guessing.form_of(text), list[str](), asked.mapping
    if form == "csv":
        given = mapping or Mapping([])
        columns, rows = await asyncio.to_thread(guessing.table, path, given.separator, given.encoding)
        if mapping is None and (guessed := guessing.guess(columns, rows)):
            mapping = Mapping(guessed, "UTC")
    if form == "csv" and mapping is None:
        detail = "No column is known to hold addresses, or a date and who acted: say what the columns mean."
        return ImportPreview(form, columns, None, detail, [], [])
    config = check_mapping(registry, form, mapping)
    report = await _report(registry, form, {**config, "path": str(path)}, path.parent)
    shown = msgspec.to_builtins(report.preview)
    return ImportPreview(form, columns, mapping, report.detail, list(report.warnings), shown)


async def _report(registry: Registry, connector: str, config: dict[str, Any], folder: Path) -> Report:
    found = registry.connectors[connector]
    settings = load_config(found.Config, config)
    async with open_context(found, settings, folder / "kept", Limits()) as context:
        return await found.check(settings, context)
