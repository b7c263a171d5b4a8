"""After a large load PostgreSQL knows the tables at once: lists do not wait until it looks by itself."""

from kith.store import statistics
from kith.store.db import workspace
from tests.integration.store.facts import conversation
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
