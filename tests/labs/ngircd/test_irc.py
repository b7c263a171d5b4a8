"""The connector `irc` in the channels of a real ngIRCd, also while that is restarted."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import cast

import pytest

from kith.connectors import (
    Claim,
    Coverage,
    Interaction,
    Reauthorize,
    Received,
    Record,
    Ref,
    Retry,
    Secret,
    Skip,
    open_context,
)
from kith.connectors.irc import IrcConfig, IrcConnector
from tests.labs.lab import lab
from tests.labs.ngircd.server import NETWORK, NgIrcd, ngircd

IRC = IrcConnector()


@pytest.fixture(scope="module")
def server() -> Iterator[NgIrcd]:
    with lab("ngIRCd", ngircd()) as started:
        yield started


class Ear:
    """Listens until somebody says that it is over, or the connection ends."""

    def __init__(self, server: NgIrcd, config: IrcConfig) -> None:
        self._server, self._config = server, config
        self.records: list[Record] = []
        self.skipped: list[Skip] = []
        self.heard = asyncio.Event()

    async def listen(self) -> None:
        async with open_context(IRC, self._config, Path("/nonexistent"), dial=self._server.dial) as context:
            told = cast(AsyncGenerator[Received, None], IRC.live(self._config, [], context))
            async with aclosing(told) as hearing:
                async for received in hearing:
                    self.records += received.records
                    self.skipped += received.skipped
                    if self.acts():
                        self.heard.set()
                    if any(isinstance(one, Interaction) and one.text == "over" for one in received.records):
                        return

    def acts(self) -> list[tuple[str, str, str | None, tuple[str, ...]]]:
        acts = [one for one in self.records if isinstance(one, Interaction)]
        return [(a.ref.kind, a.actor.key, a.text, tuple(one.identity.key for one in a.targets)) for a in acts]


async def test_what_is_done_in_channels_is_heard(server: NgIrcd) -> None:
    ear = Ear(server, server.config("#garden", "#shed"))
    async with server.talker("ada") as ada, server.talker("Ben") as ben:
        await ada.join("#garden")
        heard = asyncio.create_task(ear.listen())
        await ada.until("JOIN")
        await ben.join("#garden")
        await ben.send("PRIVMSG #garden :ada: tomatoes?", "PRIVMSG #garden :\1ACTION waits\1", "NOTICE #garden :no")
        await ada.until("NOTICE")
        await ada.send("PRIVMSG #garden :note: \2none\2", "NICK countess", "PRIVMSG kith :are you a robot?")
        await ben.until("NICK")
        await ada.send("PRIVMSG #garden :Ben: here", "PART #garden :bye", "JOIN #shed")
        await ben.until("PART")
        await ben.send("QUIT :home")
        await ben.until("ERROR")
        await ada.send("PRIVMSG #shed :over")
        await asyncio.wait_for(heard, 20)
    assert ear.acts() == [
        ("join", "ben", None, ()),
        ("message", "ben", "ada: tomatoes?", ("ada",)),
        ("message", "ben", "waits", ()),
        ("message", "ada", "note: none", ()),
        ("message", "countess", "Ben: here", ("ben",)),
        ("leave", "countess", None, ()),
        ("join", "countess", None, ()),
        ("leave", "ben", None, ()),
        ("message", "countess", "over", ()),
    ]
    claims = [(one.subject, one.object) for one in ear.records if isinstance(one, Claim)]
    assert claims == [(Ref("irc", "ada", NETWORK), Ref("irc", "countess", NETWORK))]
    assert not ear.skipped


async def test_what_was_missed_while_the_server_was_away_is_no_coverage(server: NgIrcd) -> None:
    ear = Ear(server, server.config("#garden", nick="reader", security="none", server=f"localhost:{server.port}"))
    async with server.talker("ada") as ada:
        await ada.join("#garden")
        heard = asyncio.create_task(ear.listen())
        await ada.until("JOIN")
        await ada.send("PRIVMSG #garden :one")
        await asyncio.wait_for(ear.heard.wait(), 20)
        await asyncio.to_thread(server.stop)
    with pytest.raises(Retry):
        await asyncio.wait_for(heard, 20)
    with pytest.raises(Retry):
        await ear.listen()
    await asyncio.to_thread(server.start)
    async with server.talker("ada") as ada:
        await ada.join("#garden")
        heard = asyncio.create_task(ear.listen())
        await ada.until("JOIN")
        await ada.send("PRIVMSG #garden :over")
        await asyncio.wait_for(heard, 20)
    assert [text for kind, _, text, _ in ear.acts() if kind == "message"] == ["one", "over"]
    first, *_, last = [one for one in ear.records if isinstance(one, Coverage)]
    assert first.until < last.since


async def test_who_is_not_let_in_says_so(server: NgIrcd) -> None:
    with pytest.raises(Reauthorize):
        await Ear(server, server.config("#garden", password=Secret("an0ther-password"))).listen()
    async with server.talker("owner") as owner, server.talker("kith") as other:
        await owner.join("#closed")
        await owner.send("MODE #closed +i")
        await owner.until("MODE")
        await other.join("#hall")
        ear = Ear(server, server.config("#closed", "#hall"))
        heard = asyncio.create_task(ear.listen())
        await other.until("JOIN")
        await other.send("PRIVMSG #hall :over")
        await asyncio.wait_for(heard, 20)
    assert [skip.place for skip in ear.skipped] == ["#closed"]
