"""A source of many channels keeps a cursor for each, reads what is fresh first, and asks little if nothing is new."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kith.connectors import Limits
from kith.connectors.testing import FaultServer, check_connector
from kith.domain.erasures import Trait
from kith.store import partitions, suppressions
from kith.store.db import Pool, workspace
from kith.workers import parts, reading, work
from kith.workers.ground import Ground
from kith.workers.kinds import KINDS
from kith.workers.runner import Runner
from tests.integration.store.facts import Store, add_source
from tests.integration.workers.conftest import Office
from tests.integration.workers.rooms import OldRooms, Rooms, RoomsConfig, Town

HERE = Limits(private_addresses=True)


class House(Office):
    """An office whose source is a town of rooms."""

    def __init__(self, store: Store, connector: Rooms, folder: Path, server: FaultServer) -> None:
        self.store = store
        self.runner = Runner(store.pool, KINDS, {"rooms": connector}, Ground(folder, HERE), most=4, lease_seconds=30)
        self.rooms = connector
        self.server = server

    async def read(self, kind: Any = "sync") -> dict[str, Any]:
        job_id = await self.enqueue(kind)
        row: dict[str, Any] = await self.run(job_id)
        while row["status"] == "queued" and row["error"] is None:
            await self.make_due(job_id)
            row = await self.run(job_id)
        assert row["status"] == "succeeded", row["error"]
        return row

    async def acts(self) -> set[str]:
        return {row["key"][1:].partition("@")[0] for row in await self.store.rows("interactions")}

    async def parts(self) -> dict[str, partitions.Partition]:
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            found = await partitions.list_partitions(db, self.store.workspace_id, self.store.source_id, None, 10_000)
        return {each.key: each for each in found}

    async def choose(self, key: str, included: bool | None) -> None:
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            await partitions.choose(db, self.store.workspace_id, self.store.source_id, [key], included)

    def messages(self) -> list[dict[str, str]]:
        """Return what was asked of messages."""
        return [asked.query for asked in self.server.asked if asked.path == "/messages"]


@asynccontextmanager
async def house(pool: Pool, workspace_id: UUID, folder: Path, connector: Rooms) -> AsyncIterator[House]:
    async with FaultServer() as server:
        store = await Store.open(pool, workspace_id)
        store.source_id = await add_source(pool, workspace_id, "rooms", site=server.url().rstrip("/"))
        built = House(store, connector, folder, server)
        try:
            yield built
        finally:
            await built.runner.stop(1)


def told(room: str, *numbers: int) -> set[str]:
    return {f"{room}-{number}" for number in numbers}


async def test_each_room_has_its_cursor_and_private_ones_are_read_only_if_asked_for(
    pool: Pool, workspace_id: UUID, tmp_path: Path
) -> None:
    async with house(pool, workspace_id, tmp_path, Rooms()) as home:
        town = Town(home.server, {"a": ("public", 3), "b": ("members", 1), "p": ("private", 2), "d": ("direct", 1)})
        assert (await home.read("find_partitions"))["result"] == {"partitions": 4}
        assert {key: (part.included, part.size, part.seconds) for key, part in (await home.parts()).items()} == {
            "a": (True, 3, 0.3), "b": (True, 1, 0.1), "d": (False, 1, 0.1), "p": (False, 2, 0.2),
        }  # fmt: skip
        assert home.messages() == [], "looking reads nothing"
        await home.read()
        assert await home.acts() == told("a", 1, 2, 3) | told("b", 1)
        await home.choose("p", True)
        await home.choose("b", False)
        town.rooms |= {"a": ("public", 4), "b": ("members", 9), "n": ("public", 1)}
        await home.read()
        assert await home.acts() == told("a", 1, 2, 3, 4) | told("b", 1) | told("p", 1, 2) | told("n", 1)


async def test_a_room_that_is_named_after_somebody_erased_is_named_someone(
    pool: Pool, workspace_id: UUID, tmp_path: Path
) -> None:
    async with house(pool, workspace_id, tmp_path, Rooms()) as home:
        Town(home.server, {"Evelyn Quillfeather": ("public", 1)})
        async with workspace(pool, workspace_id) as db:
            mark = (await suppressions.marks_of(db, workspace_id)).of(Trait("name", "Evelyn Quillfeather"))
            await suppressions.add(db, workspace_id, workspace_id, [mark])
        await home.read()
        assert {key: part.name for key, part in (await home.parts()).items()} == {"Evelyn Quillfeather": "someone"}
        assert await home.acts() == told("Evelyn Quillfeather", 1), "it is read by its key"


async def test_a_room_that_vanished_ends_and_one_that_is_closed_stops_no_other(
    pool: Pool, workspace_id: UUID, tmp_path: Path
) -> None:
    async with house(pool, workspace_id, tmp_path, Rooms()) as home:
        town = Town(home.server, {"a": ("public", 1), "b": ("public", 1), "c": ("public", 1)})
        await home.read()
        del town.rooms["a"]
        town.closed.add("b")
        town.rooms |= {"b": ("public", 2), "c": ("public", 2)}
        await home.read()
        found = await home.parts()
        assert await home.acts() == told("a", 1) | told("b", 1) | told("c", 1, 2), "what it told stays"
        assert [key for key, part in found.items() if part.ended_at] == ["a"]
        assert [key for key, part in found.items() if part.problem] == ["b"]
        town.closed.clear()
        town.rooms["a"] = ("public", 3)
        await home.read()
        found = await home.parts()
        assert await home.acts() == told("a", 1, 2, 3) | told("b", 1, 2) | told("c", 1, 2)
        assert not any(part.ended_at or part.problem for part in found.values())


async def test_fresh_things_go_first_and_history_follows(pool: Pool, workspace_id: UUID, tmp_path: Path) -> None:
    async with house(pool, workspace_id, tmp_path, OldRooms()) as home:
        Town(home.server, {"a": ("public", 9), "b": ("public", 5)})
        await home.read()
        asked = ["before" in query for query in home.messages()]
        assert await home.acts() == told("a", *range(1, 10)) | told("b", *range(1, 6))
        assert asked == sorted(asked), "no history before all is read that is fresh"
        assert all(part.history_done for part in (await home.parts()).values())
        before = len(home.messages())
        await home.read()
        assert not any("before" in query for query in home.messages()[before:]), "history is read once"


async def test_fresh_things_go_first_again_while_history_is_long(
    pool: Pool, workspace_id: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LEAST_FRESH", timedelta(0))
    monkeypatch.setattr(reading, "JOINED", 0)
    async with house(pool, workspace_id, tmp_path, OldRooms()) as home:
        Town(home.server, {"a": ("public", 200)})
        await home.read()
        asked = ["before" in query for query in home.messages()]
        assert await home.acts() == told("a", *range(1, 201))
        assert False in asked[asked.index(True) :]


async def test_a_step_that_has_to_rest_goes_on_where_it_was(
    pool: Pool, workspace_id: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "STEP_SECONDS", 0.0)
    async with house(pool, workspace_id, tmp_path, OldRooms()) as home:
        Town(home.server, dict.fromkeys("abc", ("public", 5)))
        await home.read()
        assert await home.acts() == told("a", *range(1, 6)) | told("b", *range(1, 6)) | told("c", *range(1, 6))
        assert len([asked for asked in home.server.asked if asked.path == "/rooms"]) == 2, "looked for once a run"


async def test_a_mark_that_stays_saves_the_request(pool: Pool, workspace_id: UUID, tmp_path: Path) -> None:
    connector = Rooms()
    connector.marks = True
    async with house(pool, workspace_id, tmp_path, connector) as home:
        town = Town(home.server, {f"r{number:03}": ("public", 1) for number in range(50)})
        await home.read()
        town.rooms["r007"] = ("public", 2)
        before = len(home.messages())
        await home.read()
        assert [query["room"] for query in home.messages()[before:]] == ["r007"]
        assert told("r007", 1, 2) <= await home.acts()


async def test_five_thousand_rooms_with_nothing_new_cost_a_request_each_and_no_row(
    pool: Pool, workspace_id: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = 5000
    async with house(pool, workspace_id, tmp_path, Rooms()) as home:
        Town(home.server, {f"r{number:04}": ("public", 1 if number % 100 == 0 else 0) for number in range(rooms)})
        await home.read()
        assert await home.store.count("interactions") == rooms // 100
        versions = await _versions(home)
        asked = len(home.server.asked)
        sent: list[str] = []
        execute = asyncpg.Connection._execute  # type: ignore[attr-defined]  # where all statements pass

        async def noted(self: Any, query: str, *args: Any, **options: Any) -> Any:
            sent.append(query)
            return await execute(self, query, *args, **options)

        monkeypatch.setattr(asyncpg.Connection, "_execute", noted)
        await home.read()
        assert len(home.server.asked) - asked <= 1.2 * rooms
        assert await _versions(home) == versions, "no row of a partition was written"
        assert len(sent) < rooms / 10


async def _versions(home: House) -> list[str]:
    async with workspace(home.store.pool, home.store.workspace_id) as db:
        rows = await db.fetch(
            "SELECT xmin::text FROM partitions WHERE workspace_id = $1 ORDER BY key", home.store.workspace_id
        )
    assert len(rows) == 5000
    return [row[0] for row in rows]


async def test_the_kit_reads_partitions_too() -> None:
    for connector, pages in ((Rooms(), 5), (OldRooms(), 5)):
        async with FaultServer() as server:
            Town(server, {"a": ("public", 5), "b": ("public", 3)})
            verdict = await check_connector(connector, RoomsConfig(server.url().rstrip("/")))
            assert (verdict.tier, verdict.pages) == ("leaf", pages)
