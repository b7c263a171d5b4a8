"""What is there is as if a source had been read under its policy from the first page on, and it stays so."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from kith.connectors import Record
from kith.projections import retention as projection
from kith.store import jobs, retention, sources
from kith.store.db import Pool, workspace
from tests.conftest import new_workspace
from tests.integration.privacy.conftest import Village
from tests.integration.store.facts import (
    DAY,
    NOW,
    Store,
    act,
    channel,
    conversation,
    identity,
)

WORD = "Could anybody lend me a quillspell?"


def pages() -> list[list[Record]]:
    """Return two pages: old and new acts, an edit, a question with its answer, and a private room."""
    return [
        [
            channel("list", "The list"), channel("den", "The den", "room", visibility="private"),
            identity("ada", name="Ada Lovelace"), identity("bob", name="Bob Bell"),
            conversation("1", "About a quillspell"),
            act("old", text="Long ago, a quillspell.", days=-400, visibility="public"),
            act("1", text=WORD, title="A quillspell", conversation="1", days=-1, visibility="public"),
            act("2", "bob", ["ada"], text="Take mine.", conversation="1", days=0, visibility="public"),
            act("3", "bob", ["ada"], channel="den", text="Psst: quillspell.", days=0, visibility="private"),
            act("4", "cyd", ["ada"], text="No quillspell.", days=0, visibility="public"),
        ],
        [act("4", "cyd", ["ada"], text="Still no quillspell.", days=0, visibility="public", edited_at=DAY)],
    ]  # fmt: skip


async def read(store: Store) -> None:
    for page in pages():
        await store.store(*page)


async def retain(store: Store) -> int:
    """Do what the job does."""
    done, after = 0, UUID(int=0)
    while True:
        async with workspace(store.pool, store.workspace_id) as db:
            source = await sources.get_source(db, store.workspace_id, store.source_id)
            policy = await retention.get_policy(db, store.workspace_id, store.source_id)
            assert source
            last, count = await projection.step(db, store.workspace_id, source, policy, after, NOW)
            done += count
            if last is None:
                await projection.end(db, store.workspace_id, source, policy, changed=done > 0)
                return done
            after = last


async def keep(store: Store, **policy: Any) -> None:
    async with workspace(store.pool, store.workspace_id) as db:
        wanted = {"days": None, "texts": True, "private": True} | policy
        await retention.set_policy(db, store.workspace_id, store.source_id, **wanted)


async def told(store: Store) -> dict[str, Any]:
    """Return everything but that acts were withdrawn."""
    return {table: rows for table, rows in (await store.everything()).items() if table != "tombstones"}


async def holds(store: Store, word: str) -> list[str]:
    """Return in which tables of acts a word stands."""
    tables = ("interactions", "interaction_versions", "conversations", "ask_acts", "asks", "run_errors", "channels")
    return [table for table in tables if word in str(await store.rows(table))]


@pytest.mark.parametrize(
    ("policy", "acts", "absent"),
    [({"texts": False}, 5, "quillspell"), ({"private": False}, 4, "Psst"), ({"days": 0}, 4, "Long ago")],
)
async def test_what_is_there_is_as_if_it_had_been_read_so(
    pool: Pool, workspace_id: UUID, policy: dict[str, Any], acts: int, absent: str
) -> None:
    if "days" in policy:
        policy = {"days": (datetime.now(UTC) - DAY).days + 100}
    store = await Store.open(pool, workspace_id)
    await read(store)
    await store.project()
    assert await holds(store, absent)
    await keep(store, **policy)
    assert await retain(store)
    assert await holds(store, absent) == []
    assert await store.count("interactions") == acts
    after = await told(store)
    assert await retain(store) == 0
    await read(store)
    assert await told(store) == after, "reading again brings nothing back"
    assert {table: each for table, each in (await store.rebuild()).items() if any(each)} == {}
    assert await told(store) == after
    other = await fresh(pool, store)
    await keep(other, **policy)
    await read(other)
    assert await told(other) == after


async def fresh(pool: Pool, store: Store) -> Store:
    """Return a source of another workspace, in which the same has the same id."""
    home = await new_workspace(pool)
    async with workspace(pool, home) as db:
        await db.execute("UPDATE workspaces SET id_key = $2 WHERE workspace_id = $1", home, store.id_key)
    return await Store.open(pool, home)


async def test_what_another_source_tells_stays_with_its_text(pool: Pool, workspace_id: UUID) -> None:
    mine, theirs = await Store.open(pool, workspace_id), await Store.open(pool, workspace_id)
    await keep(mine, texts=False, private=False)
    for first, second in ((mine, theirs), (theirs, mine)):
        await read(first)
        await read(second)
        await retain(mine)
        texts = {row["key"]: row["text"] for row in await mine.rows("interactions")}
        assert WORD in texts.values()
        assert "Psst: quillspell." in texts.values()
        assert "Still no quillspell." in texts.values()


async def test_the_job_brings_a_source_in_line(home: Village) -> None:
    store = home.store
    await read(store)
    await store.project()
    await keep(store, texts=False, private=False)
    async with workspace(store.pool, store.workspace_id) as db:
        job = await jobs.ask_retain(db, store.workspace_id, store.source_id)
    assert await home.run(job) == {"interactions": 5}
    await store.project()
    assert await holds(store, "quillspell") == []
