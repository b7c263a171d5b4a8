"""What connectors emit: frozen records in the words of the networks, never persons, never ids of ours.

A record names things by their natural key: ``(network, host, key)``. ``host`` is the server or community that issued
the key (``github.com``, a Matrix server), empty where the key is unique by itself (a Message-ID, a commit hash).
Two sources that read the same thing therefore emit the same key, and kith stores it once.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

IdentityKind = Literal["person", "bot", "organization", "group", "unknown"]
Visibility = Literal["public", "unlisted", "members", "private", "direct"]
TargetKind = Literal["to", "cc", "mention", "reply", "author", "owner", "host", "member", "subject"]
AffiliationEvidence = Literal["own_statement", "dated_record", "broker"]
Cause = Literal["deleted", "redacted", "withdrawn", "rewritten", "gone", "policy"]

#: What an act is. A network's own word goes into ``Interaction.native_kind``.
InteractionKind = Literal[
    "message", "post", "reply", "mention", "share", "quote", "question", "answer", "accept", "thank",
    "comment", "react", "review", "approve", "test", "report", "suggest", "help", "contribute", "sign_off", "merge",
    "assign", "invite", "register", "attend", "join", "leave", "follow", "bookmark", "endorse", "sponsor", "introduce",
    "meet", "call", "copy", "conflict",
]  # fmt: skip

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Name = Annotated[str, msgspec.Meta(max_length=1000)]
Text = Annotated[str, msgspec.Meta(max_length=1_000_000)]


#: Decoding leaves the pattern to ``flaw``: checked for each of a record's refs it would halve the speed of an import.
Network = Annotated[
    str, msgspec.Meta(min_length=1, max_length=63, extra_json_schema={"pattern": "^[a-z0-9][a-z0-9._-]{0,62}$"})
]

#: A moment without a time zone is refused: it would mean another moment on another machine.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """In JSON, defaults are left out, and an unknown field is refused by name rather than lost."""


class _Record(_Part, frozen=True, tag_field="type"):
    """In JSON, ``type`` says which record it is."""


class Ref(_Part, frozen=True):
    """The natural key of an identity, a channel or a conversation."""

    network: Network
    key: Key
    host: Name = ""


class Identity(_Record, frozen=True, tag="identity"):
    """One account, address or handle on a network.

    seen_at: when this name, handle, address, url and avatar held; the newest observation wins, whole, whatever the
    order of reading. Leave it out where you saw the key alone (an address without its name): then nothing known is
    overwritten.
    """

    ref: Ref
    kind: IdentityKind = "unknown"
    name: Name | None = None
    handle: Name | None = None
    address: Name | None = None
    url: Name | None = None
    avatar_url: Name | None = None
    verified: bool = False
    seen_at: Moment | None = None


class Affiliation(_Record, frozen=True, tag="affiliation"):
    """Who works where, or belongs to which organization, as the network tells it.

    domain: one that the organization owns, where the network tells it. since, until: first and last day; None where
    unknown, or still so. seen_at: when it was told; what is told no more counts until it was seen last.
    """

    identity: Ref
    organization: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    domain: Annotated[str, msgspec.Meta(max_length=253)] | None = None
    title: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    since: date | None = None
    until: date | None = None
    evidence: AffiliationEvidence = "own_statement"
    seen_at: Moment | None = None


class Standing(_Record, frozen=True, tag="standing"):
    """How a network or a channel rates an identity: points, a level, a badge. It is shown, and weighs nothing.

    kind: reputation, points, badge, level, ... label: which one, where there are many of a kind (the badge's name).
    value: of a badge, how often it was given. Of one key, what was seen last holds.
    """

    identity: Ref
    kind: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
    value: float
    seen_at: Moment
    label: Annotated[str, msgspec.Meta(max_length=200)] = ""
    channel: Ref | None = None


class Claim(_Record, frozen=True, tag="claim"):
    """What the network says about two identities being one human: evidence, which kith weighs.

    edition: of the document that says so, where it has editions that may take claims back: see ``Edition``.
    """

    subject: Ref
    object: Ref
    kind: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
    evidence: Text
    edition: Name = ""


class Edition(_Record, frozen=True, tag="edition"):
    """All claims of this kind in this edition have been told: what the source claimed from another no longer holds."""

    kind: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
    edition: Name = ""


class Channel(_Record, frozen=True, tag="channel"):
    """A place where people meet: repository, area, list, room, category, hashtag, event."""

    ref: Ref
    kind: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
    name: Name
    url: Name | None = None
    parent: Ref | None = None
    visibility: Visibility = "private"
    seen_at: Moment | None = None


class Conversation(_Record, frozen=True, tag="conversation"):
    """A thread of interactions in a channel."""

    ref: Ref
    channel: Ref | None = None
    title: Text | None = None
    url: Name | None = None


class Target(_Part, frozen=True):
    """Whom an interaction addresses, and how."""

    identity: Ref
    kind: TargetKind = "to"


class InteractionRef(_Part, frozen=True):
    """The natural key of an interaction: no time, no channel and no text in it.

    actor: only where one native object holds the acts of many (a commit's trailers, a post's reactions).
    Posts, messages and replies of one key are the same act: their kind is how it was seen, and no part of the key.
    """

    network: Network
    key: Key
    kind: InteractionKind
    host: Name = ""
    actor: Ref | None = None


class Interaction(_Record, frozen=True, tag="interaction"):
    """One dated act by an identity, towards zero or more identities.

    occurred_at, edited_at: with a time zone. text: plain, without what it quotes from others.
    reply_to: may come later; kith finds out whom that makes the act towards, and its conversation.
    The same key with other content is an edit; it replaces the stored one unless that has a later edited_at.
    arrived_at: when the network had it at the latest, where that is known; a date beyond it, or beyond the reading,
    gives way to it, and is kept as the date that was stated. copied: told by a copy of the object that the key names;
    it holds until the object itself is read.
    """

    ref: InteractionRef
    actor: Ref
    occurred_at: Moment
    targets: tuple[Target, ...] = ()
    channel: Ref | None = None
    conversation: Ref | None = None
    reply_to: InteractionRef | None = None
    native_kind: Name | None = None
    title: Text | None = None
    text: Text | None = None
    url: Name | None = None
    visibility: Visibility = "private"
    edited_at: Moment | None = None
    arrived_at: Moment | None = None
    copied: bool = False


class Tombstone(_Record, frozen=True, tag="tombstone"):
    """An interaction that is no longer there.

    One that was deleted or redacted, or that a policy forbids, is gone for good, also when an old page is read again.
    One that was withdrawn or rewritten or is gone is only no longer in this source: it stays as long as another source
    has it, and comes back as soon as one tells it again.
    """

    ref: InteractionRef
    cause: Cause = "deleted"
    occurred_at: Moment | None = None


class Ending(_Record, frozen=True, tag="ending"):
    """What an act began holds no longer: un-follow, un-react, leave. ref: of the act, which stays with its past.

    It holds again when the act is told with a later date. kith keeps the first of an act's dates: where the network
    shows none, give the moment of reading.
    """

    ref: InteractionRef
    occurred_at: Moment


class Sweep(_Record, frozen=True, tag="sweep"):
    """A complete look at acts of these kinds, for networks that tell of no deletion.

    Between ``begun`` and ``complete``, all that there are have been told; then what this source told before, and now
    did not, is gone, or has ended where the act began something. channel: only acts in it. since: only acts of that
    moment or later. Both records of one sweep are alike but for the phase. An incomplete one deletes nothing, and one
    that would take away much is refused.
    """

    phase: Literal["begun", "complete"]
    kinds: Annotated[tuple[InteractionKind, ...], msgspec.Meta(min_length=1)]
    channel: Ref | None = None
    since: Moment | None = None


class Coverage(_Record, frozen=True, tag="coverage"):
    """A period (of occurred_at, half open) that was fully read, could not be read, or was cut short."""

    status: Literal["read", "gap", "truncated"]
    since: Moment
    until: Moment
    reason: Text = ""


Record = (
    Identity
    | Affiliation
    | Standing
    | Claim
    | Edition
    | Channel
    | Conversation
    | Interaction
    | Ending
    | Sweep
    | Tombstone
    | Coverage
)


class Stated(_Record, frozen=True, kw_only=True):
    """What people say in a workspace, rather than networks: see ``kith.connectors.statements``.

    key: its own, by which it is known when it is read again; a UUID stays its id. author: who said it.
    """

    key: Key
    author: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "import:file"


class Skip(msgspec.Struct, frozen=True):
    """One thing that could not be read: its place (``line 17``, ``commit 3f2a``) and the reason. The rest is kept.

    raw: the thing as it came, for a human to look at; kith keeps its beginning, without the source's secrets.
    """

    place: Name
    code: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
    reason: Text
    raw: str = ""


class Page(msgspec.Struct, frozen=True):
    """Records, and the cursor that follows them: kith stores both in one transaction.

    Killed at any moment, a run repeats at most a page, or the small ones that kith stores as one. cursor: the
    connector's own JSON-able value, at most 64 KiB, handed back as it was given. done, total: progress, in ``unit``,
    where the connector knows it. statements: of a file of the import format alone; from others they are refused.
    """

    records: tuple[Record, ...]
    cursor: msgspec.Raw
    skipped: tuple[Skip, ...] = ()
    done: int | None = None
    total: int | None = None
    unit: Name = "records"
    statements: tuple[Stated, ...] = ()
