"""Sources read by a real connector into a real database, and what is there afterwards, in short lines."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from kith.connectors import Connector, Limits
from kith.connectors.git import GitConnector
from kith.connectors.ndjson import NdjsonConnector
from kith.store import jobs
from kith.store.db import Pool, workspace
from kith.workers.ground import Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner
from tests.integration.store.facts import Store, add_source

ANYWHERE = Limits((Path("/"),), private_addresses=True)
CONNECTORS: dict[str, Connector] = {"git": GitConnector(), "ndjson": NdjsonConnector()}


class Readings:
    """A workspace whose sources are read one after the other, as a worker does."""

    def __init__(self, store: Store, folder: Path, connectors: dict[str, Connector] = CONNECTORS) -> None:
        self.store = store
        self.runner = Runner(store.pool, KINDS, connectors, Ground(folder, ANYWHERE), most=4, lease_seconds=30)
        self.run_id: UUID | None = None

    @classmethod
    async def open(
        cls, pool: Pool, workspace_id: UUID, folder: Path, connectors: dict[str, Connector] = CONNECTORS
    ) -> "Readings":
        return cls(await Store.open(pool, workspace_id), folder, connectors)

    async def add(self, repository: Path, **config: Any) -> UUID:
        settings = {"repository": str(repository)} | config
        return await add_source(self.store.pool, self.store.workspace_id, "git", **settings)

    async def read(self, *source_ids: UUID) -> list[str]:
        """Read the sources, resolve and project; return the acts that count."""
        for source_id in source_ids:
            row = await self.run("sync", source_id=str(source_id))
            assert row["status"] == "succeeded", row["error"]
        for _ in range(2):
            for kind in ("project", "resolve"):
                await self.run(kind)
        return await self.acts()

    async def run(self, kind: jobs.Kind, **args: str) -> Any:
        workspace_id = self.store.workspace_id
        async with workspace(self.store.pool, workspace_id) as db:
            slot = None if args else kind
            job_id, _ = await jobs.enqueue(db, workspace_id, kind, args, slot=slot)
            await db.execute("UPDATE jobs SET due_at = now() WHERE workspace_id = $1 AND id = $2", workspace_id, job_id)
        await self.runner.start(workspace_id, job_id)
        async with workspace(self.store.pool, workspace_id) as db:
            return await db.fetchrow("SELECT * FROM jobs WHERE workspace_id = $1 AND id = $2", workspace_id, job_id)

    async def rows(self, query: str, *values: Any) -> list[Any]:
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            return list(await db.fetch(query, self.store.workspace_id, *values))

    async def acts(self) -> list[str]:
        """Return each act as ``day hour kind actor > targets``, in the order of time."""
        found = await self.rows(
            """
            SELECT i.occurred_at, i.kind, coalesce(a.name, a.key) AS actor,
                ARRAY(SELECT coalesce(t.name, t.key) FROM identities t
                      WHERE t.workspace_id = $1 AND t.id = ANY (i.target_ids) ORDER BY 1) AS targets
            FROM interactions i JOIN identities a ON a.workspace_id = $1 AND a.id = i.actor_id
            WHERE i.workspace_id = $1 ORDER BY i.occurred_at, i.kind, 3, i.key
            """
        )
        return [_line(*row) for row in found]

    async def people(self) -> list[str]:
        """Return the names of each person's identities, joined by a plus."""
        found = await self.rows(
            """
            SELECT string_agg(coalesce(i.name, i.key), ' + ' ORDER BY i.name, i.key) AS names
            FROM person_identities p JOIN identities i ON i.workspace_id = $1 AND i.id = p.identity_id
            WHERE p.workspace_id = $1 GROUP BY p.person_id ORDER BY 1
            """
        )
        return [row["names"] for row in found]

    async def skips(self) -> list[str]:
        """Return the codes of what the last run could not read, and hold that it counted the same."""
        runs = await self.rows("SELECT id, skipped FROM runs WHERE workspace_id = $1 ORDER BY id DESC LIMIT 1")
        found = await self.rows("SELECT code FROM run_errors WHERE workspace_id = $1 AND run_id = $2", runs[0]["id"])
        assert len(found) == runs[0]["skipped"]
        return [row["code"] for row in found]


def build(case: Path, folder: Path, step: int = 1) -> None:
    """Make the repositories of a case, or take its next step."""
    subprocess.run(["sh", case / "make.sh", folder, str(step)], check=True, capture_output=True)


def cloned(repository: Path, branch: str, folder: Path) -> None:
    """Clone one branch alone, with no object of the others."""
    options = ("-q", "-b", branch, "--single-branch")
    subprocess.run(["git", "clone", *options, f"file://{repository}", folder], check=True)


def _line(moment: datetime, kind: jobs.Kind, actor: str, targets: list[str]) -> str:
    when = f"{moment.astimezone(UTC):%y-%m-%d %H}"
    return f"{when} {kind} {actor}" + (f" > {', '.join(targets)}" if targets else "")
