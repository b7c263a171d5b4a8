"""A village in which somebody is erased, with a runner of its jobs in this process."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kith.connectors import Channel, Conversation, Identity, Interaction, InteractionRef, Limits, Record, Ref, Target
from kith.runtime.vault import Vault
from kith.store import erasures, jobs
from kith.store.db import Pool, workspace
from kith.workers import data_report, erase, resolve, retain
from kith.workers.ground import Ground
from kith.workers.runner import Runner
from tests.integration.store.facts import DAY, Store

EVE = Ref("chat", "eve-0017", "talk.example")
ROOM, THREAD = Ref("chat", "hall", "talk.example"), Ref("chat", "thread", "talk.example")
#: What nobody may find afterwards.
PLANTED = ("Evelyn Quillfeather", "evelyn.quillfeather@moor.example", "quillspell", "Sandmartin", "4917012345678")


def person(name: str, **more: Any) -> Identity:
    return Identity(Ref("chat", name, "talk.example"), "person", name=name.title(), **more)


def said(key: str, actor: Ref, text: str, *targets: Ref, days: float = 0, **more: Any) -> Interaction:
    return Interaction(
        InteractionRef("chat", key, "message", "talk.example"), actor, DAY + timedelta(days=days),
        tuple(Target(target) for target in targets), ROOM, THREAD, text=text, visibility="public", **more,
    )  # fmt: skip


def village() -> list[Record]:
    """Return what five people said to one another; Eve has a mail address, too, and is named by others."""
    ada, bob = (Ref("chat", name, "talk.example") for name in ("ada", "bob"))
    mail = Ref("mail", "evelyn.quillfeather@moor.example")
    return [
        Channel(ROOM, "room", "The hall of Evelyn Quillfeather", visibility="public"),
        Conversation(THREAD, title="Welcome, Evelyn Quillfeather!"),
        person("ada"), person("bob"),
        Identity(
            EVE, "person", name="Evelyn Quillfeather", handle="quillspell", address="evelyn.quillfeather@moor.example"
        ),
        Identity(mail, "person", name="Evelyn Quillfeather", address="evelyn.quillfeather@moor.example"),
        Identity(Ref("phone", "+4917012345678"), "person", name="Evelyn Quillfeather"),
        said("1", EVE, "I raise a Sandmartin. Could you help me?", ada, bob),
        said("2", ada, "Quillfeather, Evelyn: @quillspell or Evelyn.Quillfeather@moor.example. Eve knows.", EVE),
        said("3", bob, "Could you tell evelyn quillfeather where the key is?", ada, EVE, days=2),
        said("4", bob, "The quill_spell birds fly.", ada, days=3),
        Interaction(
            InteractionRef("mail", "<m1@moor.example>", "message"), mail, DAY + timedelta(days=4),
            (Target(Ref("mail", "ada@moor.example")),), text="By mail: Sandmartin.", visibility="private",
        ),
    ]  # fmt: skip


class Village:
    """What erases, and what is asked afterwards."""

    def __init__(self, store: Store, ground: Ground) -> None:
        self.store, self.ground = store, ground
        kinds: Any = {
            "erase": erase.erase,
            "erase_files": erase.erase_files,
            "resolve": resolve.resolve,
            "data_report": data_report.data_report,
            "retain": retain.retain,
        }
        assert ground.journal
        self.path = ground.journal
        self.runner = Runner(store.pool, kinds, {}, ground, 4, 30)

    async def value(self, query: str, *values: Any) -> Any:
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            return await db.fetchval(query, self.store.workspace_id, *values)

    async def person_of(self, ref: Ref) -> UUID:
        found: UUID = await self.value(
            "SELECT person_id FROM person_identities JOIN identities i ON i.id = identity_id"
            " WHERE i.workspace_id = $1 AND i.key = $2",
            ref.key,
        )
        return found

    async def erase(self, person_id: UUID) -> UUID:
        """Run the first stage for a person; return the erasure."""
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            erasure_id, job_id = await erasures.ask(db, self.store.workspace_id, person_id, [], "asked", "test")
        await self.run(job_id)
        return erasure_id

    async def tried(self, job_id: UUID) -> jobs.Job:
        """Run a job that is due; return what became of it."""
        await self.value("UPDATE jobs SET due_at = now() WHERE workspace_id = $1 AND id = $2", job_id)
        await self.runner.start(self.store.workspace_id, job_id)
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            job = await jobs.get_job(db, self.store.workspace_id, job_id)
        assert job is not None
        return job

    async def run(self, job_id: UUID) -> dict[str, Any]:
        job = await self.tried(job_id)
        assert job.status == "succeeded", job.error
        return job.result or {}

    async def queued(self, kind: str) -> UUID:
        found: UUID = await self.value(
            "SELECT id FROM jobs WHERE workspace_id = $1 AND kind = $2 AND status = 'queued'", kind
        )
        return found

    async def recount(self) -> None:
        """Count names again; no community is looked for."""
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            for job in await jobs.list_jobs(db, self.store.workspace_id, ("queued",), ("detect",), None, 10):
                await jobs.cancel_job(db, self.store.workspace_id, job.id)
        await self.run(await self.queued("resolve"))

    async def rewrite(self) -> None:
        """Run the second stage, once names are counted again."""
        await self.recount()
        await self.run(await self.queued("erase_files"))

    async def found(self, *texts: str) -> list[str]:
        """Return in which tables a text stands, however it is cased."""
        async with self.store.pool.acquire() as db:
            await db.execute("SET ROLE NONE")
            try:
                tables = await db.fetch(
                    "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r'"
                    " AND relnamespace IN ('public'::regnamespace, 'sealed'::regnamespace)"
                )
                return [
                    f"{row['name']}: {text}"
                    for row in tables
                    for text in texts
                    if await db.fetchval(
                        f"SELECT EXISTS (SELECT FROM {row['name']} AS t WHERE strpos(lower(t::text), $1) > 0)",
                        text.lower(),
                    )
                ]
            finally:
                await db.execute("SET ROLE kith_app")


@pytest.fixture
async def home(pool: Pool, workspace_id: UUID, tmp_path: Path, fresh_url: str) -> AsyncIterator[Village]:
    store = await Store.open(pool, workspace_id)
    ground = Ground(
        tmp_path / "sources", Limits(), vault=Vault({"test": bytes(32)}), site="http://kith.test",
        journal=tmp_path / "erasures.journal", database_url=fresh_url,
    )  # fmt: skip
    home = Village(store, ground)
    yield home
    await home.runner.stop(1)
