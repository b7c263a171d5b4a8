"""From the lines of a channel to records."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b

from kith.connectors import (
    Channel,
    Claim,
    Identity,
    Interaction,
    InteractionKind,
    InteractionRef,
    Record,
    Ref,
    Target,
    items,
)
from kith.connectors.irc.config import IrcConfig
from kith.connectors.irc.formats import Line

NETWORK = "irc"
_TO = re.compile(r"([^\s,:]{1,64})([,:])\s+")
_MOST = 5  # people whom one line addresses
_KINDS: dict[str, InteractionKind] = {"message": "message", "action": "message", "join": "join", "leave": "leave"}


class Writer:
    """Turns the lines of one channel into records, from the first on: who has spoken before can be addressed."""

    def __init__(self, config: IrcConfig, channel: str) -> None:
        self._host = items.clean(config.network).lower()
        self._bots = {nick.lower() for nick in config.bots}
        self._visibility = config.visibility
        self.channel = Channel(self._ref(channel), "room", items.clean(channel), visibility=config.visibility)
        self._seen: set[str] = set()
        self._told: Counter[str] = Counter()
        self._at: datetime | None = None

    def see(self, nick: str) -> None:
        """Note that somebody is there, and can be addressed."""
        self._seen.add(nick.lower())

    def records(self, line: Line) -> Iterator[Record]:
        """Yield what a line tells. Raises Unreadable. Call it for each, also for those that are known already."""
        who = self._identity(line.nick, line.at)
        if line.at != self._at:
            self._told.clear()
            self._at = line.at
        yield who
        if line.what == "nick":
            yield from self._renamed(line, who.ref)
        else:
            yield self._act(line, who.ref, _KINDS[line.what])
        self.see(line.nick)

    def _act(self, line: Line, who: Ref, kind: InteractionKind) -> Interaction:
        text = items.body(line.text)
        return Interaction(
            InteractionRef(NETWORK, self._key(line), kind, self._host),
            who,
            line.at,
            tuple(Target(ref, "mention") for ref in self._addressed(line.text) if ref != who),
            channel=self.channel.ref,
            native_kind="action" if line.what == "action" else None,
            text=text,
            visibility=self._visibility,
        )

    def _renamed(self, line: Line, who: Ref) -> Iterator[Record]:
        other = self._identity(line.text, line.at)
        if other.ref != who:
            self.see(line.text)
            yield other
            yield Claim(who, other.ref, "nick", f"{items.clean(line.nick)} was renamed to {items.clean(line.text)}.")

    def _addressed(self, text: str) -> Iterator[Ref]:
        """Yield those to whom a line speaks: the names before a colon at its start that have been there."""
        found: list[str] = []
        at = 0
        while (part := _TO.match(text, at)) and len(found) < _MOST:
            found.append(part[1].lower().lstrip("@"))
            at = part.end()
            if part[2] == ":":
                break
        if found and all(nick in self._seen for nick in found):
            yield from (self._ref(nick) for nick in dict.fromkeys(found))

    def _key(self, line: Line) -> str:
        """Return the key of a line: IRC gives none, so that it is made of all that the line tells.

        Equal lines of one moment are counted.
        """
        parts = (self.channel.ref.key, f"{line.at.timestamp():.0f}", line.nick.lower(), line.what, line.text)
        digest = blake2b("\0".join(parts).encode(errors="replace"), digest_size=16).hexdigest()
        self._told[digest] += 1
        return digest if self._told[digest] == 1 else f"{digest}.{self._told[digest]}"

    def _identity(self, nick: str, at: datetime) -> Identity:
        name = items.line(nick)
        return Identity(self._ref(nick), "bot" if nick.lower() in self._bots else "unknown", name, name, seen_at=at)

    def _ref(self, name: str) -> Ref:
        return Ref(NETWORK, items.key(name.lower()), self._host)
