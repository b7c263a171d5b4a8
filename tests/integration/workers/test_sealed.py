"""A source that is sealed later leaves nothing behind, and once it is unsealed it counts as if it had never been."""

from typing import Any

from kith.store import sources
from kith.store.db import workspace
from tests.integration.store.facts import Store, act, channel, conversation, identity, mailmap
from tests.integration.workers.conftest import Office, page

_ALIKE = (
    "identities", "channels", "conversations", "interactions", "interaction_versions", "tombstones", "claims",
    "sightings", "person_identities", "interaction_targets", "contact_days", "activity_days", "identity_days",
    "channel_days", "people", "channel_activity", "conversation_activity", "relationships",
)  # fmt: skip


async def seal(office: Office, *, sealed: bool) -> None:
    """Seal or unseal the office's source, and do what follows from that."""
    store = office.store
    async with workspace(store.pool, store.workspace_id) as db:
        source = await sources.get_source(db, store.workspace_id, store.source_id)
        assert source
        await sources.seal(db, store.workspace_id, source, sealed=sealed)
    job_id = await office.value(
        "SELECT id FROM jobs WHERE workspace_id = $1 AND kind = 'move_source' AND status = 'queued'"
    )
    assert (await office.run(job_id))["result"] == {"moved": True}
    assert (await office.run(await office.enqueue()))["status"] == "succeeded"


async def everything(store: Store) -> dict[str, Any]:
    """Work in all touches; return what all see."""
    await store.project()
    found = {table: await store.rows(table) for table in _ALIKE}
    for version in found["interaction_versions"]:
        del version["replaced_at"], version["content"]
    return found


async def test_a_source_is_sealed_and_unsealed(office: Office) -> None:
    other = await Store.open(office.store.pool, office.store.workspace_id)
    await other.store(act("shared"), act("theirs", "bob", ["ada"], channel="theirs"), mailmap("ada", "bob"))
    without = await everything(other)
    told = page(
        act("shared"),
        identity("eve", name="Eve"),
        act("own", "eve", ["fay"], channel="own", conversation="own", text="first"),
        act("own", "eve", ["fay"], channel="own", conversation="own", text="second", edited_at=act("own").occurred_at),
        act("more", "eve", ["bob"]),
        channel("own", "Our own"),
        conversation("own", "Our own"),
        mailmap("eve", "fay"),
    )
    office.connector.script = [told]
    await office.run(await office.enqueue())
    open_ = await everything(other)
    assert open_["relationships"] != without["relationships"]
    office.connector.script = [told]
    await seal(office, sealed=True)
    sealed = await everything(other)
    for table in _ALIKE:
        assert sealed[table] == without[table], table
    assert not any(any(difference) for difference in (await other.rebuild()).values())
    counted = "SELECT count(*) FROM sealed.interactions WHERE workspace_id = $1"
    assert await office.value(counted) == 3
    office.connector.script = [told]
    await seal(office, sealed=False)
    again = await everything(other)
    for table in _ALIKE:
        assert again[table] == open_[table], table
    assert await office.value(counted) == 0
    assert not any(any(difference) for difference in (await other.rebuild()).values())


async def test_a_sealed_source_is_removed_with_what_it_told(office: Office) -> None:
    store = office.store
    await office.value("UPDATE sources SET sealed = true WHERE workspace_id = $1")
    office.connector.script = [page(act("1"), act("2"))]
    await office.run(await office.enqueue())
    assert await office.value("SELECT count(*) FROM sealed.interactions WHERE workspace_id = $1") == 2
    assert await store.count("interactions") == await store.count("touches") == 0
    async with workspace(store.pool, store.workspace_id) as db:
        source = await sources.get_source(db, store.workspace_id, store.source_id)
        assert source
        job_id = await sources.begin_removal(db, store.workspace_id, source, withdraw=False)
    assert (await office.run(job_id))["result"] == {"removed": True}
    for table in ("interactions", "contact_days", "channel_activity", "source_ends"):
        assert await office.value(f"SELECT count(*) FROM sealed.{table} WHERE workspace_id = $1") == 0
