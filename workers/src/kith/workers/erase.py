"""The jobs ``erase`` and ``erase_files``: somebody is gone from every answer, and then from the files."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from kith.domain.erasures import Mark
from kith.domain.ids import encode, encode_optional
from kith.projections import erasures
from kith.runtime import journal
from kith.runtime.keyring import Signer, new_signing_key, open_signer, sign
from kith.runtime.vault import Sealed, Unreadable, Vault
from kith.store import erasures as store
from kith.store import export_files, jobs, keys, rewriting, sources, suppressions, uploads
from kith.store.db import Db, Pool
from kith.workers.work import Failed, Later, Work

PAUSE = 30.0
"""Seconds until the files are tried again that something still holds."""

READERS = ("sync", "receive", "audit")
"""Jobs that use the folders of sources."""

RECOUNTED = ("resolve", "detect:whole")
"""Jobs that count again how common words of names are, and what texts are about."""

NOT_ERASED = (
    "Files that the operator supplied, and what the networks themselves still hold.",
    "Backups made before: a restored one is brought up to date from the erasure journal.",
    "Copies of an external database: its replicas, its archived log and its snapshots.",
    "Nicknames, given names alone, and descriptions in texts that others wrote.",
    "Numbers and names of places that are named after the person, where a network has them as keys.",
    "Copies that apps have made: the event person.erased tells them to delete theirs.",
)


async def erase(work: Work) -> dict[str, Any]:
    """Take somebody out of every answer. args: erasure_id."""
    erasure_id, workspace_id = UUID(work.job.args["erasure_id"]), work.job.workspace_id
    async with work.transaction() as db:
        erasure = await store.get_erasure(db, workspace_id, erasure_id, lock=True)
        if erasure is None or erasure.status in ("hidden", "erased"):
            raise jobs.Canceled
        if erasure.status == "queued":
            counts = await erasures.hide(db, workspace_id, erasure, datetime.now(UTC), _noting(work, erasure_id))
            await store.set_begun(db, workspace_id, erasure_id, counts)
            await export_files.remove_all(db, workspace_id)
        small = await store.count_acts(db, workspace_id, erasures.SMALL + 1) <= erasures.SMALL
    if small:
        await _scan(work, erasure_id)
    async with work.transaction() as db:
        await store.set_hidden(db, workspace_id, erasure_id)
        await _receipt(work, db, erasure_id)
        await jobs.ask_erase_files(db, workspace_id)
        await jobs.renew(db, work.job)
        hidden = await store.get_erasure(db, workspace_id, erasure_id)
    return {} if hidden is None else hidden.counts


async def erase_files(work: Work) -> dict[str, Any]:
    """Take those out of the files who are gone from every answer: all at once, for a table is rewritten for all."""
    workspace_id = work.job.workspace_id
    async with work.transaction() as db:
        hidden = await store.list_hidden(db, workspace_id)
        if not hidden:
            return {"erasures": 0}
        small = await store.count_acts(db, workspace_id, erasures.SMALL + 1) <= erasures.SMALL
        if await jobs.is_under_way(db, workspace_id, RECOUNTED):
            raise Later("not_recounted", "Names and topics are still counted without who was erased.", PAUSE)
        folders = await sources.all_ids(db, workspace_id)
        if await jobs.is_under_way(db, workspace_id, [f"{kind}:{id_}" for kind in READERS for id_ in folders]):
            raise Later("being_read", "A source is being read; what it keeps is deleted afterwards.", PAUSE)
        await uploads.remove_older(db, workspace_id, hidden[-1].requested_at)
    if not small:
        await _scan(work, hidden[-1].id)
    for source_id in folders:
        await asyncio.to_thread(work.ground.clear, source_id)
    left = await _rewrite(work)
    async with work.transaction() as db:
        await store.set_erased(db, workspace_id, [erasure.id for erasure in hidden])
        for erasure in hidden:
            await _receipt(work, db, erasure.id, left)
        await jobs.renew(db, work.job)
    return {"erasures": len(hidden), "folders": len(folders), "left": left}


async def _scan(work: Work, erasure_id: UUID) -> None:
    """Tell all texts without those who were erased, step by step."""
    workspace_id, retold = work.job.workspace_id, 0
    at: erasures.Standing | None = erasures.Standing()
    async with work.transaction() as db:
        redact = await suppressions.redactor(db, workspace_id)
    while at is not None:
        async with work.transaction() as db:
            at, changed = await erasures.scan(db, workspace_id, redact, at, datetime.now(UTC))
            retold += changed
            await work.advance(db, retold, None, "texts")
    async with work.transaction() as db:
        await store.count_texts(db, workspace_id, erasure_id, retold)


async def _rewrite(work: Work) -> list[str]:
    """Rewrite every table and turn the log over; return what could not be done here, a sentence each."""
    if work.ground.database_url is None:
        raise Failed("not_owner", "This worker does not know who owns the tables.")
    settings = {"application_name": "kith erase", "search_path": "public"}
    db = await asyncpg.connect(work.ground.database_url, server_settings=settings)
    try:
        if not await rewriting.is_owner(db):
            raise Failed("not_owner", "The user of KITH_DATABASE_URL does not own the tables, and cannot rewrite them.")
        if await rewriting.is_held_back(db):
            raise Later("held_back", "A long transaction still sees what was deleted; its end is awaited.", PAUSE)
        tables = await rewriting.tables(db)
        for number, table in enumerate(tables, 1):
            try:
                await rewriting.rewrite(db, table)
            except asyncpg.LockNotAvailableError:
                raise Later("table_in_use", f"The table {table} is in use; it is rewritten later.", PAUSE) from None
            async with work.transaction() as bound:
                await work.advance(bound, number, len(tables), "tables")
        return await rewriting.turn_over(db)
    finally:
        await db.close()


async def replay(pool: Pool, path: Path) -> int:
    """Erase again whom the journal names and a restored database still has; return how many times.

    Raises JournalError.
    """
    entries = await asyncio.to_thread(journal.read, path)
    return await erasures.replay(pool, erasures.journaled(entries), datetime.now(UTC))


def _noting(work: Work, erasure_id: UUID) -> erasures.Note:
    path = work.ground.journal or work.ground.folder.parent / journal.FILE

    async def note(marks: Sequence[Mark]) -> None:
        found: dict[str, list[str]] = {}
        for mark in marks:
            found.setdefault(mark.kind, []).append(mark.hash.hex())
        entry = journal.Entry(
            encode("workspace", work.job.workspace_id), encode("erasure", erasure_id), datetime.now(UTC), found
        )
        await asyncio.to_thread(journal.append, path, entry)

    return note


async def _receipt(work: Work, db: Db, erasure_id: UUID, left: Sequence[str] = ()) -> None:
    """Sign what was erased, when, and what was not."""
    workspace_id = work.job.workspace_id
    erasure = await store.get_erasure(db, workspace_id, erasure_id)
    if erasure is None or work.ground.vault is None:
        raise Failed("credential_unreadable", "This worker has no keys that sign.")
    told = {
        "iss": work.ground.site,
        "jti": encode("erasure", erasure_id),
        "iat": int(datetime.now(UTC).timestamp()),
        "workspace_id": encode("workspace", workspace_id),
        "person_id": encode_optional("person", erasure.person_id),
        "requested_at": erasure.requested_at.isoformat(),
        "hidden_at": erasure.hidden_at and erasure.hidden_at.isoformat(),
        "erased_at": erasure.erased_at and erasure.erased_at.isoformat(),
        "erased": erasure.counts,
        "not_erased": [*NOT_ERASED, *left],
    }
    try:
        receipt = sign(await _signer(db, work.ground.vault), "kith-erasure+jwt", told)
    except Unreadable as error:
        raise Failed("credential_unreadable", str(error)) from error
    await store.set_receipt(db, workspace_id, erasure_id, receipt)


async def _signer(db: Db, vault: Vault) -> Signer:
    """Return the key that signs, made where there is none. Raises Unreadable."""
    found = await keys.ensure(db, partial(new_signing_key, vault))
    return open_signer(vault, found.id, Sealed(found.key_id, found.wrapped, found.sealed))
