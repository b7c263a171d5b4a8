"""The connector `imap` waits on a real Dovecot: a change is told at once, and what comes of a connection that dies."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from kith.connectors import Partition, Received, Retry, open_context
from kith.connectors.imap import ImapConnector, idle
from tests.labs.dovecot.server import Dovecot, dovecot
from tests.labs.dovecot.test_imap import MORE, config_of, expunge, fill
from tests.labs.lab import lab
from tests.unit.connectors.mailboxes import THREAD

IMAP = ImapConnector()
FOLDERS = [Partition("INBOX", "INBOX"), Partition("Sent", "Sent")]


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with lab("Dovecot", dovecot()) as started:
        yield started


async def test_news_are_told_at_once(server: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "SECONDS", 1.0)  # asked again on the same connection
    client = server.client("idle")
    heard: list[Received] = []
    fill(client, "INBOX", *THREAD)
    fill(client, "Sent")
    config = config_of(server, "idle")

    async def hear() -> None:
        async with open_context(IMAP, config, tmp_path) as context:
            async for told in IMAP.live(config, FOLDERS, context):
                heard.append(told)

    async def more_than(count: int) -> int:
        async with asyncio.timeout(20):
            while len(heard) <= count:  # noqa: ASYNC110 - the server rings no bell
                await asyncio.sleep(0.02)
        return len(heard)

    hearing = asyncio.create_task(hear())
    await more_than(0)  # what came before is read
    await asyncio.sleep(1)
    before = len(heard)
    await asyncio.sleep(2.5)
    assert len(heard) == before, "nothing has happened"
    fill(client, "Sent", MORE[0])
    before = await more_than(before)
    expunge(client, "INBOX", "1")
    await more_than(before)
    assert set(heard) == {Received(read=True)}
    client.shutdown()
    server.kill()
    with pytest.raises(Retry):
        await asyncio.wait_for(hearing, 20)


async def test_a_server_that_tells_nothing_is_read_on_schedule(tmp_path: Path) -> None:
    with lab("Dovecot", dovecot("IMAP4rev1 SASL-IR AUTH=PLAIN")) as silent:
        config = config_of(silent, "silent")
        client = silent.client("silent")
        fill(client, "INBOX", *THREAD)
        client.logout()
        async with open_context(IMAP, config, tmp_path) as context:
            assert [told async for told in IMAP.live(config, FOLDERS, context)] == []
