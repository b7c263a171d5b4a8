"""XMPP: what servers may do wrong. What they do right is tried on a real one, in tests/labs/prosody."""

import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from kith.connectors import ConnectorError, Fatal, Page, Reauthorize, Retry, Secret, open_context
from kith.connectors.testing import Facts
from kith.connectors.xmpp import XmppConfig, XmppConnector
from kith.connectors.xmpp.scram import Scram
from kith.connectors.xmpp.stanzas import Cutter

XMPP = XmppConnector()
OPEN = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
PLAIN = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
SASL, MAM = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'", "xmlns='urn:xmpp:mam:2'"
SIGNED_IN = [
    f"{OPEN}<stream:features>{PLAIN}</stream:features>",
    f"<success {SASL}/>",
    f"{OPEN}<stream:features/>",
    "<iq type='result' id='{id}'/>",
]
SCRAM = SIGNED_IN[0].replace("PLAIN", "SCRAM-SHA-1")
ROOM = "dev@rooms.example.org"
INFO = (
    f"<iq type='result' id='{{id}}' from='{ROOM}'><query xmlns='http://jabber.org/protocol/disco#info'>"
    "<identity category='conference' type='text' name='Dev'/><feature var='urn:xmpp:mam:2'/>"
    "<feature var='muc_membersonly'/></query></iq>"
)


class Script:
    """A server that says these things, one for each read, whatever it is asked."""

    def __init__(self, *said: str | bytes) -> None:
        self.said = [one.encode() if isinstance(one, str) else one for one in said]
        self.heard = b""

    async def __call__(self, host: str, port: int) -> "Script":
        return self

    async def read(self, most: int, seconds: float) -> bytes:
        said = self.said.pop(0) if self.said else b""
        for name in (b"id", b"queryid"):
            if asked := re.findall(rb"\b%s='(\w+)'" % name, self.heard):
                said = said.replace(b"{%s}" % name, asked[-1])
        return said

    async def write(self, data: bytes, seconds: float) -> None:
        self.heard += data

    async def start_tls(self, host: str) -> None:
        return

    async def close(self) -> None:
        return


async def read(script: Script, **more: Any) -> list[Page]:
    given: dict[str, Any] = {"server": "xmpp.example.org:5222", "address": "kith@example.org", "rooms": (ROOM,)}
    settings = XmppConfig(**{**given, "password": Secret("not-a-password"), "security": "none", **more})
    async with open_context(XMPP, settings, Path("/nonexistent"), dial=script) as context:
        return [page async for page in XMPP.pull(settings, None, context)]


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        ([f"<!DOCTYPE x [<!ENTITY a 'ha'>]>{OPEN}"], Fatal),
        ([f"{OPEN}<stream:features>" + "<a>" * 100], Fatal),
        ([OPEN, *["x<y>" + "z" * 60_000] * 20], Fatal),
        (["HTTP/1.1 400 Bad Request\r\n\r\n"], Retry),
        ([f"{OPEN}</stream:stream>"], Retry),
        ([f"{OPEN}<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"], Fatal),
        ([f"{OPEN}<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"], Retry),
        ([f"{OPEN}<stream:features/>"], Fatal),
        ([SIGNED_IN[0], f"<failure {SASL}><not-authorized/></failure>"], Reauthorize),
        ([SIGNED_IN[0], f"<failure {SASL}><temporary-auth-failure/></failure>"], Retry),
        ([*SIGNED_IN, "<iq type='error' id='{id}'><error type='wait'/></iq>"], Fatal),
        ([SCRAM, f"<success {SASL}/>"], Fatal),
        ([SCRAM, f"<challenge {SASL}>bm9uZQ==</challenge>"], Retry),
        ([], Retry),
    ],
)
async def test_whatever_a_server_does_says_what_to_do(said: list[str], raised: type[ConnectorError]) -> None:
    with pytest.raises(raised) as caught:
        await read(Script(*said))
    assert type(caught.value) is raised
    assert "not-a-password" not in str(caught.value)


async def test_nothing_is_said_in_plain_where_encryption_is_wanted() -> None:
    script = Script(SIGNED_IN[0])
    with pytest.raises(Fatal, match="offers no encryption"):
        await read(script, security="starttls")
    assert b"<auth" not in script.heard


async def test_what_is_ill_formed_is_told_and_the_rest_is_kept() -> None:
    def archived(id_: str, stamp: str, inside: str, nick: str = "/ada") -> str:
        return (
            f"<message from='{ROOM}'><result {MAM} queryid='{{queryid}}' id='{id_}'>"
            "<forwarded xmlns='urn:xmpp:forward:0'>"
            f"<delay xmlns='urn:xmpp:delay' stamp='{stamp}'/><message xmlns='jabber:client' from='{ROOM}{nick}'>"
            f"{inside}</message></forwarded></result></message>"
        )

    symbol = "<reactions id='' xmlns='urn:xmpp:reactions:0'><reaction>x</reaction></reactions>"
    told = [
        archived("1", "soon", "<body>when?</body>"),
        archived("2", "2025-01-01T10:00:00Z", "<body>&lt;b&gt; hi</body><x xmlns='urn:other'/>"),
        archived("3", "2025-01-01T10:00:01Z", "<replace id='lost' xmlns='urn:xmpp:message-correct:0'/><body>x</body>"),
        archived("4", "2025-01-01T10:00:02Z", "<subject>Ours</subject>", nick=""),
        archived("5", "2025-01-01T10:00:03Z", symbol),
        archived("6", "2025-01-01T10:00:04Z", "<body>forged</body>").replace("{queryid}", ROOM),
        "<message from='other@example.org'><body>not of the archive</body></message>",
        f"<iq type='result' id='{{id}}'><fin {MAM} complete='true'>"
        "<set xmlns='http://jabber.org/protocol/rsm'><last>5</last></set></fin></iq>",
    ]  # fmt: skip
    behind = f"<iq type='result' id='{{id}}'><fin {MAM} complete='true'/></iq>"
    pages = await read(Script(*SIGNED_IN, INFO, "".join(told), behind))
    [act] = Facts(pages).interactions.values()
    assert (act.text, act.visibility) == ("<b> hi", "private")
    assert [skip.place.rpartition(" ")[2] for page in pages for skip in page.skipped] == ["1", "3", "5"]


def test_the_example_of_the_standard_is_proved_and_no_other_server_believed() -> None:
    def encoded(text: str) -> str:
        return b64encode(text.encode()).decode()

    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    proof = Scram("SCRAM-SHA-256", "user", "pencil", "rOprNGfwEbeRWgbNEkqO")
    assert proof.first() == encoded("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
    answer = proof.answer(encoded(f"r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
    assert answer == encoded(f"c=biws,r={nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    assert proof.is_of_server(encoded("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
    assert not proof.is_of_server(encoded("v=AAAA"))
    assert not proof.is_of_server("é")
    with pytest.raises(Fatal):
        proof.answer(encoded("r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
    with pytest.raises(Fatal):
        proof.answer(encoded(f"r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=999999999"))
    with pytest.raises(Retry):
        proof.answer("none")


def test_elements_come_whole_wherever_the_bytes_are_cut() -> None:
    text = f"{OPEN}<message><body>a &amp; b<i>c</i>d</body></message> \n <presence/>".encode()
    for size in (1, 3, 1000):
        cutter = Cutter("there")
        found = [one for at in range(0, len(text), size) for one in cutter.feed(text[at : at + size])]
        assert [one.tag for one in found] == ["{jabber:client}message", "{jabber:client}presence"]
        assert "".join(found[0].itertext()) == "a & bcd"
