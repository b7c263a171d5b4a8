"""From the events of a room to records."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from kith.connectors import (
    Channel,
    Conversation,
    Identity,
    Interaction,
    InteractionKind,
    InteractionRef,
    Record,
    Ref,
    Target,
    Tombstone,
    Visibility,
    items,
)
from kith.connectors.matrix.events import Content, Event, Said

NETWORK = "matrix"
_WORDS = ("m.room.message", "m.room.encrypted", "m.sticker")


class Room(msgspec.Struct, frozen=True):
    """A room. others: who is addressed by what is said in it, where that are a few."""

    id: str
    name: str
    visibility: Visibility
    others: tuple[str, ...] = ()


class Writer:
    """Turns the events of one room into records."""

    def __init__(self, room: Room, bots: tuple[str, ...]) -> None:
        self._room, self._bots = room, bots
        self._place = ref(room.id)

    def channel(self) -> Channel:
        kind = "direct" if self._room.visibility == "direct" else "room"
        url = items.address(f"https://matrix.to/#/{self._room.id}")
        name = items.line(self._room.name) or self._room.id
        return Channel(self._place, kind, name, url, visibility=self._room.visibility)

    def records(self, event: Event, senders: Mapping[str, str], edit: Event | None = None) -> Iterator[Record]:
        """Yield what an event tells. senders: of the events that it answers. edit: what it was changed to."""
        if event.type == "m.room.redaction":
            redacted = event.redacts or event.content.redacts
            if redacted:
                yield Tombstone(_act(redacted, "message"), "redacted")
                yield Tombstone(_act(redacted, "react"), "redacted")
        elif event.is_redacted:
            kind: InteractionKind = "react" if event.type == "m.reaction" else "message"
            if event.type in (*_WORDS, "m.reaction"):
                yield Tombstone(_act(event.event_id, kind), "redacted")
        elif event.type in _WORDS and not event.is_edit:
            yield from self._words(event, edit or event.edit)
        elif event.type == "m.reaction" and event.relation.event_id:
            yield from self._reaction(event, senders)
        elif event.type == "m.room.member" and event.state_key:
            yield from self._member(event, event.state_key)

    def _words(self, event: Event, edit: Event | None) -> Iterator[Record]:
        said: Said = event.content
        changed = None
        if edit is not None and edit.sender == event.sender and edit.content.new is not None:
            said, changed = edit.content.new, _moment(edit)
        relation = event.relation
        thread = ref(relation.event_id) if relation.rel_type == "m.thread" and relation.event_id else None
        above = relation.answered.event_id if relation.answered and not relation.is_falling_back else None
        above = above or (relation.event_id if thread else None)
        actor = self._person(event.sender)
        if thread is not None:
            yield Conversation(thread, self._place)
        yield actor
        yield Interaction(
            _act(event.event_id, "reply" if above else "message"),
            actor.ref,
            _moment(event),
            tuple(self._targets(event.sender, said)),
            channel=self._place,
            conversation=thread,
            reply_to=_act(above, "message") if above else None,
            native_kind=items.line(event.content.msgtype or event.type),
            text=_plain(said, event.content),
            url=items.address(f"https://matrix.to/#/{self._room.id}/{event.event_id}"),
            visibility=self._room.visibility,
            edited_at=changed,
        )

    def _targets(self, sender: str, said: Said) -> Iterator[Target]:
        named = said.named()
        for person in named:
            if person != sender:
                yield Target(ref(person), "mention")
        for person in self._room.others:
            if person not in (sender, *named):
                yield Target(ref(person))

    def _reaction(self, event: Event, senders: Mapping[str, str]) -> Iterator[Record]:
        author = senders.get(event.relation.event_id or "")
        actor = self._person(event.sender)
        yield actor
        yield Interaction(
            _act(event.event_id, "react"),
            actor.ref,
            _moment(event),
            (Target(ref(author), "author"),) if author and author != event.sender else (),
            channel=self._place,
            native_kind=items.line(event.relation.key),
            visibility=self._room.visibility,
        )

    def _member(self, event: Event, who: str) -> Iterator[Record]:
        """Yield somebody's name, and that they came, went or were asked in."""
        earlier = event.unsigned.prev_content if event.unsigned and event.unsigned.prev_content else None
        was, now = earlier.membership if earlier else None, event.content.membership
        yield self._person(who, event.content.displayname, _moment(event) if now == "join" else None)
        if now == "join" and was != "join":
            yield self._move(event, "join", who)
        elif now in ("leave", "ban") and was == "join":
            yield self._move(event, "leave", who)
        elif now == "invite" and event.sender != who:
            yield self._person(event.sender)
            yield msgspec.structs.replace(self._move(event, "invite", event.sender), targets=(Target(ref(who)),))

    def _move(self, event: Event, kind: InteractionKind, who: str) -> Interaction:
        return Interaction(
            _act(event.event_id, kind), ref(who), _moment(event), channel=self._place,
            native_kind=items.line(event.content.membership), visibility=self._room.visibility,
        )  # fmt: skip

    def _person(self, id_: str, name: str | None = None, seen: datetime | None = None) -> Identity:
        handle, url = items.line(id_), items.address(f"https://matrix.to/#/{id_}")
        return Identity(
            ref(id_), "bot" if id_ in self._bots else "unknown", items.line(name), handle, url=url, seen_at=seen
        )


def ref(id_: str) -> Ref:
    """Return the key of a person, a room or a thread: ids of Matrix are unique in all of it."""
    return Ref(NETWORK, items.key(id_))


def _act(event_id: str, kind: InteractionKind) -> InteractionRef:
    return InteractionRef(NETWORK, items.key(event_id), kind)


def _moment(event: Event) -> datetime:
    return items.since_1970(event.origin_server_ts / 1000)


def _plain(said: Said, content: Content) -> str | None:
    """Return a text; of an answer without the quotation that older clients put before it."""
    lines = items.clean(said.body, items.TEXT).split("\n")
    if content.relation is not None and content.relation.answered is not None and lines[0].startswith("> "):
        while lines and lines[0].startswith(">"):
            lines.pop(0)
    return items.body("\n".join(lines))
