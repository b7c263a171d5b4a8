"""What is exported and read into an empty workspace gives the same facts, and all that follows from them."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from kith.connectors import (
    Affiliation,
    Coverage,
    Ending,
    Interaction,
    InteractionRef,
    Record,
    Standing,
    Target,
    ndjson,
)
from kith.projections import exports
from kith.store import exports as store_of_exports
from kith.store.db import Pool, workspace
from tests.conftest import new_workspace
from tests.integration.store.facts import (
    DAY,
    FACTS,
    PROJECTIONS,
    Store,
    act,
    act_ref,
    channel,
    conversation,
    gone,
    identity,
    mailmap,
    room,
    who,
)

FOLLOW = InteractionRef("mail", "ada", "follow", actor=who("bob"))


def told() -> list[Record]:
    """Return records of every kind that is exported, with what is hard about each."""
    return [
        identity("ada", name="Ada", handle="ada", avatar_url="https://a.example/a.png", verified=True, seen_at=DAY),
        identity("bob", name='=cmd|" /C calc"', seen_at=DAY),
        channel("hall", "Hall", parent=room("house"), url="https://h.example", seen_at=DAY),
        conversation("talk", "A talk"),
        act("one", channel="hall", conversation="talk", title="One", text="Grüße, 世界", visibility="public", days=1),
        act("one", channel="list", title="One", text="Grüße, 世界", visibility="public", days=1),
        act("two", "bob", ("ada", "cy"), days=2, reply_to=act_ref("one"), native_kind="Re", url="https://u.example"),
        act("late", days=900, arrived_at=DAY + timedelta(days=3), edited_at=DAY + timedelta(days=4)),
        act("copy", "cy", (), copied=True, visibility="direct"),
        act("away"),
        gone("away"),
        Interaction(FOLLOW, who("bob"), DAY, (Target(who("ada")),)),
        Ending(FOLLOW, DAY + timedelta(days=5)),
        Interaction(FOLLOW, who("bob"), DAY + timedelta(days=6), (Target(who("ada")),)),
        Ending(FOLLOW, DAY + timedelta(days=7)),
        mailmap("ada", "cy"),
        Standing(who("ada"), "points", 12.5, DAY),
        Standing(who("ada"), "badge", 2, DAY, "Helper", room("hall")),
        Affiliation(who("ada"), "Engines", "engines.example", "Poet", DAY.date(), None, "dated_record", DAY),
        Affiliation(who("bob"), "Firm"),
        Coverage("read", DAY, DAY + timedelta(days=30)),
        Coverage("gap", DAY - timedelta(days=9), DAY - timedelta(days=8), "The server was away."),
    ]


async def exported(store: Store) -> list[Record]:
    """Return what is exported, read as the import format is."""
    file = io.BytesIO()
    async with workspace(store.pool, store.workspace_id) as db:
        await store_of_exports.freeze(db)
        with ndjson.compressed(file, ".ndjson") as text:
            async for record in exports.records(db, store.workspace_id, store.id_key):
                text.write(ndjson.encode_line(record))
    return [msgspec.json.decode(line, type=Record) for line in file.getvalue().splitlines()]


async def beside(pool: Pool, store: Store) -> Store:
    """Return an empty workspace with the same key, so that its ids are the same."""
    home: UUID = await new_workspace(pool)
    async with workspace(pool, home) as db:
        await db.execute("UPDATE workspaces SET id_key = $2 WHERE workspace_id = $1", home, store.id_key)
    return await Store.open(pool, home)


async def all_of(store: Store) -> dict[str, Any]:
    found = await store.everything()
    for table in ("state_changes", "standings", "affiliation_tellings", "coverage"):
        found[table] = [
            {name: value for name, value in row.items() if name != "organization_id"} for row in await store.rows(table)
        ]
    del found["tombstones"]
    # the hash of what was told: whom a reply answers, kith had found out, and is told now
    found["interactions"] = [{**row, "version": None} for row in found["interactions"]]
    found["decisions"] = [{**row, "id": None} for row in found["decisions"]]
    return found


async def test_an_export_gives_the_same_in_an_empty_workspace(pool: Pool, workspace_id: UUID) -> None:
    store = await Store.open(pool, workspace_id)
    await store.store(*told())
    one = await all_of(store)
    records = await exported(store)
    assert {type(record) for record in records} == {type(record) for record in told()} - {type(gone("away"))}
    other = await beside(pool, store)
    assert other.batch(*records).problems == []
    await other.store(*records)
    two = await all_of(other)
    for table in one:
        assert one[table] == two[table], table
    assert set(FACTS + PROJECTIONS) - one.keys() == {"tombstones"}
    assert await exported(other) == records


async def test_an_export_is_of_one_moment_and_of_one_workspace(pool: Pool, workspace_id: UUID) -> None:
    store = await Store.open(pool, workspace_id)
    other = await beside(pool, store)
    await other.store(act("theirs"))
    await store.store(act("one"))
    async with workspace(pool, workspace_id) as db:
        await store_of_exports.freeze(db)
        found = exports.records(db, workspace_id, store.id_key)
        first = await anext(found)
        await store.store(act("two"))
        rest = [record async for record in found]
    acts = [record.ref.key for record in (first, *rest) if isinstance(record, Interaction)]
    assert acts == [act_ref("one").key]
    assert not any("theirs" in str(record) for record in rest)
