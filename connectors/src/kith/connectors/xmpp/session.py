"""A session with a server: encrypted, signed in, bound; questions and their answers, and what comes in between."""

import asyncio
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import quoteattr

from kith.connectors import (
    ConnectorError,
    Context,
    Fatal,
    Missing,
    Reauthorize,
    Refused,
    Retry,
    Stream,
    host_and_port,
    items,
)
from kith.connectors.xmpp.config import XmppConfig
from kith.connectors.xmpp.scram import HASHES, Scram
from kith.connectors.xmpp.stanzas import CLIENT, STREAMS, Cutter

_SASL, _TLS = "urn:ietf:params:xml:ns:xmpp-sasl", "urn:ietf:params:xml:ns:xmpp-tls"
_STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
_ANSWER_SECONDS = 60.0
QUIET_SECONDS = 120.0  # after which the server is asked whether it is there
_ERRORS: dict[str, type[ConnectorError]] = {
    "item-not-found": Missing, "gone": Missing, "forbidden": Refused, "not-allowed": Refused, "not-authorized": Refused,
    "registration-required": Refused, "feature-not-implemented": Refused, "service-unavailable": Refused,
    "resource-constraint": Retry, "internal-server-error": Retry, "remote-server-timeout": Retry,
    "remote-server-not-found": Missing,
}  # fmt: skip
_UNSIGNED = ("not-authorized", "credentials-expired", "account-disabled")
_LASTING = ("host-unknown", "host-gone", "invalid-namespace", "unsupported-version", "policy-violation")


@asynccontextmanager
async def session(config: XmppConfig, context: Context) -> AsyncIterator["Session"]:
    """Lend a session until the block ends. Raises Retry, Reauthorize where the password is not taken, or Fatal."""
    host, port = host_and_port(config.server)
    async with context.stream(host, port or 5222, tls=config.security == "tls") as stream:
        there = Session(config, stream)
        await there.begin()
        yield there


