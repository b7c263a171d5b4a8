"""The connector `xmpp` on a real Prosody."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import cast

import msgspec
import pytest

from kith.connectors import (
    Claim,
    Ending,
    Interaction,
    InteractionKind,
    InteractionRef,
    Page,
    Reauthorize,
    Received,
    Record,
    Ref,
    Secret,
    open_context,
)
from kith.connectors.testing import Facts, check_connector
from kith.connectors.xmpp import XmppConfig, XmppConnector, archive
from tests.labs.lab import lab
from tests.labs.prosody.server import Prosody, prosody, room_named

XMPP = XmppConnector()
Hearing = AsyncGenerator[Received, None]


@pytest.fixture(scope="module")
def server() -> Iterator[Prosody]:
    with lab("Prosody", prosody("ada", "ben", "kith")) as started:
        yield started


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LIMIT", 3)


async def read(server: Prosody, settings: XmppConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(XMPP, settings, Path("/nonexistent"), dial=server.dial) as context:
        return [page async for page in XMPP.pull(settings, cursor, context)]


def act(room: str, id_: str, kind: InteractionKind = "message", actor: str | None = None) -> InteractionRef:
    place = room_named(room)
    return InteractionRef("xmpp", id_, kind, place, Ref("xmpp", actor, place) if actor else None)


def skips(pages: list[Page]) -> list[tuple[str, str]]:
    return [(skip.place, skip.code) for page in pages for skip in page.skipped]


async def test_what_was_said_is_told_as_it_was_meant(server: Prosody) -> None:
    room = "garden"
    async with server.talker("ada", room_named(room)) as ada, server.talker("ben", room_named(room)) as ben:
        first, own = await ada.say(room, "Who grows tomatos?")
        quote = "> Who grows tomatos?\n"
        reply = f"<reply xmlns='urn:xmpp:reply:0' to='{room_named(room)}/ada' id='{first}'/>"
        fallback = (
            "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
            f"<body start='0' end='{len(quote)}'/></fallback>"
        )
        second, _ = await ben.say(room, f"{quote}I do.", reply + fallback)
        third, _ = await ben.say(room, "ada: do you?")
        await ada.say(room, "Who grows tomatoes?", f"<replace id='{own}' xmlns='urn:xmpp:message-correct:0'/>")
        like = f"<reactions id='{second}' xmlns='urn:xmpp:reactions:0'><reaction>👍</reaction></reactions>"
        await ada.say(room, "", like)
        wrong, _ = await ben.say(room, "Oops, wrong room.")
        await ben.say(room, "", f"<retract id='{wrong}' xmlns='urn:xmpp:message-retract:1'/>")
        await ada.say(room, "/me digs &c.")
    pages = await read(server, server.config_of("kith", room))
    facts = Facts(pages)
    assert not skips(pages)
    ada_, ben_ = (Ref("xmpp", nick, room_named(room)) for nick in ("ada", "ben"))
    found = facts.interactions
    assert found[act(room, first)].text == "Who grows tomatoes?"
    assert found[act(room, first)].edited_at is not None
    answer = found[act(room, second, "reply")]
    assert (answer.actor, answer.text, answer.reply_to) == (ben_, "I do.", act(room, first))
    assert [target.identity for target in found[act(room, third)].targets] == [ada_]
    reaction = found[act(room, second, "react", "ada")]
    assert (reaction.native_kind, [target.identity for target in reaction.targets]) == ("👍", [ben_])
    assert facts.gone == {act(room, wrong)}
    [action] = [one for one in found.values() if one.native_kind == "action"]
    assert (action.text, action.visibility) == ("digs &c.", "public")
    assert len(found) == 5
    assert facts.channels[Ref("xmpp", room_named(room))].kind == "room"


async def test_xmpp_conforms(server: Prosody) -> None:
    async with server.talker("ada", room_named("kit")) as ada:
        for number in range(7):
            await ada.say("kit", f"ada: number {number}")
    with prosody(earlier=server) as later:
        async with later.talker("ben", room_named("kit")) as ben:
            for number in range(4):
                _, own = await ben.say("kit", f"Later {number}")
                await ben.say(
                    "kit", f"ada: later {number}", f"<replace id='{own}' xmlns='urn:xmpp:message-correct:0'/>"
                )
        verdict = await check_connector(
            XMPP, server.config_of("kith", "kit"), later.config_of("kith", "kit"), dial=server.dial
        )
    assert verdict.tier == "branch"


async def test_who_comes_and_speaks_and_goes_is_heard(server: Prosody) -> None:
    settings = server.config_of("kith", "hall", "nowhere", live=True, nick="ben")
    assert XMPP.listens(settings)
    async with (
        server.talker("ben", room_named("hall")) as ben,
        open_context(XMPP, settings, Path("/nonexistent"), dial=server.dial) as context,
        AsyncExitStack() as stack,
    ):
        await ben.say("hall", "Anybody?")
        hearing = await stack.enter_async_context(aclosing(cast(Hearing, XMPP.live(settings, [], context))))
        told = await anext(hearing)
        assert [skip.place for skip in told.skipped] == [room_named("nowhere")]
        assert (await anext(hearing)).read
        records: list[Record] = []
        heard = asyncio.create_task(listen(hearing, records))
        async with server.talker("ada", room_named("hall")) as ada:
            said, _ = await ada.say("hall", "ben: yes.")
            await ada.enter(room_named("hall"), "countess")
            await ada.leave(room_named("hall"))
            await asyncio.wait_for(heard, 20)
    acts = {one.ref: one for one in records if isinstance(one, Interaction)}
    hall = room_named("hall")
    assert acts[act("hall", said)].targets[0].identity == Ref("xmpp", "ben", hall)
    joined = {ref.actor.key for ref in acts if ref.kind == "join" and ref.actor}
    assert joined == {"ada"}
    assert {(one.subject.key, one.object.key) for one in records if isinstance(one, Claim)} == {("ada", "countess")}
    [ended] = [one for one in records if isinstance(one, Ending)]
    assert ended.ref == InteractionRef("xmpp", hall, "join", actor=Ref("xmpp", "countess", hall))
    archived = Facts(await read(server, server.config_of("kith", "hall"))).interactions[act("hall", said)]
    assert archived.targets == acts[act("hall", said)].targets


async def listen(hearing: Hearing, records: list[Record]) -> None:
    async for told in hearing:
        records += told.records
        if any(isinstance(record, Ending) for record in told.records):
            return


async def test_a_wrong_password_and_closed_rooms_are_told(server: Prosody) -> None:
    with pytest.raises(Reauthorize):
        await read(server, server.config_of("kith", "garden", password=Secret("an0ther-password")))
    secure = server.config_of("kith", "garden", security="tls", server=f"localhost:{server.tls_port}")
    assert Facts(await read(server, secure)).interactions
    assert skips(await read(server, server.config_of("kith", "nowhere"))) == [(room_named("nowhere"), "not_read")]
