"""A batch: one page of facts as rows, on its way into the store."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from kith.store.affiliation_tellings import Told
from kith.store.partitions import Stand
from kith.store.standings import Rated
from kith.store.statements import Said
from kith.store.states import Change
from kith.store.sweeps import Outcome, Sweep

IDENTITY = (
    "id",
    "network",
    "host",
    "key",
    "kind",
    "name",
    "handle",
    "address",
    "url",
    "avatar_url",
    "verified",
    "seen_at",
)
CHANNEL = ("id", "network", "host", "key", "kind", "name", "url", "parent_id", "visibility", "seen_at")
CONVERSATION = ("id", "channel_id", "network", "host", "key", "title", "url", "opened_by")
INTERACTION = (
    "id", "kind", "native_kind", "actor_id", "target_ids", "target_kinds", "channel_id", "conversation_id", "reply_to",
    "network", "host", "key", "occurred_at", "stated_at", "edited_at", "title", "text", "url", "visibility", "copied",
    "version",
)  # fmt: skip

Row = tuple[Any, ...]


class Claim(NamedTuple):
    id: UUID
    subject_id: UUID
    object_id: UUID
    kind: str
    evidence: str
    edition: str


class Edition(NamedTuple):
    """What the source claimed of this kind from another edition no longer holds."""

    kind: str
    edition: str


class Tombstone(NamedTuple):
    id: UUID
    cause: str
    occurred_at: datetime | None


class Coverage(NamedTuple):
    status: str
    since: datetime
    until: datetime
    reason: str


class Problem(NamedTuple):
    """What could not be read: where, what kind of problem, a sentence, what it was, and which record of the page."""

    place: str
    code: str
    reason: str
    raw: str = ""
    number: int | None = None


@dataclass(slots=True)
class Batch:
    """A page as rows: columns as in IDENTITY, CHANNEL, CONVERSATION and INTERACTION, no id twice in one list.

    interactions: rounds, applied one after the other; more than one only where a page tells of one interaction twice.
    pages: of the connector, since small ones are stored as one. characters: about how many, which is what takes memory.
    stand: whose the cursor is, if not the source's own. swept: what complete sweeps found, once the batch is stored.
    sealed: whether its source is, once its facts are stored. suppressed: identities and acts that were left out then,
    because they are of people who were erased. said: what people said; statements: the place of each, by its number.
    """

    identities: list[Row] = field(default_factory=list)
    channels: list[Row] = field(default_factory=list)
    conversations: list[Row] = field(default_factory=list)
    interactions: list[list[Row]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    editions: list[Edition] = field(default_factory=list)
    affiliations: list[Told] = field(default_factory=list)
    standings: list[Rated] = field(default_factory=list)
    states: list[Change] = field(default_factory=list)
    sweeps: list[Sweep] = field(default_factory=list)
    swept: list[Outcome] = field(default_factory=list)
    tombstones: list[Tombstone] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    pages: int = 1
    records: int = 0
    characters: int = 0
    cursor: str | None = None
    stand: Stand | None = None
    sealed: bool = False
    suppressed: set[UUID] = field(default_factory=set)
