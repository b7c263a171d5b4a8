"""``kith connectors``: a connector is read, checked, recorded and begun without any server of kith's."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.connectors.testing import FaultServer, Given
from tests.paths import ROOT

FEED = """<rss version="2.0"><channel><title>Blog of Ada Lovelace</title><link>https://blog.example/</link>{items}</channel></rss>"""
ITEM = """<item><guid isPermaLink="false">{n}</guid><title>{n}</title><author>ada@example.org (Ada Lovelace)</author>
<pubDate>Thu, 01 Jan 2026 00:00:00 GMT</pubDate></item>"""


@pytest.fixture
async def blog() -> AsyncIterator[str]:
    async with FaultServer() as server:
        server.on("/feed", Given(body=FEED.format(items="".join(ITEM.format(n=n) for n in range(4))).encode()))
        yield server.url("/feed")


async def kith(*arguments: str, folder: Path) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kith.cli", "connectors", *arguments, cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("KITH_")},
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_what_a_connector_tells_is_shown_as_it_could_be_imported(blog: str, tmp_path: Path) -> None:
    status, out, err = await kith("read", "feeds", f"address={blog}", "--limit", "5", folder=tmp_path)
    assert (status, err) == (0, "")
    (tmp_path / "told.ndjson").write_text(out)
    assert [json.loads(line)["type"] for line in out.splitlines()] == [
        "channel", "coverage", "identity", "interaction", "conversation",
    ]  # fmt: skip
    status, out, _ = await kith("check", "ndjson", f"path={tmp_path / 'told.ndjson'}", folder=tmp_path)
    assert status == 0
    assert "5 records" in out


async def test_a_setting_that_is_a_list_is_typed_with_commas(tmp_path: Path) -> None:
    (tmp_path / "#garden.log").write_text(
        "2026-01-01T10:00:00+0000  <ci> built\n2026-01-01T10:00:01+0000  <ada> thanks\n"
    )
    settings = ("path=#garden.log", "network=irc.example.org", "bots=bot, ci")
    status, out, err = await kith("read", "irc", *settings, folder=tmp_path)
    assert (status, err) == (0, "")
    told = [json.loads(line) for line in out.splitlines()]
    assert {one["handle"]: one.get("kind") for one in told if one["type"] == "identity"} == {"ci": "bot", "ada": None}


async def test_a_recording_serves_in_place_of_the_network(blog: str, tmp_path: Path) -> None:
    status, out, err = await kith("record", "feeds", f"address={blog}", "--to", "blog.ndjson", folder=tmp_path)
    assert (status, out) == (0, "2 exchanges are in blog.ndjson.\n"), err
    text = (tmp_path / "blog.ndjson").read_text()
    assert "ada@example.org" not in text
    assert "person-" in text
    address = f"address={blog}"
    status, out, err = await kith("check", "feeds", address, "--recording", "blog.ndjson", folder=tmp_path)
    assert status == 0, err
    assert out.startswith("feeds keeps everything: sprout. 1 pages, 14 records")


async def test_a_new_distribution_passes_its_own_tests(tmp_path: Path) -> None:
    assert (await kith("new", "acme-town-hall", folder=tmp_path))[0] == 0
    made = tmp_path / "acme-town-hall"
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(made), str(made)],
        cwd=made, env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(made)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    status, _, err = await kith("new", "acme-town-hall", folder=tmp_path)
    assert status != 0
    assert "already there" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("read", "telepathy"), "no connector 'telepathy'"),
        (("read", "feeds", "address=ftp://x"), "address"),
        (("read", "feeds", "address"), "not key=value"),
        (("read", "feeds", "address=http://127.0.0.1:9/"), "could not be reached"),
        (("new", "Acme"), "no name of a distribution"),
        (("new", "../acme-forum"), "no name of a distribution"),
    ],
)
async def test_what_cannot_be_is_said_in_a_sentence(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    status, out, err = await kith(*arguments, folder=tmp_path)
    assert status != 0
    assert said in err.replace("\n", " ")
    assert "Traceback" not in out + err
    assert os.listdir(tmp_path) == []


def test_the_documents_show_the_commands() -> None:
    text = (ROOT / "docs" / "connectors.md").read_text()
    for command in ("new", "read", "check", "record"):
        assert f"`kith connectors {command}" in text
