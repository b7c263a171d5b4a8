"""Short ways to make records, to store them as a worker does, and to see everything that is stored."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from kith.connectors import (
    Channel,
    Claim,
    Conversation,
    Identity,
    Interaction,
    InteractionRef,
    Page,
    Record,
    Ref,
    Target,
    Tombstone,
)
from kith.projections import project, rebuild
from kith.projections.ingest import Ingest
from kith.store import ingest
from kith.store.batch import Batch
from kith.store.db import Db, Pool, new_id, workspace
from kith.store.ingest import Counts
from kith.store.rebuild import Difference

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
CURSOR = msgspec.Raw(b"{}")

# Every table of facts and projections, without what tells only when or from where kith learnt it.
FACTS = ("identities", "channels", "conversations", "interactions", "sightings", "tombstones", "claims", "decisions")
PROJECTIONS = (
    "person_identities", "identity_kinds", "interaction_targets", "contact_days", "activity_days", "identity_days",
    "channel_days",
    "people", "channel_activity", "conversation_activity", "relationships", "ask_acts", "asks",
    "inferred_replies",
    "mention_hits", "mentions",
)  # fmt: skip
_PRIVATE = {"workspace_id", "source_id", "learnt_at", "decided_at"}


def who(name: str) -> Ref:
    return Ref("mail", f"{name}@example.org")


def room(name: str) -> Ref:
    return Ref("mail", f"{name}.example.org")


def thread(name: str) -> Ref:
    return Ref("mail", f"<{name}@example.org>")


def act_ref(key: str) -> InteractionRef:
    return InteractionRef("mail", f"<{key}@example.org>", "message")


def act(
    key: str,
    actor: str = "ada",
    targets: Iterable[str] = ("bob",),
    *,
    channel: str | None = "list",
    conversation: str | None = None,
    days: float = 0,
    **more: Any,
) -> Interaction:
    """Return a message of ``actor`` to ``targets``, so many days after DAY."""
    return Interaction(
        act_ref(key),
        who(actor),
        DAY + timedelta(days=days),
        tuple(Target(who(target)) for target in targets),
        room(channel) if channel else None,
        thread(conversation) if conversation else None,
        **more,
    )


def gone(key: str) -> Tombstone:
    return Tombstone(act_ref(key))


def mailmap(one: str, other: str) -> Claim:
    return Claim(who(one), who(other), "mailmap", f"{one} = {other}")


def identity(key: str, **more: Any) -> Identity:
    return Identity(who(key), "person", **more)


def channel(name: str, title: str, kind: str = "list", **more: Any) -> Channel:
    return Channel(room(name), kind, title, **{"visibility": "public", **more})


def conversation(name: str, title: str) -> Conversation:
    return Conversation(thread(name), title=title)


async def add_source(pool: Pool, workspace_id: UUID, connector: str = "ndjson", **config: Any) -> UUID:
    source_id = new_id()
    async with workspace(pool, workspace_id) as db:
        await db.execute(
            """
            INSERT INTO sources (workspace_id, id, connector, name, config, status, trusted)
            VALUES ($1, $2, $3, $4, $5, 'active', true)
            """,
            workspace_id, source_id, connector, str(source_id), config,
        )  # fmt: skip
    return source_id


class Store:
    """One source of one workspace, whose pages a test stores."""

    def __init__(self, pool: Pool, workspace_id: UUID, source_id: UUID, id_key: bytes) -> None:
        self.pool = pool
        self.workspace_id = workspace_id
        self.source_id = source_id
        self.id_key = id_key

    @classmethod
    async def open(cls, pool: Pool, workspace_id: UUID) -> "Store":
        source_id = await add_source(pool, workspace_id)
        async with workspace(pool, workspace_id) as db:
            id_key = await db.fetchval("SELECT id_key FROM workspaces WHERE workspace_id = $1", workspace_id)
        return cls(pool, workspace_id, source_id, id_key)

    def batch(self, *records: Record) -> Batch:
        return Ingest(self.id_key).batch(Page(records, CURSOR))

    async def store(self, *records: Record) -> Counts:
        """Store the records as one page."""
        return await self.apply(self.batch(*records))

    async def apply(self, batch: Batch) -> Counts:
        async with workspace(self.pool, self.workspace_id) as db:
            return await ingest.apply(db, self.workspace_id, self.source_id, None, batch)

    async def project(self, now: datetime = NOW) -> None:
        left = 1
        while left:
            async with workspace(self.pool, self.workspace_id) as db:
                _, left = await project.project(db, self.workspace_id, now)

    async def refresh(self, now: datetime = NOW) -> None:
        """Compute the strengths of all pairs again."""
        after: tuple[UUID, UUID] | None = (UUID(int=0), UUID(int=0))
        while after:
            async with workspace(self.pool, self.workspace_id) as db:
                after = await project.refresh(db, self.workspace_id, now, after)

    async def rebuild(self) -> dict[str, Difference]:
        mine = partial(workspace, self.pool, self.workspace_id)
        async with mine() as db:
            return await rebuild.rebuild(db, mine, self.workspace_id, NOW)

    async def rows(self, table: str) -> list[dict[str, Any]]:
        async with workspace(self.pool, self.workspace_id) as db:
            return await rows(db, self.workspace_id, table)

    async def count(self, table: str) -> int:
        return len(await self.rows(table))

    async def facts(self) -> dict[str, Any]:
        return {table: await self.rows(table) for table in FACTS}

    async def everything(self) -> dict[str, Any]:
        """Work in all touches; return the facts and the projections."""
        await self.project()
        return {table: await self.rows(table) for table in FACTS + PROJECTIONS}


async def rows(db: Db, workspace_id: UUID, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table in a fixed order, without what tells only when or from where kith learnt them."""
    found = await db.fetch(f"SELECT * FROM {table} WHERE workspace_id = $1", workspace_id)
    kept = [{name: value for name, value in row.items() if name not in _PRIVATE} for row in found]
    return sorted(kept, key=lambda row: [str(value) for value in row.values()])
