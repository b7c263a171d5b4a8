"""The jobs ``audit`` and ``accept_sweeps``: acts that are no longer there are taken away, by lot or by consent."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import msgspec

from kith.connectors import (
    Audited,
    ConnectorError,
    Ending,
    InteractionKind,
    InteractionRef,
    Page,
    Record,
    Ref,
    Retry,
    Tombstone,
    check_locations,
)
from kith.domain.classes import STATES
from kith.projections.ingest import Ingest
from kith.store import audits, credentials, ingest, jobs, sealing, sources
from kith.store.audits import Act
from kith.store.sweeps import LEAST, SHARE
from kith.workers.reading import CHECK_SECONDS, Fault, contained, open_source
from kith.workers.work import Failed, Later, Work

AT_ONCE = 100
DRAWS = 10
"""A draw in which something was gone is followed by another, so many times at most."""


async def audit(work: Work) -> dict[str, Any]:
    """Look again at acts of a source. args: source_id."""
    source_id = UUID(work.job.args["source_id"])
    async with work.transaction() as db:
        reading = await sources.to_read(db, work.job.workspace_id, source_id)
        if reading is None or reading.status != "active":
            raise jobs.Canceled
        sealed = await credentials.of_source(db, work.job.workspace_id, source_id)
    opened = open_source(work, source_id, reading, sealed)
    if not isinstance(opened.connector, Audited):
        raise Failed("no_audits", f"The connector {reading.connector!r} cannot ask for single acts.")
    looked = lost = 0
    async with opened.context as context:
        try:
            await asyncio.to_thread(check_locations, opened.config, context.limits)
            for _ in range(DRAWS):
                acts = await _draw(work, source_id)
                refs = _refs(acts, reading.id_key)
                asking = opened.connector.gone(opened.config, list(refs), context)
                gone = [ref for ref in await contained(asking, CHECK_SECONDS, context.http.redact) if ref in refs]
                looked, lost = looked + len(refs), lost + len(gone)
                if len(gone) > max(LEAST, len(refs) * SHARE):
                    detail = f"{len(gone)} of {len(refs)} acts would be gone; nothing was deleted."
                    raise Failed("audit_refused", detail)
                if not gone:
                    break
                await _take_away(work, source_id, reading.id_key, gone)
        except Retry as error:
            raise Later(error.code, str(error), error.after.total_seconds() if error.after else None) from error
        except Fault as fault:
            raise Failed("connector_faulty", str(fault)) from fault
        except ConnectorError as error:
            raise Failed(error.code, str(error)) from error
    return {"looked_at": looked, "gone": lost}


async def accept_sweeps(work: Work) -> dict[str, Any]:
    """Take away what refused sweeps did not see: somebody has accepted that. args: source_id."""
    source_id = UUID(work.job.args["source_id"])
    async with work.transaction() as db:
        gone = await ingest.accept_sweeps(db, work.job.workspace_id, source_id)
        await work.advance(db, gone, None, "acts")
        await jobs.ask_project(db, work.job.workspace_id)
    return {"gone": gone}


async def _draw(work: Work, source_id: UUID) -> list[Act]:
    """Return acts by lot, also where there are few."""
    async with work.transaction() as db:
        await sealing.enter(db, work.job.workspace_id, source_id)
        found = await audits.draw(db, work.job.workspace_id, source_id, uuid4(), AT_ONCE)
        if len(found) < AT_ONCE:
            first = await audits.draw(db, work.job.workspace_id, source_id, UUID(int=0), AT_ONCE - len(found))
            found = list({act.id: act for act in [*found, *first]}.values())
    return found


def _refs(acts: Sequence[Act], id_key: bytes) -> set[InteractionRef]:
    """Return how connectors name these acts; whether the actor is part of that, the id tells."""
    ids = Ingest(id_key)
    found = set()
    for act in acts:
        actor = Ref(act.actor_network, act.actor_key, act.actor_host)
        kind = cast(InteractionKind, act.kind)
        for ref in (
            InteractionRef(act.network, act.key, kind, act.host),
            InteractionRef(act.network, act.key, kind, act.host, actor),
        ):
            if ids.act_id(ref) == act.id:
                found.add(ref)
    return found


async def _take_away(work: Work, source_id: UUID, id_key: bytes, gone: Sequence[InteractionRef]) -> None:
    now = datetime.now(UTC)
    records: list[Record] = [Ending(ref, now) if ref.kind in STATES else Tombstone(ref, "gone", now) for ref in gone]
    batch = Ingest(id_key).batch(Page(tuple(records), msgspec.Raw(b"null")))
    batch.cursor = None
    async with work.transaction() as db:
        await ingest.apply(db, work.job.workspace_id, source_id, None, batch)
        await work.advance(db, work.job.done + len(gone), None, "acts")
        if not batch.sealed:
            await jobs.ask_project(db, work.job.workspace_id)
