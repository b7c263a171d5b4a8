"""What workers do in each workspace once a day."""

from pathlib import Path
from uuid import UUID, uuid4

from kith.connectors import Limits
from kith.runtime.settings import Settings
from kith.store import sources, workspaces
from kith.store.db import Pool, workspace
from kith.workers.ground import Ground
from kith.workers.worker import Worker


async def test_a_workspace_that_is_deleted_takes_the_folders_of_its_sources_along(pool: Pool, tmp_path: Path) -> None:
    worker = Worker(Settings(home=tmp_path), "", "")
    worker._pool, worker._ground = pool, Ground(tmp_path, Limits())
    folders = dict[UUID, Path]()
    for home in (uuid4(), uuid4()):
        async with workspace(pool, home) as db:
            await workspaces.create_workspace(db, home, str(home))
            made = await sources.create_source(db, home, "git", "code", {}, trusted=True)
        folders[home] = tmp_path / str(made.id)
        (folders[home] / "clone").mkdir(parents=True)
    one, other = folders
    async with workspace(pool, one) as db:
        await db.execute("UPDATE workspaces SET delete_after = now() - interval '1 s' WHERE workspace_id = $1", one)
    for home in folders:
        await worker._tend_one(home)
    assert not folders[one].exists()
    assert (folders[other] / "clone").is_dir()
