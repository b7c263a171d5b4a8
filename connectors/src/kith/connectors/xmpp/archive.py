"""What rooms are, and their archives (XEP-0313), page by page."""

from datetime import datetime
from secrets import token_hex
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

import msgspec

from kith.connectors import Refused, Skip, Visibility, items
from kith.connectors.xmpp.session import Session
from kith.connectors.xmpp.stanzas import CLIENT

LIMIT = 100
BEHIND = 50  # messages before one, among which is sought what it changes or answers
_INFO = "http://jabber.org/protocol/disco#info"
MAM = "urn:xmpp:mam:2"
_RSM = "{http://jabber.org/protocol/rsm}"
_DELAY, _FORWARD = "{urn:xmpp:delay}delay", "{urn:xmpp:forward:0}"
_CLOSED = {"muc_membersonly", "muc_passwordprotected"}


class Room(msgspec.Struct, frozen=True):
    address: str
    name: str
    visibility: Visibility
    is_archived: bool


class Said(msgspec.Struct, frozen=True):
    """A message of a room. id: what the room calls it; own: what its sender does."""

    id: str
    at: datetime
    nick: str
    stanza: Xml.Element

    @property
    def own(self) -> str:
        return self.stanza.get("id") or ""


class Found(msgspec.Struct, frozen=True):
    """A page of an archive. last: what asks for the next; odd: messages that cannot be read."""

    said: list[Said]
    odd: list[Skip]
    last: str | None
    is_last: bool


async def room_of(session: Session, address: str) -> Room:
    """Ask what a room is. Raises Missing or Refused."""
    answer = await session.ask("get", address, f"<query xmlns='{_INFO}'/>")
    query = answer.find(f"{{{_INFO}}}query")
    found = list(query) if query is not None else []
    able = {one.get("var") for one in found if one.tag == f"{{{_INFO}}}feature"}
    name = next((one.get("name") for one in found if one.tag == f"{{{_INFO}}}identity" and one.get("name")), None)
    visibility: Visibility = "private" if able & _CLOSED else "public"
    return Room(address, items.line(name) or address, visibility, MAM in able)


async def page(
    session: Session, room: str, *, after: str | None = None, before: str | None = None, since: str | None = None,
    limit: int | None = None,
) -> Found:  # fmt: skip
    """Return the messages behind one, or those right before one, the oldest first. Raises Missing where it is gone."""
    fields = f"<field var='FORM_TYPE' type='hidden'><value>{MAM}</value></field>"
    if since:
        fields += f"<field var='start'><value>{escape(since)}</value></field>"
    place = f"<after>{escape(after)}</after>" if after else ""
    if before is not None:
        place = f"<before>{escape(before)}</before>"
    come: list[Xml.Element] = []
    query = token_hex(8)  # by which nobody else can pass words off as the room's
    answer = await session.ask(
        "set",
        room,
        f"<query xmlns='{MAM}' queryid='{query}'><x xmlns='jabber:x:data' type='submit'>{fields}</x>"
        f"<set xmlns='http://jabber.org/protocol/rsm'><max>{limit or LIMIT}</max>{place}</set></query>",
        come,
    )
    end = answer.find(f"{{{MAM}}}fin")
    if end is None:
        raise Refused(f"{room} answers without an archive.")
    found = [message.find(f"{{{MAM}}}result") for message in come]
    results = [one for one in found if one is not None and one.get("queryid") == query]
    last = end.findtext(f"{_RSM}set/{_RSM}last") or None
    is_last = end.get("complete") == "true" or not results
    told = items.Told()
    said = [one for result in results if (one := _said(result, room, told)) is not None]
    return Found(said, told.skipped, last, is_last)


def _said(result: Xml.Element, room: str, told: items.Told) -> Said | None:
    """Return a message of an archive; None where it is the room's own, and, with a Skip, where it cannot be read."""
    message = result.find(f"{_FORWARD}forwarded/{CLIENT}message")
    nick = (message.get("from") or "").partition("/")[2] if message is not None else ""
    id_ = result.get("id") or ""
    if message is None or not nick or not id_:
        return None
    stamp = result.find(f"{_FORWARD}forwarded/{_DELAY}")
    try:
        at = items.moment((stamp.get("stamp") if stamp is not None else None) or "").replace(microsecond=0)
    except (ValueError, OverflowError) as error:
        raw = items.shown(Xml.tostring(result))
        told.skipped.append(Skip(items.clean(f"{room} message {id_}"), "unreadable_item", str(error), raw))
        return None
    return Said(id_, at, nick, message)
