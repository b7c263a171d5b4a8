"""The people and channels of a workspace."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from kith.connectors import Channel, Identity, Record, Ref, Visibility, items

NETWORK = "slack"
_OWN_BOT = "USLACKBOT"


class Profile(msgspec.Struct, frozen=True):
    real_name: str | None = None
    display_name: str | None = None
    email: str | None = None
    image_192: str | None = None
    bot_id: str | None = None


class User(msgspec.Struct, frozen=True):
    """One of ``users.list`` or of ``users.json``."""

    id: str
    team_id: str | None = None
    name: str | None = None
    real_name: str | None = None
    is_bot: bool | None = False
    is_email_confirmed: bool | None = False
    updated: float | None = None
    profile: Profile | None = None

    @property
    def shown(self) -> str | None:
        profile = self.profile or Profile()
        return items.line(profile.real_name or self.real_name or profile.display_name or self.name)


class Room(msgspec.Struct, frozen=True):
    """One of ``conversations.list``, or of the lists of an export. user: the other one of a direct message."""

    id: str
    name: str | None = None
    members: tuple[str, ...] | None = ()
    user: str | None = None
    is_private: bool | None = False
    is_im: bool | None = False
    is_mpim: bool | None = False
    is_member: bool | None = None
    is_archived: bool | None = False

    @property
    def visibility(self) -> Visibility:
        if self.is_im or self.is_mpim:
            return "direct"
        return "private" if self.is_private else "members"

    def is_wanted(self, names: Iterable[str], private: bool, direct: bool) -> bool:
        """Whether the settings mean this channel."""
        if (self.visibility == "direct" and not direct) or (self.visibility == "private" and not private):
            return False
        named = {name.removeprefix("#") for name in names}
        return not named or self.id in named or self.name in named


class Workspace:
    """Who is who. team: its id; site: where links begin."""

    def __init__(self, team: str, site: str) -> None:
        self.team = items.key(team)
        self._site = site
        self._names: dict[str, str] = {}
        self._teams: dict[str, str] = {}
        self._bots: dict[str, str] = {}

    def meet(self, user: User) -> Iterator[Record]:
        """Remember somebody, and tell of them."""
        self._names[user.id] = user.shown or user.id
        self._teams[user.id] = user.team_id or self.team
        profile = user.profile or Profile()
        if profile.bot_id:
            self._bots[profile.bot_id] = user.id
        kind: Literal["bot", "person"] = "bot" if user.is_bot or user.id == _OWN_BOT else "person"
        mail = items.clean(profile.email).strip().lower()
        yield Identity(
            self.user(user.id),
            kind,
            user.shown,
            handle=items.line(profile.display_name or user.name),
            address=mail if "@" in mail else None,
            avatar_url=items.address(profile.image_192),
            verified=bool(user.is_email_confirmed and "@" in mail),
            seen_at=items.since_1970(user.updated or 0),
        )

    def user(self, id_: str, team: str | None = None) -> Ref:
        """Return the key of somebody: ids are unique in the team that issued them."""
        return Ref(NETWORK, items.key(id_), items.clean(self._teams.get(id_) or team or self.team))

    def bot(self, id_: str | None, name: str | None) -> Ref:
        """Return the key of a bot: its user where it has one, else its id, else its name."""
        if id_ in self._bots:
            return self.user(self._bots[id_])
        return Ref(NETWORK, items.key(id_ or f"bot:{name or ''}"), self.team)

    def name(self, id_: str) -> str:
        return self._names.get(id_, id_)

    def place(self, room: Room) -> Ref:
        return Ref(NETWORK, items.key(room.id), self.team)

    def channel(self, room: Room) -> Channel:
        """Return the record of a channel."""
        url = self.address(room)
        kind = "direct" if room.visibility == "direct" else "room"
        name = items.line(room.name) or ", ".join(map(self.name, self.members(room))) or room.id
        return Channel(self.place(room), kind, items.clean(name), url, visibility=room.visibility)

    def address(self, room: Room, ts: str = "") -> str | None:
        """Return where a channel, or a message in it, is shown: Slack leads on to the workspace."""
        return items.address(f"{self._site}/archives/{room.id}{'/p' if ts else ''}{ts.replace('.', '')}")

    def members(self, room: Room) -> tuple[str, ...]:
        """Return who sits in a room of a few people; of others this is nobody in particular."""
        if room.visibility != "direct":
            return ()
        return tuple(dict.fromkeys((*(room.members or ()), *((room.user,) if room.user else ()))))
