"""What a connector's errors mean for its source and for the job that reads it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from kith.connectors import Fatal, Reauthorize, Retry
from kith.store import sources
from kith.workers.reading import Fault
from kith.workers.work import Failed, Later, Work

MOST_FAULTS = 5
"""Of a connector in a row, after which a source is put aside."""


@asynccontextmanager
async def judged(work: Work, source_id: UUID) -> AsyncIterator[None]:
    """Do what a connector's error asks for, and say how the job goes on. Raises Later, Failed or Fault."""
    try:
        yield
    except Fault as fault:
        await _count_fault(work, source_id, fault)
        raise
    except Retry as error:
        raise Later(error.code, str(error), error.after.total_seconds() if error.after else None) from error
    except Reauthorize as error:
        async with work.transaction() as db:
            await sources.ask_to_reauthorize(db, work.job.workspace_id, source_id)
        raise Failed(error.code, str(error)) from error
    except Fatal as error:
        raise Failed(error.code, str(error)) from error


async def _count_fault(work: Work, source_id: UUID, fault: Fault) -> None:
    """Note that the connector broke; put the source aside where that happens again and again. Raises Failed."""
    async with work.transaction() as db:
        faults = await sources.count_fault(db, work.job.workspace_id, source_id, MOST_FAULTS)
    if faults >= MOST_FAULTS:
        raise Failed(
            "connector_faulty",
            f"The connector broke {faults} times in a row: the source waits until a check of it succeeds. {fault}",
        ) from fault
