"""From the messages of a room to records."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree import ElementTree as Xml

from kith.connectors import (
    Channel,
    Claim,
    Ending,
    Identity,
    Interaction,
    InteractionKind,
    InteractionRef,
    Record,
    Ref,
    Target,
    Tombstone,
    items,
)
from kith.connectors.xmpp.archive import Room, Said
from kith.connectors.xmpp.config import XmppConfig
from kith.connectors.xmpp.stanzas import CLIENT

NETWORK = "xmpp"
_REPLY, _FALLBACK = "{urn:xmpp:reply:0}reply", "{urn:xmpp:fallback:0}"
_REACTIONS, _REFERENCE = "{urn:xmpp:reactions:0}", "{urn:xmpp:reference:0}reference"
_RETRACT, _FASTEN = "{urn:xmpp:message-retract:1}retract", "{urn:xmpp:fasten:0}apply-to"
_MODERATED = ("{urn:xmpp:message-moderate:1}moderated", "{urn:xmpp:message-moderate:0}moderated")
_REPLACE, _USER = "{urn:xmpp:message-correct:0}replace", "{http://jabber.org/protocol/muc#user}"
_TO = re.compile(r"([^\s,:]{1,64})([,:])\s+")
_MOST = 5  # people whom one line addresses


class Writer:
    """Turns what is said in one room into records. behind: what was said right before, as far as it is known."""

    def __init__(self, config: XmppConfig, room: Room) -> None:
        self._room, self._bots = room, set(config.bots)
        self.channel = Channel(self.ref, "room", room.name, visibility=room.visibility)

    @property
    def ref(self) -> Ref:
        return Ref(NETWORK, items.key(self._room.address.lower()))

    def is_about_others(self, said: Said) -> bool:
        """Whether what was said before has to be known, to understand a message."""
        names = (_REPLACE, f"{_REACTIONS}reactions", _FASTEN)
        return any(said.stanza.find(name) is not None for name in names) or bool(_TO.match(_body(said)))

    def records(self, said: Said, behind: Sequence[Said]) -> Iterator[Record]:
        """Yield what a message tells. Raises Unreadable."""
        stanza = said.stanza
        if (lost := self._retracted(said, behind)) is not None:
            yield lost
        elif (reactions := stanza.find(f"{_REACTIONS}reactions")) is not None:
            yield from self._reacts(said, reactions, behind)
        elif (replaced := stanza.find(_REPLACE)) is not None:
            yield from self._corrects(said, replaced.get("id") or "", behind)
        elif _body(said):
            yield from self._says(said, said, behind)

    def identity(self, nick: str, at: datetime) -> Identity:
        name = items.line(nick)
        return Identity(self.person(nick), "bot" if nick in self._bots else "unknown", name, name, seen_at=at)

    def person(self, nick: str) -> Ref:
        """Return who has a nick in this room: all that every message tells of its author."""
        return Ref(NETWORK, items.key(nick), self.ref.key)

    def is_known_as(self, nick: str, address: str) -> Iterator[Record]:
        """Yield that somebody's own address is shown behind their nick."""
        bare = address.partition("/")[0].lower()
        if bare:
            account = Ref(NETWORK, items.key(bare))
            yield Identity(account, address=items.line(bare))
            yield Claim(self.person(nick), account, "address", f"The room shows {items.clean(bare)} behind this nick.")

    def joined(self, nick: str, at: datetime) -> Interaction:
        who = self.person(nick)
        ref = InteractionRef(NETWORK, self.ref.key, "join", actor=who)
        return Interaction(ref, who, at, channel=self.ref, visibility=self._room.visibility)

    def _says(self, said: Said, original: Said, behind: Sequence[Said]) -> Iterator[Record]:
        """Yield a message; of one that corrects another, that other with new words."""
        who = self.person(said.nick)
        yield self.identity(said.nick, said.at)
        for shown in said.stanza.iterfind(f"{_USER}x/{_USER}item"):
            yield from self.is_known_as(said.nick, shown.get("jid") or "")
        reply = original.stanza.find(_REPLY)
        above = (reply.get("id") if reply is not None else None) or None
        text = _text(said, reply)
        yield Interaction(
            self._act(original.id, "reply" if above else "message"),
            who,
            original.at,
            tuple(Target(ref, "mention") for ref in self._named(said, text, behind) if ref != who),
            channel=self.ref,
            reply_to=self._act(above, "message") if above else None,
            native_kind="action" if text.startswith("/me ") else None,
            text=items.body(text.removeprefix("/me ")),
            visibility=self._room.visibility,
            edited_at=said.at if said is not original else None,
        )

    def _corrects(self, said: Said, own: str, behind: Sequence[Said]) -> Iterator[Record]:
        for other in reversed(behind):
            if other.own == own and other.nick == said.nick and other.stanza.find(_REPLACE) is None:
                yield from self._says(said, other, behind)
                return
        raise items.Unreadable("It corrects a message that is too far back.")

    def _reacts(self, said: Said, reactions: Xml.Element, behind: Sequence[Said]) -> Iterator[Record]:
        about = reactions.get("id") or ""
        who = self.person(said.nick)
        symbols = " ".join(one.text or "" for one in reactions.iterfind(f"{_REACTIONS}reaction"))
        ref = InteractionRef(NETWORK, items.key(about), "react", self.ref.key, who)
        if not symbols.strip():
            yield Ending(ref, said.at)
            return
        author = next((other.nick for other in behind if other.id == about), said.nick)
        yield self.identity(said.nick, said.at)
        yield Interaction(
            ref, who, said.at, (Target(self.person(author), "author"),) if author != said.nick else (),
            channel=self.ref, native_kind=items.line(symbols), visibility=self._room.visibility,
        )  # fmt: skip

    def _retracted(self, said: Said, behind: Sequence[Said]) -> Tombstone | None:
        """Return what is taken back by a message, by its author or by a moderator."""
        retract, fastened = said.stanza.find(_RETRACT), said.stanza.find(_FASTEN)
        lost = None
        if retract is not None:
            lost = retract.get("id")
        elif fastened is not None and any("retract" in one.tag for one in fastened.iter()):
            named = fastened.get("id")
            lost = next((other.id for other in behind if other.own == named and other.nick == said.nick), named)
        by = retract if retract is not None else fastened
        if not lost or by is None:
            return None
        is_moderated = any(by.find(name) is not None for name in _MODERATED)
        return Tombstone(self._act(lost, "message"), "redacted" if is_moderated else "deleted", said.at)

    def _named(self, said: Said, text: str, behind: Sequence[Said]) -> Iterator[Ref]:
        """Yield those whom a message names: by reference, or at its beginning, if they have just spoken."""
        found: list[str] = []
        for reference in said.stanza.iterfind(_REFERENCE):
            room, _, nick = (reference.get("uri") or "").removeprefix("xmpp:").partition("/")
            if reference.get("type") == "mention" and nick and room.lower() == self._room.address.lower():
                found.append(nick)
        there, at = {other.nick for other in behind}, 0
        named: list[str] = []
        while (part := _TO.match(text, at)) and len(named) < _MOST:
            named.append(part[1].removeprefix("@"))
            at = part.end()
            if part[2] == ":":
                break
        if all(nick in there for nick in named):
            found += named
        yield from (self.person(nick) for nick in dict.fromkeys(found))

    def _act(self, id_: str, kind: InteractionKind) -> InteractionRef:
        return InteractionRef(NETWORK, items.key(id_), kind, self.ref.key)


def _body(said: Said) -> str:
    return said.stanza.findtext(f"{CLIENT}body") or ""


def _text(said: Said, reply: Xml.Element | None) -> str:
    """Return the words of a message, without the quotation that stands in for an answer in older clients."""
    text = _body(said)
    if reply is None:
        return text
    for fallback in said.stanza.iterfind(f"{_FALLBACK}fallback"):
        part = fallback.find(f"{_FALLBACK}body")
        start, end = (part.get("start") or "", part.get("end") or "") if part is not None else ("", "")
        if (
            fallback.get("for") == "urn:xmpp:reply:0"
            and start.isdecimal()
            and end.isdecimal()
            and int(start) <= int(end)
        ):
            return text[: int(start)] + text[int(end) :]
    return text
