"""After a large load PostgreSQL knows the tables at once: lists do not wait until it looks by itself."""

from uuid import uuid4

from kith.store import statistics
from kith.store.db import open_pool, workspace
from kith.store.workspaces import create_workspace
from tests.integration.store.facts import Store, conversation
from tests.integration.workers.conftest import Office, page

THREADS = 20_000  # some 4 MB

_KNOWN = "SELECT reltuples FROM pg_class WHERE $1::uuid IS NOT NULL AND oid = 'conversations'::regclass"


async def test_what_grew_much_is_analyzed(office: Office) -> None:
    office.connector.script = [page(*(conversation(f"thread-{number}", "A thread") for number in range(THREADS)))]
    await office.run(await office.enqueue())
    assert await office.value(_KNOWN) < THREADS
    row = await office.run(await office.enqueue("project"))
    assert row["status"] == "succeeded"
    assert await office.value(_KNOWN) >= THREADS
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        assert await statistics.refresh(db) == []
        assert await db.fetchval("SELECT current_user") == "kith_app"


async def test_a_workspace_that_is_new_is_made_known(fresh_url: str) -> None:
    """Of a table of one workspace PostgreSQL would take the rows of another for none."""
    async with await open_pool(fresh_url) as pool:
        for many, wanted in ((THREADS, True), (THREADS // 5, True), (10, False)):
            workspace_id = uuid4()
            async with workspace(pool, workspace_id) as db:
                await create_workspace(db, workspace_id, "office")
            store = await Store.open(pool, workspace_id)
            await store.store(*(conversation(f"thread-{number}", "A thread") for number in range(many)))
            async with workspace(pool, workspace_id) as db:
                await db.execute("SELECT pg_stat_force_next_flush()")
            async with workspace(pool, workspace_id) as db:
                assert ("conversations" in await statistics.refresh(db)) is wanted, many
                assert await db.fetchval("SELECT current_user") == "kith_app"
                assert await statistics.refresh(db) == []
