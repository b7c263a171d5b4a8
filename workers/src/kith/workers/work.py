"""What a job's code gets to work with, and how it says that it is not done."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from kith.connectors import Connector
from kith.store import jobs
from kith.store.db import Db, Pool, workspace
from kith.store.jobs import HeldJob, Problem
from kith.workers.ground import Ground

# A step longer than this makes room for other jobs, and goes on when its turn comes again.
STEP_SECONDS = 60.0


class Failed(Exception):
    """The job cannot succeed; trying again would not help."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = Problem(code, detail)


class Later(Exception):
    """The job has to wait, because something else is not ready. seconds: how long; None: as long as kith sees fit."""

    def __init__(self, code: str, detail: str, seconds: float | None) -> None:
        super().__init__(detail)
        self.problem = Problem(code, detail)
        self.seconds = seconds


class Unfinished(Exception):
    """The step is done and the job is not."""


@dataclass(slots=True)
class Work:
    """One step of a job. memory: megabytes that a process of its own may take. stopping: set when we have to end."""

    job: HeldJob
    pool: Pool
    connectors: dict[str, Connector]
    ground: Ground
    memory: int
    stopping: asyncio.Event
    began: float = field(default_factory=time.monotonic)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Db]:
        """Yield a connection in a transaction bound to the job's workspace."""
        async with workspace(self.pool, self.job.workspace_id) as db:
            yield db

    async def advance(self, db: Db, done: int, total: int | None, unit: str) -> None:
        """Store progress with the effects that it speaks of. Raises Fenced or Canceled."""
        await jobs.advance(db, self.job, done, total, unit)

    @property
    def seconds(self) -> float:
        """How long the step has taken so far."""
        return time.monotonic() - self.began

    @property
    def must_rest(self) -> bool:
        """Whether the step should end here, between two transactions, to go on when its turn comes again."""
        return self.stopping.is_set() or self.seconds > STEP_SECONDS
