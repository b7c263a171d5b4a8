"""After both stages nothing of a person is in the files of the database, raw or decompressed.

``DELETE`` and ``VACUUM`` leave it there, which the first half shows.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from kith.cli.servers import Servers, start_servers
from kith.connectors import Limits
from kith.runtime.vault import Vault
from kith.store import uploads
from kith.store.db import new_id, open_pool, workspace
from kith.store.migrate import migrate
from kith.workers.ground import Ground
from tests.conftest import new_workspace
from tests.integration.privacy.conftest import EVE, PLANTED, Village, said, village
from tests.integration.store.facts import Store

#: Long enough to be kept apart, and dull enough to be compressed.
LONG = "Sandmartin und Quillfeather. " + "nothing to see here, move along " * 400
MORE = tuple(f"plantedword{number:02}x" for number in range(45))


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[tuple[Village, Path]]:
    """A server of its own, whose files are looked through."""
    servers: Servers = await asyncio.to_thread(start_servers, tmp_path / "alone", durable=False)
    with servers:
        await migrate(servers.database_url)
        async with await open_pool(servers.database_url) as pool:
            store = await Store.open(pool, await new_workspace(pool))
            ground = Ground(
                tmp_path / "sources", Limits(), vault=Vault({"test": bytes(32)}),
                journal=tmp_path / "journal", database_url=servers.database_url,
            )  # fmt: skip
            home = Village(store, ground)
            yield home, tmp_path / "alone"
            await home.runner.stop(1)


def seen(folder: Path, words: tuple[str, ...]) -> set[str]:
    """Return which words stand in some file of a folder."""
    found = set[str]()
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            found |= {word for word in words if word.encode() in content}
    return found


async def test_nothing_planted_is_in_the_files(alone: tuple[Village, Path]) -> None:
    home, folder = alone
    await home.store.store(*village(), said("9", EVE, LONG), *(said(f"m{n}", EVE, word) for n, word in enumerate(MORE)))
    await home.store.project()
    planted = (*PLANTED, *MORE, "quillfeather")
    over = datetime.now(UTC) + timedelta(days=1)
    async with workspace(home.store.pool, home.store.workspace_id) as bound:
        await uploads.create_upload(
            bound, home.store.workspace_id, new_id(), 1, "filename UXVpbGw=", "operator", ("test", b"wrapped"), over
        )
    db = await asyncpg.connect(home.ground.database_url)
    await db.execute("ANALYZE; CHECKPOINT")
    assert seen(folder, planted) == set(planted)
    await home.erase(await home.person_of(EVE))
    await db.execute("VACUUM")
    await db.execute("CHECKPOINT")
    assert len(seen(folder, planted)) > len(planted) / 2
    await db.close()
    await home.rewrite()
    assert seen(folder, planted) == set()
    assert seen(folder, ("The quill_spell birds fly.",))
    async with workspace(home.store.pool, home.store.workspace_id) as bound:
        assert await uploads.list_uploads(bound, home.store.workspace_id, None, 1) == []
