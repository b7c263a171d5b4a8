"""The tus project's own client sends a file while kith is killed again and again: every byte comes, once."""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from kith.cli.servers import Servers
from kith.domain import ids
from kith.runtime.settings import Settings
from kith.runtime.vault import new_key, open_vault
from kith.store import uploads
from kith.store.db import open_pool, workspace
from kith.store.tokens import create_token
from tests.conformance.api.conftest import free_port, wait_for
from tests.conformance.node import ENV, NODE, install
from tests.conftest import new_workspace
from tests.servers import fresh_database

HERE = Path(__file__).parent
SLOW = os.environ.get("CONFORMANCE") != "all"
KILLS = (5 << 20, 17 << 20, 30 << 20)  # bytes after which kith is killed


@asynccontextmanager
async def api(settings: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kith.cli", "api", env=os.environ | settings, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await wait_for(f"http://127.0.0.1:{settings['KITH_PORT']}/readyz")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.skipif(SLOW, reason="It starts kith four times; make conformance does.")
async def test_a_file_comes_whole_though_kith_is_killed(database_url: str, servers: Servers, tmp_path: Path) -> None:
    install(HERE)
    file = tmp_path / "file"
    file.write_bytes(os.urandom(40 << 20))
    key, port = new_key(), free_port()
    async with fresh_database(database_url) as url, await open_pool(url) as pool:
        home = await new_workspace(pool)
        async with workspace(pool, home) as db:
            token = await create_token(db, home, "tus", ["uploads:write"])
        settings = {
            "KITH_DATABASE_URL": url, "KITH_REDIS_URL": servers.redis_url, "KITH_PORT": str(port),
            "KITH_SECRET_KEYS": key, "KITH_LOG_LEVEL": "error",
        }  # fmt: skip
        endpoint = f"http://127.0.0.1:{port}/v1/uploads"

        async def received() -> int:
            async with workspace(pool, home) as db:
                return await db.fetchval("SELECT coalesce(max(received), 0) FROM uploads") or 0

        client: asyncio.Task[tuple[bytes, bytes]] | None = None
        process = None
        for kill_at in KILLS:
            async with api(settings) as serving:
                if client is None:
                    process = await asyncio.create_subprocess_exec(
                        NODE, HERE / "upload.mjs", endpoint, file, env=ENV | {"TOKEN": token},
                        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                    )  # fmt: skip
                    client = asyncio.create_task(process.communicate())
                while True:
                    if client.done() or await received() >= kill_at:
                        break
                    await asyncio.sleep(0.005)
                serving.kill()
        assert process
        assert client
        async with api(settings):
            said, wrong = await client
            assert process.returncode == 0, wrong.decode()
            made = json.loads(said)
            async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
                shown = (await http.get(made["whole"])).json()
                assert (shown["filename"], shown["received"]) == ("Grüße.bin", file.stat().st_size)
                assert (await http.get(made["pieces"])).json()["received"] == 8
                assert (await http.get(made["empty"])).status_code == 404
        upload_id = ids.decode("upload", made["whole"].rpartition("/")[2])
        assert upload_id
        async with workspace(pool, home) as db:
            found = await uploads.get_upload(db, home, upload_id)
            assert found
            box = open_vault(Settings(secret_keys=key)).open_box(
                found.key_id, found.wrapped, uploads.place(home, upload_id)
            )
            digest = hashlib.sha256()
            async for at, sealed in uploads.pieces(db, home, upload_id):
                digest.update(box.open(sealed, str(at)))
    assert digest.hexdigest() == hashlib.sha256(file.read_bytes()).hexdigest()
