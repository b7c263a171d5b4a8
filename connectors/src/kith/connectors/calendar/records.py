"""From meetings to records."""

from collections.abc import Iterator
from datetime import datetime

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
    Visibility,
    items,
)
from kith.connectors.calendar.meetings import NETWORK, Guest, Meeting, Occasion

#: What a complete look at a calendar tells.
KINDS: tuple[InteractionKind, ...] = ("invite", "register", "meet", "attend")
PEOPLE = 200  # of an occasion, of whom acts are told
_TABLE = 20  # people who can meet one another


class Writer:
    """Turns the meetings of one calendar into records. came: whether those who accepted did come."""

    def __init__(self, ref: Ref, name: str, visibility: Visibility, came: bool) -> None:
        self.ref = ref
        self._name, self._visibility, self._came = name, visibility, came

    def channel(self) -> Channel:
        return Channel(self.ref, "calendar", self._name, visibility=self._visibility)

    def records(self, meeting: Meeting, until: datetime) -> Iterator[Record]:
        """Yield a meeting that others were asked to; nothing for what somebody noted for themselves."""
        people = {guest.ref: guest for guest in self._people(meeting)}
        others = any(guest.ref != (meeting.host and meeting.host.ref) for guest in people.values())
        if not people or not others:
            return
        for guest in people.values():
            yield Identity(guest.ref, guest.kind, guest.name, address=guest.address, seen_at=meeting.changed)
        thread = Ref(NETWORK, items.key(meeting.uid))
        yield Conversation(thread, self.ref, None if meeting.private else meeting.title)
        if meeting.host and meeting.asked and meeting.guests:
            targets = tuple(Target(guest.ref, "to" if guest.needed else "cc") for guest in meeting.guests)
            ref = InteractionRef(NETWORK, thread.key, "invite")
            yield self._act(meeting, ref, meeting.host.ref, meeting.asked, targets)
        for occasion in meeting.occasions:
            if self._came and occasion.end <= until:
                yield from self._came_together(meeting, occasion)
            else:
                yield from self._accepted(meeting, occasion)

    def _accepted(self, meeting: Meeting, occasion: Occasion) -> Iterator[Record]:
        """Yield that people meant to come."""
        host = occasion.host
        for guest in _coming(occasion):
            towards = (Target(host.ref, "host"),) if host else ()
            yield self._act(meeting, _ref(meeting, occasion, "register", guest), guest.ref, occasion.start, towards)

    def _came_together(self, meeting: Meeting, occasion: Occasion) -> Iterator[Record]:
        """Yield that people came: few met one another, many only sat in one room."""
        host, guests = occasion.host, _coming(occasion)
        if host and not guests:
            return
        people = [*([host] if host and host.kind != "group" else []), *guests]
        if len(people) > _TABLE:
            for guest in guests:
                towards = (Target(host.ref, "host"),) if host else ()
                yield self._act(meeting, _ref(meeting, occasion, "attend", guest), guest.ref, occasion.start, towards)
            return
        for person in people:
            rest = tuple(Target(other.ref, "member") for other in people if other is not person)
            if rest:
                yield self._act(meeting, _ref(meeting, occasion, "meet", person), person.ref, occasion.start, rest)

    def _act(
        self, meeting: Meeting, ref: InteractionRef, actor: Ref, at: datetime, targets: tuple[Target, ...]
    ) -> Interaction:
        return Interaction(
            ref, actor, at, targets, self.ref, Ref(NETWORK, items.key(meeting.uid)),
            title=None if meeting.private else meeting.title,
            visibility="private" if meeting.private else self._visibility,
        )  # fmt: skip

    def _people(self, meeting: Meeting) -> Iterator[Guest]:
        asked: list[tuple[Guest | None, tuple[Guest, ...]]] = [(meeting.host, meeting.guests)]
        for host, guests in [*asked, *((one.host, one.guests) for one in meeting.occasions)]:
            yield from guests[:PEOPLE]
            if host:
                yield host


def _coming(occasion: Occasion) -> list[Guest]:
    return [guest for guest in occasion.guests if guest.accepted and guest.kind != "group"][:PEOPLE]


def _ref(meeting: Meeting, occasion: Occasion, kind: InteractionKind, guest: Guest) -> InteractionRef:
    key = f"{meeting.uid}/{occasion.stamp}" if occasion.stamp else meeting.uid
    return InteractionRef(NETWORK, items.key(key), kind, actor=guest.ref)
