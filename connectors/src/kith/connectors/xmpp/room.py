"""Listening to rooms: who comes and goes, and what is said from now on."""

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import quoteattr

from kith.connectors import Claim, Context, Ending, Missing, Received, Record, Refused, Skip, items
from kith.connectors.xmpp.archive import BEHIND, Room, Said, page, room_of
from kith.connectors.xmpp.config import XmppConfig
from kith.connectors.xmpp.records import Writer
from kith.connectors.xmpp.session import Session, condition, session
from kith.connectors.xmpp.stanzas import CLIENT

_MUC, _USER = "http://jabber.org/protocol/muc", "{http://jabber.org/protocol/muc#user}"
_DELAY, _STANZA_ID = "{urn:xmpp:delay}delay", "{urn:xmpp:sid:0}stanza-id"
_SELF, _RENAMED = "110", "303"
_LONGEST_NICK = 10  # signs put behind ours before we give in


async def listen(config: XmppConfig, context: Context) -> AsyncIterator[Received]:
    """Yield what is said in the rooms, for as long as the connection holds."""
    async with session(config, context) as there:
        hearing = _Hearing(config, context, there)
        for address in config.rooms:
            if (skip := await hearing.enter(address)) is not None:
                yield Received(skipped=(skip,))
        yield Received(read=True)
        while True:
            told = await hearing.tell(await there.heard())
            if told.records or told.skipped:
                yield told


class _Hearing:
    def __init__(self, config: XmppConfig, context: Context, there: Session) -> None:
        self._config, self._clock, self._there = config, context.clock, there
        self._rooms: dict[str, Room] = {}
        self._writers: dict[str, Writer] = {}
        self._nicks: dict[str, str] = {}
        self._inside: set[str] = set()
        self._present: dict[str, set[str]] = defaultdict(set)
        self._behind: dict[str, deque[Said]] = {}

    async def enter(self, address: str) -> Skip | None:
        """Ask to be let into a room; return why it cannot be read, if so."""
        try:
            room = await room_of(self._there, address)
            before = (await page(self._there, address, before="", limit=BEHIND)).said if room.is_archived else []
        except (Missing, Refused) as error:
            return Skip(items.clean(address), "not_read", str(error))
        key = address.lower()
        self._rooms[key], self._writers[key] = room, Writer(self._config, room)
        self._behind[key] = deque(before, BEHIND)
        await self._join(key, self._config.nick)
        return None

    async def tell(self, stanza: Xml.Element) -> Received:
        """Return what a stanza tells of the rooms."""
        address, _, nick = (stanza.get("from") or "").partition("/")
        key = address.lower()
        if (writer := self._writers.get(key)) is None:
            return Received()
        if stanza.tag == f"{CLIENT}presence":
            return await self._presence(stanza, key, nick, writer)
        told = items.Told()
        if stanza.get("type") == "groupchat" and nick and nick != self._nicks[key] and stanza.find(_DELAY) is None:
            said = Said(_id(stanza, key), self._now(), nick, stanza)
            window = list(self._behind[key])
            told.keep(partial(self._said, writer, said, window), f"{address} message {said.id}")
            self._behind[key].append(said)
        return Received(tuple(told.records), tuple(told.skipped))

    def _said(self, writer: Writer, said: Said, window: list[Said]) -> Iterator[Record]:
        found = list(writer.records(said, window))
        yield from [writer.channel, *found] if found else []

    async def _presence(self, stanza: Xml.Element, key: str, nick: str, writer: Writer) -> Received:
        codes = {one.get("code") for one in stanza.iterfind(f"{_USER}x/{_USER}status")}
        item = stanza.find(f"{_USER}x/{_USER}item")
        if stanza.get("type") == "error":
            return await self._refused(stanza, key)
        is_ours = _SELF in codes or nick == self._nicks[key]
        if is_ours and stanza.get("type") != "unavailable":
            self._nicks[key] = nick
            self._inside.add(key)
        elif is_ours and _RENAMED not in codes:
            self._inside.discard(key)
            return Received(skipped=(Skip(items.clean(key), "not_read", "kith was put out of the room."),))
        if is_ours or not nick:
            return Received()
        told = items.Told()
        told.keep(partial(self._moves, stanza, key, nick, writer, item, codes), f"{key} {nick}")
        return Received(tuple(told.records), tuple(told.skipped))

    def _moves(
        self, stanza: Xml.Element, key: str, nick: str, writer: Writer, item: Xml.Element | None, codes: set[str | None]
    ) -> Iterator[Record]:
        """Yield that somebody comes, goes, or is called otherwise."""
        now, there = self._now(), self._present[key]
        if stanza.get("type") != "unavailable":
            is_new = nick not in there
            there.add(nick)
            if is_new:
                yield writer.channel
                yield writer.identity(nick, now)
                if item is not None:
                    yield from writer.is_known_as(nick, item.get("jid") or "")
                if key in self._inside:
                    yield writer.joined(nick, now)
            return
        there.discard(nick)
        if _RENAMED in codes and item is not None and (new := item.get("nick")):
            there.add(new)
            yield writer.identity(nick, now)
            yield writer.identity(new, now)
            words = f"{items.clean(nick)} was renamed to {items.clean(new)}."
            yield Claim(writer.person(nick), writer.person(new), "nick", words)
        else:
            yield Ending(writer.joined(nick, now).ref, now)

    async def _refused(self, stanza: Xml.Element, key: str) -> Received:
        why, text = condition(stanza)
        tried = self._nicks[key]
        if why == "conflict" and len(tried) < len(self._config.nick) + _LONGEST_NICK:
            await self._join(key, f"{tried}_")
            return Received()
        return Received(
            skipped=(Skip(items.clean(key), "not_read", f"The room cannot be entered: {why} {text}".strip()),)
        )

    async def _join(self, key: str, nick: str) -> None:
        self._nicks[key] = nick
        to = quoteattr(f"{self._rooms[key].address}/{nick}")
        await self._there.send(f"<presence to={to}><x xmlns='{_MUC}'><history maxstanzas='0'/></x></presence>")

    def _now(self) -> datetime:
        """Return the moment, to the second, as archives have it."""
        return self._clock.now().astimezone(UTC).replace(microsecond=0)


def _id(stanza: Xml.Element, room: str) -> str:
    """Return what the room calls a message; where it keeps no archive, a name made of what the message tells."""
    for one in stanza.iterfind(_STANZA_ID):
        if (one.get("by") or "").lower() == room and one.get("id"):
            return one.get("id") or ""
    parts = (stanza.get("from") or "", stanza.get("id") or "", stanza.findtext(f"{CLIENT}body") or "")
    return blake2b("\0".join(parts).encode(errors="replace"), digest_size=16).hexdigest()