class Session:
    def __init__(self, config: XmppConfig, stream: Stream) -> None:
        self._config, self._stream = config, stream
        self._user, _, self.domain = config.address.partition("@")
        self._cutter = Cutter(stream.place)
        self._cut: deque[Xml.Element] = deque()
        self._come: deque[Xml.Element] = deque()

    async def begin(self) -> None:
        features = await self._opened()
        if self._config.security == "starttls":
            if features.find(f"{{{_TLS}}}starttls") is None:
                raise Fatal(f"{self._stream.place} offers no encryption: set security to tls, or to none.")
            await self._send(f"<starttls xmlns='{_TLS}'/>")
            if (said := await self._next()).tag != f"{{{_TLS}}}proceed":
                raise Retry(f"{self._stream.place} offers encryption, and refuses it ({_local(said)}).")
            await self._stream.start_tls()
            features = await self._opened()
        await self._sign_in(features)
        await self._opened()
        bind = "urn:ietf:params:xml:ns:xmpp-bind"
        await self.ask("set", None, f"<bind xmlns='{bind}'><resource>kith-{token_hex(4)}</resource></bind>")

    async def ask(self, kind: str, to: str | None, payload: str, told: list[Xml.Element] | None = None) -> Xml.Element:
        """Send a question; return its answer. told: gathers the messages that come before it, else they wait.

        Raises what a refusal asks for.
        """
        id_ = token_hex(8)  # one that nobody else can answer
        address = f" to={quoteattr(to)}" if to else ""
        await self._send(f"<iq type='{kind}' id='{id_}'{address}>{payload}</iq>")
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                while not ((said := await self._next()).tag == f"{CLIENT}iq" and said.get("id") == id_):
                    if told is not None and said.tag == f"{CLIENT}message":
                        told.append(said)
                    elif not await self._obliges(said):
                        self._come.append(said)
        except TimeoutError as error:
            raise Retry(f"{self._stream.place} leaves a question unanswered.") from error
        if said.get("type") == "error":
            why, text = condition(said)
            raise _ERRORS.get(why, Fatal)(f"{to or self.domain} answers {why}{f': {text}' if text else ''}.")
        return said

    async def heard(self) -> Xml.Element:
        """Return the next message or presence. Raises Retry where the server is no longer there."""
        asked = False
        while True:
            if self._come:
                return self._come.popleft()
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    said = await self._next(2 * QUIET_SECONDS)
            except TimeoutError as error:
                if asked:
                    raise Retry("The server has gone silent.") from error
                asked = True
                await self._send(
                    f"<iq type='get' id='there' to={quoteattr(self.domain)}><ping xmlns='urn:xmpp:ping'/></iq>"
                )
                continue
            asked = False
            if not await self._obliges(said):
                return said

    async def send(self, text: str) -> None:
        await self._send(text)

    async def _obliges(self, said: Xml.Element) -> bool:
        """Answer what a server may ask of us; return whether it was a question or an answer that nobody awaits."""
        if said.tag != f"{CLIENT}iq":
            return False
        if said.get("type") in ("get", "set"):
            back = "".join(
                f" {name}={quoteattr(value)}"
                for name, value in (("id", said.get("id")), ("to", said.get("from")))
                if value
            )
            is_ping = said.find("{urn:xmpp:ping}ping") is not None
            error = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
            await self._send(f"<iq type='result'{back}/>" if is_ping else f"<iq type='error'{back}>{error}</iq>")
        return True

    async def _opened(self) -> Xml.Element:
        """Open the stream, again after each step; return what the server offers."""
        self._cutter = Cutter(self._stream.place)
        to = quoteattr(self.domain)
        await self._send(
            f"<?xml version='1.0'?><stream:stream to={to} version='1.0' xml:lang='en' xmlns='jabber:client'"
            " xmlns:stream='http://etherx.jabber.org/streams'>"
        )
        if (said := await self._next()).tag != f"{STREAMS}features":
            raise Retry(f"{self._stream.place} opens no stream ({_local(said)}).")
        return said

    async def _sign_in(self, features: Xml.Element) -> None:
        """Prove who we are: without telling the password where the server takes that, else over encryption alone."""
        offered = {(one.text or "").strip() for one in features.iter(f"{{{_SASL}}}mechanism")}
        password = self._config.password
        if (found := next((name for name in HASHES if name in offered), None)) is not None:
            proof = Scram(found, self._user, password.reveal())
            await self._prove("auth", proof.first(), f" mechanism='{found}'")
            said = await self._next()
            if said.tag == f"{{{_SASL}}}challenge":
                await self._prove("response", proof.answer(said.text or ""))
                said = await self._next()
            if said.tag == f"{{{_SASL}}}success" and not proof.is_of_server(said.text or ""):
                raise Fatal(f"{self._stream.place} does not know the password that it says it has checked.")
        elif "PLAIN" in offered and (self._stream.secure or self._config.security == "none"):
            plain = f"\0{self._user}\0{password.reveal()}".encode()
            await self._prove("auth", b64encode(plain).decode(), " mechanism='PLAIN'")
            said = await self._next()
        else:
            names = ", ".join(sorted(offered)) or "nothing"
            raise Fatal(f"{self._stream.place} takes no password, but {names}.")
        if said.tag == f"{{{_SASL}}}success":
            return
        why = next((_local(one) for one in said if _local(one) != "text"), _local(said))
        refused = f"{self._stream.place} lets {self._config.address} not in: {why}."
        if why in _UNSIGNED:
            raise Reauthorize(refused)
        raise (Retry if why == "temporary-auth-failure" else Fatal)(refused)

    async def _prove(self, name: str, text: str, more: str = "") -> None:
        await self._send(f"<{name} xmlns='{_SASL}'{more}>{text}</{name}>")

    async def _next(self, seconds: float | None = None) -> Xml.Element:
        """Return the next element of the stream."""
        while not self._cut:
            self._cut.extend(self._cutter.feed(await self._stream.some(seconds=seconds)))
        ready = self._cut.popleft()
        if ready.tag == f"{STREAMS}error":
            why = next((_local(one) for one in ready if _local(one) != "text"), "an error")
            raise (Fatal if why in _LASTING else Retry)(f"{self._stream.place} ends the stream: {why}.")
        return ready

    async def _send(self, text: str) -> None:
        await self._stream.write(text.encode())


def condition(said: Xml.Element) -> tuple[str, str]:
    """Return what kind of refusal an element is, and its words."""
    error = said.find(f"{CLIENT}error")
    found = [
        one.tag.removeprefix(_STANZAS) for one in (error if error is not None else ()) if one.tag.startswith(_STANZAS)
    ]
    text = error.findtext(f"{_STANZAS}text") if error is not None else None
    return next((name for name in found if name != "text"), "an error"), items.clean(text)[:200]


def _local(element: Xml.Element) -> str:
    return items.clean(element.tag.rpartition("}")[2])[:100]
