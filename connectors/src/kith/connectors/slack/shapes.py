"""The messages of a channel, as an export and the Web API alike hold them."""

import msgspec


class Edited(msgspec.Struct, frozen=True):
    ts: str | None = None


class Reaction(msgspec.Struct, frozen=True):
    name: str
    users: tuple[str, ...] = ()


class File(msgspec.Struct, frozen=True):
    """A file. Its private address holds a token, and is left alone."""

    title: str | None = None
    name: str | None = None
    user: str | None = None


class Comment(msgspec.Struct, frozen=True):
    user: str | None = None


class Attachment(msgspec.Struct, frozen=True):
    pretext: str | None = None
    text: str | None = None
    fallback: str | None = None


class Message(msgspec.Struct, frozen=True):
    """One message of any kind."""

    ts: str
    type: str = "message"
    subtype: str | None = None
    user: str | None = None
    user_team: str | None = None
    bot_id: str | None = None
    username: str | None = None
    text: str | None = None
    thread_ts: str | None = None
    reply_count: int | None = 0
    latest_reply: str | None = None
    edited: Edited | None = None
    reactions: tuple[Reaction, ...] | None = ()
    files: tuple[File, ...] | None = ()
    file: File | None = None
    comment: Comment | None = None
    attachments: tuple[Attachment, ...] | None = ()
    inviter: str | None = None
    deleted_ts: str | None = None
    message: msgspec.Raw = msgspec.Raw()


class Happened(msgspec.Struct, frozen=True):
    """What happened, as far as a deletion tells it."""

    type: str = ""
    subtype: str | None = None
    channel: str | None = None
    deleted_ts: str | None = None


class Pushed(msgspec.Struct, frozen=True):
    """What the Events API pushes."""

    type: str
    team_id: str | None = None
    event: Happened | None = None
