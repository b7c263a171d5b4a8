"""From the messages of a channel to records."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from kith.connectors import (
    Conversation,
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
from kith.connectors.slack.shapes import Message, Pushed
from kith.connectors.slack.texts import plain
from kith.connectors.slack.workspace import NETWORK, Room, Workspace

_STAMP = re.compile(r"(\d{1,11})\.(\d{6})")
#: Words of people and bots; anything else that has a subtype is housekeeping.
_WORDS = (None, "me_message", "thread_broadcast", "file_share", "bot_message", "reply_broadcast", "file_mention")
_MOVES: dict[str, InteractionKind] = {
    "channel_join": "join",
    "group_join": "join",
    "channel_leave": "leave",
    "group_leave": "leave",
}


class Writer:
    """Turns the messages of one channel into records."""

    def __init__(self, workspace: Workspace, room: Room) -> None:
        self._workspace, self._room = workspace, room
        self._place = workspace.place(room)

    def records(self, message: Message) -> Iterator[Record]:
        """Yield what a message tells; nothing of housekeeping. Raises Unreadable."""
        subtype = message.subtype
        if subtype in ("tombstone", "message_deleted"):
            yield Tombstone(self._ref(message.deleted_ts or message.ts, "message"))
        elif subtype == "message_changed" and bytes(message.message) not in (b"", b"null"):
            yield from self.records(msgspec.json.decode(message.message, type=Message))
        elif subtype in _MOVES and message.user:
            yield from self._move(message, _MOVES[subtype])
        elif subtype == "file_comment" and message.comment and message.comment.user:
            owner = message.file.user if message.file else None
            actor = self._workspace.user(message.comment.user)
            targets = (Target(self._workspace.user(owner), "owner"),) if owner else ()
            yield self._act(message, "comment", actor, targets)
        elif subtype in _WORDS and message.type == "message":
            yield from self._words(message)

    def _words(self, message: Message) -> Iterator[Record]:
        if message.user:
            actor = self._workspace.user(message.user, message.user_team)
        elif message.bot_id or message.username:
            actor = self._workspace.bot(message.bot_id, message.username)
            yield Identity(actor, "bot", items.line(message.username), seen_at=moment(message.ts))
        elif message.files or message.file:
            actor = self._workspace.user((message.file or (message.files or ())[0]).user or "")
        else:
            raise items.Unreadable("The message names nobody who wrote it.")
        others = [id_ for id_ in self._workspace.members(self._room) if id_ != message.user]
        thread = self._thread(message)
        if thread is not None:
            yield Conversation(thread, self._place)
        is_reply = thread is not None and message.thread_ts != message.ts
        targets = tuple(Target(self._workspace.user(id_)) for id_ in others)
        yield self._act(message, "reply" if is_reply else "message", actor, targets)
        yield from self._reactions(message, actor, thread)

    def _act(self, message: Message, kind: InteractionKind, actor: Ref, targets: tuple[Target, ...]) -> Interaction:
        text, named = plain(_said(message), self._workspace.name)
        mentions = (Target(self._workspace.user(id_), "mention") for id_ in named)
        known = {target.identity for target in targets}
        thread = self._thread(message)
        root = message.thread_ts if thread is not None and message.thread_ts != message.ts else None
        return Interaction(
            self._ref(message.ts, kind),
            actor,
            moment(message.ts),
            (*targets, *(one for one in mentions if one.identity not in (*known, actor))),
            channel=self._place,
            conversation=thread,
            reply_to=self._ref(root, "message") if root else None,
            native_kind=items.line(message.subtype),
            text=text,
            url=self._workspace.address(self._room, message.ts),
            visibility=self._room.visibility,
            edited_at=moment(message.edited.ts) if message.edited and message.edited.ts else None,
        )

    def _reactions(self, message: Message, author: Ref, thread: Ref | None) -> Iterator[Record]:
        """Yield who reacted. Slack tells no time: it is that of the message."""
        for reaction in message.reactions or ():
            for id_ in dict.fromkeys(reaction.users):
                actor = self._workspace.user(id_)
                yield Interaction(
                    InteractionRef(
                        NETWORK,
                        items.key(f"{self._key(message.ts)}:{reaction.name}"),
                        "react",
                        self._workspace.team,
                        actor,
                    ),
                    actor,
                    moment(message.ts),
                    (Target(author, "author"),) if author != actor else (),
                    channel=self._place,
                    conversation=thread,
                    native_kind=items.line(reaction.name),
                    visibility=self._room.visibility,
                )

    def _move(self, message: Message, kind: InteractionKind) -> Iterator[Record]:
        """Yield that somebody came or went, and who asked them in."""
        who, when = self._workspace.user(message.user or ""), moment(message.ts)
        visibility = self._room.visibility
        yield Interaction(
            self._ref(message.ts, kind), who, when, channel=self._place, visibility=visibility,
            native_kind=message.subtype,
        )  # fmt: skip
        if kind == "join" and message.inviter and message.inviter != message.user:
            host = self._workspace.user(message.inviter)
            yield Interaction(
                self._ref(message.ts, "invite"), host, when, (Target(who),), self._place, visibility=visibility,
            )  # fmt: skip

    def _thread(self, message: Message) -> Ref | None:
        root = message.thread_ts or (message.ts if message.reply_count else None)
        return Ref(NETWORK, self._key(root), self._workspace.team) if root else None

    def _key(self, ts: str) -> str:
        moment(ts)
        return items.key(f"{self._room.id}:{ts}")

    def _ref(self, ts: str, kind: InteractionKind) -> InteractionRef:
        return InteractionRef(NETWORK, self._key(ts), kind, self._workspace.team)


def deleted(pushed: Pushed) -> Tombstone | None:
    """Return which message an event takes away, if it does. Raises Unreadable."""
    event = pushed.event
    if event is None or event.subtype != "message_deleted" or not (event.channel and event.deleted_ts):
        return None
    moment(event.deleted_ts)
    key = items.key(f"{event.channel}:{event.deleted_ts}")
    return Tombstone(InteractionRef(NETWORK, key, "message", items.key(pushed.team_id or "")))


def moment(ts: str) -> datetime:
    """Return the time that a message's own key is. Raises Unreadable."""
    found = _STAMP.fullmatch(ts)
    if found is None:
        raise items.Unreadable(f"{ts[:40]!r} is no time stamp of Slack.")
    return items.since_1970(int(found[1])) + timedelta(microseconds=int(found[2]))


def _said(message: Message) -> str:
    """Return the words of a message; those of a bot may be in what is attached, those of a file are its title."""
    if message.text:
        return message.text
    parts = [part for one in message.attachments or () for part in (one.pretext, one.text or one.fallback) if part]
    titles = [title for one in message.files or () if (title := one.title or one.name)]
    return "\n".join(parts or titles)
