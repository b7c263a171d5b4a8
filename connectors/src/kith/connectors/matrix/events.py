"""Events of a room, as far as they are read."""

import re
from urllib.parse import unquote

import msgspec

_LINK = re.compile(r'href="https://matrix\.to/#/(@[^"/?]+|%40[^"/?]+)"', re.IGNORECASE)


NOTHING = msgspec.Raw()


def is_told(raw: msgspec.Raw) -> bool:
    """Whether a part that was left as it came is there."""
    return bytes(raw) not in (b"", b"null")


class Answered(msgspec.Struct, frozen=True):
    event_id: str | None = None


class Relation(msgspec.Struct, frozen=True):
    """What an event is to another one."""

    rel_type: str | None = None
    event_id: str | None = None
    key: str | None = None
    is_falling_back: bool | None = False
    answered: Answered | None = msgspec.field(name="m.in_reply_to", default=None)


class Mentions(msgspec.Struct, frozen=True):
    user_ids: tuple[str, ...] | None = ()


class Said(msgspec.Struct, frozen=True):
    """What an edit puts in place of the text."""

    body: str | None = None
    formatted_body: str | None = None
    mentions: Mentions | None = msgspec.field(name="m.mentions", default=None)

    def named(self) -> list[str]:
        """Return those whom it mentions: as the network says, or older clients by a link."""
        if self.mentions is not None:
            return list(dict.fromkeys(self.mentions.user_ids or ()))
        return list(dict.fromkeys(unquote(found) for found in _LINK.findall(self.formatted_body or "")))


class Content(Said, frozen=True):
    msgtype: str | None = None
    new: Said | None = msgspec.field(name="m.new_content", default=None)
    relation: Relation | None = msgspec.field(name="m.relates_to", default=None)
    membership: str | None = None
    displayname: str | None = None
    redacts: str | None = None
    name: str | None = None
    alias: str | None = None
    join_rule: str | None = None


class Earlier(msgspec.Struct, frozen=True):
    membership: str | None = None


class Relations(msgspec.Struct, frozen=True):
    edit: msgspec.Raw = msgspec.field(name="m.replace", default=NOTHING)


class Unsigned(msgspec.Struct, frozen=True):
    """What the server adds."""

    prev_content: Earlier | None = None
    redacted_because: msgspec.Raw = NOTHING
    relations: Relations | None = msgspec.field(name="m.relations", default=None)


class Event(msgspec.Struct, frozen=True):
    event_id: str
    type: str
    sender: str
    origin_server_ts: int
    content: Content = Content()
    state_key: str | None = None
    redacts: str | None = None
    unsigned: Unsigned | None = None

    @property
    def relation(self) -> Relation:
        return self.content.relation or Relation()

    @property
    def is_edit(self) -> bool:
        return self.relation.rel_type == "m.replace"

    @property
    def is_redacted(self) -> bool:
        return self.unsigned is not None and is_told(self.unsigned.redacted_because)

    @property
    def edit(self) -> "Event | None":
        """The newest edit, where the server tells it with the event. Raises msgspec.DecodeError."""
        raw = self.unsigned.relations.edit if self.unsigned and self.unsigned.relations else NOTHING
        return msgspec.json.decode(raw, type=Event) if is_told(raw) else None
