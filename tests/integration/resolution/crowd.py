"""A workspace whose identities arrive as a source would bring them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from kith.connectors import Claim, Identity, Interaction, InteractionRef, Page, Record, Ref, Target
from kith.domain.ids import fact_id
from kith.projections import project
from kith.projections.ingest import Ingest
from kith.store import ingest
from kith.store.db import Db, Pool, workspace
from kith.store.sources import create_source
from kith.store.workspaces import create_workspace

NOON = (datetime.now(UTC) - timedelta(hours=12)).replace(hour=12, minute=0, second=0, microsecond=0)  # the last


@dataclass
class Crowd:
    """Told of by one source."""

    pool: Pool
    workspace_id: UUID = field(default_factory=uuid4)
    source_id: UUID = field(default_factory=uuid4)
    id_key: bytes = b""

    @classmethod
    async def gather(cls, pool: Pool, id_key: bytes = b"") -> "Crowd":
        """id_key: so that the same identities have the same ids in two crowds."""
        crowd = cls(pool)
        async with workspace(pool, crowd.workspace_id) as db:
            crowd.id_key = id_key or (await create_workspace(db, crowd.workspace_id, "crowd")).id_key
            if id_key:
                await db.execute("INSERT INTO workspaces VALUES ($1, 'crowd', $2)", crowd.workspace_id, id_key)
            crowd.source_id = (await create_source(db, crowd.workspace_id, "ndjson", "crowd", {"path": "/nowhere"})).id
        return crowd

    def id(self, key: str, network: str = "mail") -> UUID:
        return fact_id(self.id_key, "identity", (network, "", key))

    async def tell(self, records: Iterable[Record], *, projected: bool = True) -> None:
        batch = Ingest(self.id_key).batch(Page(tuple(records), msgspec.Raw(b"{}")))
        assert not batch.problems
        async with workspace(self.pool, self.workspace_id) as db:
            await ingest.apply(db, self.workspace_id, self.source_id, None, batch)
        if projected:
            await self.project()

    async def project(self) -> None:
        left = 1
        while left:
            async with workspace(self.pool, self.workspace_id) as db:
                _, left = await project.project(db, self.workspace_id, NOON)

    async def persons(self) -> list[list[UUID]]:
        """Return the identities of each person, in order."""
        rows = await self.fetch(
            """
            SELECT array_agg(identity_id ORDER BY identity_id) AS members FROM person_identities
            WHERE workspace_id = $1 GROUP BY person_id ORDER BY person_id
            """
        )
        return [row["members"] for row in rows]

    async def fetch(self, sql: str, *values: object) -> list[Any]:
        async with workspace(self.pool, self.workspace_id) as db:
            return await db.fetch(sql, self.workspace_id, *values)

    async def projections(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every projection that a person's identities have a part in, byte for byte."""
        found = {}
        for table in ("person_identities", "people", "relationships", "identity_keys"):
            rows = await self.fetch(f"SELECT * FROM {table} WHERE workspace_id = $1 ORDER BY 1, 2, 3")
            found[table] = [tuple(row) for row in rows]
        return found

    def transaction(self) -> Any:
        """Open a transaction in the workspace."""
        return workspace(self.pool, self.workspace_id)


def mail(key: str, name: str = "", *, days: int = 1, address: str | None = None, **more: Any) -> Identity:
    """An identity of the mail network; without ``address``, its key is one when it looks like one."""
    address = address or (key if "@" in key else None)
    return Identity(
        Ref("mail", key), "person", name=name or None, address=address, seen_at=NOON - timedelta(days=days), **more
    )


def act(number: int, actor: Ref, targets: Sequence[Ref], days: float = 1) -> Interaction:
    return Interaction(
        InteractionRef("mail", f"act-{number}", "message"),
        actor,
        NOON - timedelta(days=days),
        tuple(Target(target) for target in targets),
        visibility="public",
    )


def claim(one: Ref, other: Ref, kind: str = "mailmap") -> Claim:
    return Claim(one, other, kind, f"{kind}: {one.key} {other.key}")


async def decide(db: Db, crowd: Crowd, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows of the ledger as they are: id, verdict, one, other, retracts, author, confidence, decided_at."""
    columns = ("id", "verdict", "one_id", "other_id", "retracts", "author", "confidence", "decided_at")
    await db.execute(
        f"""
        INSERT INTO decisions (workspace_id, {", ".join(columns)})
        SELECT $1::uuid, * FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[],
            $8::real[], $9::timestamptz[])
        """,
        crowd.workspace_id,
        *map(list, zip(*rows, strict=True)),
    )
