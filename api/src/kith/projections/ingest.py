"""From the records of a page to rows: ids, and stubs of what is only referred to. A bad record never spoils a page."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from math import isfinite
from typing import Any, ClassVar, get_args
from uuid import UUID

import msgspec

from kith.connectors import _records as sdk
from kith.domain.classes import STATES
from kith.domain.employers import employer_domain
from kith.domain.ids import NOWHERE, fact_bytes
from kith.domain.observations import Rank, rank
from kith.projections import statements
from kith.store import ingest
from kith.store.affiliation_tellings import Told
from kith.store.batch import IDENTITY, INTERACTION, Batch, Claim, Coverage, Edition, Problem, Row, Tombstone
from kith.store.db import Db, uuid_of
from kith.store.ingest import FINAL
from kith.store.standings import Rated
from kith.store.statements import Said
from kith.store.states import Change
from kith.store.sweeps import Sweep

# Entries of each look-up table, at about 300 bytes each; a full table starts over, which costs time and nothing else.
CACHE = 100_000

KEY = NAME = 1000  # characters, as in the SDK
TEXT = 1_000_000
LABEL = 200
ADDRESS = 320  # RFC 5321 allows 254; longer ones would not fit into the index
TARGETS = 1_000  # of one act; what is said to more is said to nobody in particular
PLACE = 200
RAW = 4000  # of what could not be read

_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
KIND = IDENTITY.index("kind")  # where an identity's or a channel's row begins to describe
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)
_NETWORK = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_KIND = re.compile(r"[a-z][a-z0-9_]{0,62}")
_IDENTITY_KINDS = frozenset(get_args(sdk.IdentityKind))
_KINDS = frozenset(get_args(sdk.InteractionKind))
_TARGET_KINDS = frozenset(get_args(sdk.TargetKind))
_VISIBILITIES = frozenset(get_args(sdk.Visibility))
_CAUSES = frozenset(get_args(sdk.Cause))
_EVIDENCE = frozenset(get_args(sdk.AffiliationEvidence))

#: One object of a network is said once: whether that is a post, a message or a reply is no part of what makes it one.
_SAID = frozenset(("message", "post", "reply"))

_OCCURRED_AT = INTERACTION.index("occurred_at")

_encode = msgspec.msgpack.Encoder().encode


class Unfit(ValueError):
    """A record that cannot be stored; the message says why."""


class Ingest:
    """Turns the pages of one step of a sync into batches.

    It remembers which identities, channels and conversations it has sent and does not send them again, so an instance
    may live only as long as each of its batches is stored before the next.
    """

    def __init__(self, id_key: bytes, redact: Callable[[str], str] = str, *, statements: bool = False) -> None:
        """redact: takes the source's secrets out of what is kept of a bad record.

        statements: whether a page may have any.
        """
        self._id_key = id_key
        self._redact = redact
        self._takes_statements = statements
        self._identities: dict[sdk.Ref, UUID] = {}
        self._channels: dict[sdk.Ref, UUID] = {}
        self._conversations: dict[sdk.Ref, UUID] = {}
        self._described: dict[sdk.Ref, sdk.Record] = {}

    def batch(self, page: sdk.Page) -> Batch:
        """Return the rows of the page; what cannot be stored is among its problems."""
        for table in (self._identities, self._channels, self._conversations, self._described):
            if len(table) > CACHE:
                table.clear()
        self._identity_rows: dict[UUID, Row] = {}
        self._channel_rows: dict[UUID, Row] = {}
        self._conversation_rows: dict[UUID, Row] = {}
        self._rounds: list[dict[bytes, Row]] = []
        self._characters = 0
        self._claims: dict[UUID, Claim] = {}
        self._tombstones: dict[UUID, Tombstone] = {}
        self.now = datetime.now(UTC)
        self._batch = Batch(records=len(page.records), cursor=bytes(page.cursor).decode())
        self._batch.problems += [self._problem(skip.place, skip.code, skip.reason, skip.raw) for skip in page.skipped]
        for self._number, record in enumerate(page.records):
            try:
                self._TAKES.get(type(record), _unknown)(self, record)
            except (Unfit, TypeError, ValueError, AttributeError, OverflowError) as error:
                problem = self._problem(where(record), "bad_record", str(error), _shown(record))
                self._batch.problems.append(problem._replace(number=self._number))
        self._say(page.statements)
        self._batch.tombstones = [self._tombstones[id_] for id_ in sorted(self._tombstones)]
        self._batch.claims = list(self._claims.values())
        self._batch.identities = list(self._identity_rows.values())
        self._batch.channels = list(self._channel_rows.values())
        self._batch.conversations = list(self._conversation_rows.values())
        self._batch.characters = self._characters
        self._batch.interactions = [_in_order(rows) for rows in self._rounds]
        return self._batch

    def id_of(self, record: sdk.Record) -> UUID | None:
        """Return the id of what the record tells of; None where it is no identity, channel, conversation or act."""
        if isinstance(record, sdk.Interaction | sdk.Tombstone | sdk.Ending):
            return self.act_id(record.ref)
        if isinstance(record, sdk.Identity | sdk.Channel | sdk.Conversation):
            return self._id(type(record).__name__.lower(), record.ref)
        return None

    def act_id(self, ref: sdk.InteractionRef) -> UUID:
        """Return the id of the act that a connector names so."""
        return uuid_of(self._act(ref))

    def _problem(self, place: str, code: str, reason: str, raw: str) -> Problem:
        reason, raw = self._redact(reason[: 2 * NAME]), self._redact(raw[: 2 * RAW])
        return Problem(_place(self._redact(place)), _place(code), clean(reason)[:NAME], clean(raw)[:RAW])

    def identity_id(self, ref: sdk.Ref) -> UUID:
        """Return the id of an identity, which will be there with the batch."""
        return self._identity_id(ref)

    def channel_id(self, ref: sdk.Ref) -> UUID:
        """Return the id of a channel, which will be there with the batch."""
        return self._channel_id(ref)

    def own_id(self, noun: str, key: str, moment: datetime | None) -> UUID:
        """Return the id of a statement with this key."""
        return statements.own_id(self._id_key, noun, key, moment)

    def _say(self, said: Sequence[sdk.Stated]) -> None:
        self._batch.records += len(said)
        for number, statement in enumerate(said):
            try:
                self._batch.said += self._rows_of(statement, number)
            except (Unfit, TypeError, ValueError, AttributeError, OverflowError) as error:
                self._batch.problems.append(
                    self._problem(where(statement), "bad_record", str(error), _shown(statement))
                )
        self._batch.statements = [where(statement) for statement in said] if self._batch.said else []

    def _rows_of(self, said: sdk.Stated, number: int) -> list[Said]:
        if not self._takes_statements:
            raise Unfit("what people said is no connector's to tell")
        return statements.rows(self, said, number)

    def _interaction(self, record: sdk.Interaction) -> None:
        ref, visibility, occurred_at, edited_at = record.ref, record.visibility, record.occurred_at, record.edited_at
        if visibility not in _VISIBILITIES:
            raise Unfit(f"visibility {visibility!r} is not one of {', '.join(sorted(_VISIBILITIES))}")
        for moment in (occurred_at, edited_at, record.arrived_at):
            if moment is not None and not _EARLIEST < moment < _LATEST:
                raise Unfit("occurred_at, edited_at or arrived_at is beyond the years 1 to 9999")
        identities = self._identities
        actor_id = identities.get(record.actor) or self._identity_id(record.actor)
        targets: dict[UUID, str] = {}
        told = record.targets if len(record.targets) <= TARGETS else self._first_targets(record)
        for target in told:
            if target.kind not in _TARGET_KINDS:
                raise Unfit(f"target kind {target.kind!r} is not one of {', '.join(sorted(_TARGET_KINDS))}")
            targets.setdefault(identities.get(target.identity) or self._identity_id(target.identity), target.kind)
        channel_id = record.channel and (self._channels.get(record.channel) or self._channel_id(record.channel))
        conversation_id = record.conversation and (
            self._conversations.get(record.conversation) or self._conversation_id(record.conversation)
        )
        reply_to = record.reply_to and self._act(record.reply_to)
        native_kind = _text(record.native_kind, NAME, "native_kind")
        title = _text(record.title, TEXT, "title")
        text = _text(record.text, TEXT, "text")
        url = _text(record.url, NAME, "url")
        self._characters += len(title or "") + len(text or "") + 100 * len(told)
        id_ = self._act(ref)
        target_ids, target_kinds = list(targets), list(targets.values())
        # Neither source nor channel: the same message read elsewhere is the same. Nor what kith settles itself: whom an
        # answer is towards, and its conversation.
        stated = targets if reply_to is None else {id_: kind for id_, kind in targets.items() if kind != "reply"}
        content = (
            native_kind, actor_id.bytes, [target.bytes for target in stated], list(stated.values()),
            None if reply_to else conversation_id and conversation_id.bytes, reply_to,
            None if ref.kind in STATES else occurred_at, edited_at, title,
            text, url, visibility, *((ref.kind,) if ref.kind in _SAID else ()),
        )  # fmt: skip
        version = blake2b(_encode(content), digest_size=16).digest()
        arrived_at = self.now if record.arrived_at is None else min(record.arrived_at, self.now)
        stated_at = None
        if occurred_at > arrived_at:
            occurred_at, stated_at = arrived_at, occurred_at
        if ref.kind in STATES:
            self._batch.states.append(Change(uuid_of(id_), occurred_at, True))
        row = (
            uuid_of(id_), ref.kind, native_kind, actor_id, target_ids, target_kinds, channel_id, conversation_id,
            reply_to and uuid_of(reply_to), ref.network, ref.host, ref.key, occurred_at, stated_at,
            edited_at and min(edited_at, self.now), title, text, url, visibility, record.copied, version,
        )  # fmt: skip
        for rows in self._rounds:
            earlier = rows.setdefault(id_, row)
            if earlier is row or (earlier[-1] == version and earlier[6] == channel_id):
                return
        self._rounds.append({id_: row})

    def _first_targets(self, record: sdk.Interaction) -> tuple[sdk.Target, ...]:
        """Return as many targets as an act may have, each once, and tell of the others."""
        each: dict[sdk.Ref, sdk.Target] = {}
        for target in record.targets:
            each.setdefault(target.identity, target)
        if left := len(each) - len(kept := tuple(each.values())[:TARGETS]):
            reason = f"{left:,} of {len(each):,} targets are left out: an act has at most {TARGETS:,}"
            self._batch.problems.append(Problem(where(record), "targets_left_out", reason, number=self._number))
        return kept

    def _identity(self, record: sdk.Identity) -> None:
        id_ = self._identities.get(record.ref) or self._identity_id(record.ref)
        if self._described.get(record.ref) == record:
            return
        if record.kind not in _IDENTITY_KINDS:
            raise Unfit(f"kind {record.kind!r} is not one of {', '.join(sorted(_IDENTITY_KINDS))}")
        address = _text(record.address, ADDRESS, "address")
        row = (
            id_, record.ref.network, record.ref.host, record.ref.key, record.kind, _text(record.name, NAME, "name"),
            _text(record.handle, NAME, "handle"), address and address.lower(), _text(record.url, NAME, "url"),
            _text(record.avatar_url, NAME, "avatar_url"), bool(record.verified), self._seen(record.seen_at),
        )  # fmt: skip
        _keep_newer(self._identity_rows, row)
        self._described[record.ref] = record

    def _channel(self, record: sdk.Channel) -> None:
        id_ = self._channels.get(record.ref) or self._channel_id(record.ref)
        if self._described.get(record.ref) == record:
            return
        if record.visibility not in _VISIBILITIES or not _KIND.fullmatch(record.kind):
            raise Unfit(f"visibility {record.visibility!r} or kind {record.kind!r} is none that the SDK allows")
        row = (
            id_, record.ref.network, record.ref.host, record.ref.key, record.kind, _text(record.name, NAME, "name"),
            _text(record.url, NAME, "url"), record.parent and self._channel_id(record.parent), record.visibility,
            self._seen(record.seen_at),
        )  # fmt: skip
        if row[5] is None:
            raise Unfit("a channel must have a name")
        _keep_newer(self._channel_rows, row)
        self._described[record.ref] = record

    def _conversation(self, record: sdk.Conversation) -> None:
        id_ = self._conversations.get(record.ref) or self._conversation_id(record.ref)
        ref, title, url = record.ref, _text(record.title, TEXT, "title"), _text(record.url, NAME, "url")
        self._characters += len(title or "")
        channel_id = record.channel and self._channel_id(record.channel)
        if known := self._conversation_rows.get(id_):
            channel_id, title, url = channel_id or known[1], title or known[5], url or known[6]
        self._conversation_rows[id_] = (
            id_, channel_id, ref.network, ref.host, ref.key, title, url, self._opened_by(ref)
        )  # fmt: skip

    def _claim(self, record: sdk.Claim) -> None:
        subject, object_ = record.subject, record.object
        if not _KIND.fullmatch(record.kind):
            raise Unfit(f"kind {record.kind!r} must be a lower-case word")
        evidence = _text(record.evidence, TEXT, "evidence") or ""
        self._characters += len(evidence)
        parts = (*_parts(subject), *_parts(object_), record.kind, evidence)
        id_ = uuid_of(fact_bytes(self._id_key, "claim", parts))
        edition = _text(record.edition, NAME, "edition") or ""
        one_id, other_id = self._identity_id(subject), self._identity_id(object_)
        self._claims[id_] = Claim(id_, one_id, other_id, record.kind, evidence, edition)

    def _sweep(self, record: sdk.Sweep) -> None:
        if not record.kinds or not _KINDS.issuperset(record.kinds) or record.phase not in ("begun", "complete"):
            raise Unfit("a sweep is begun or complete, and names kinds of interactions")
        channel_id = self._channel_id(record.channel) if record.channel else NOWHERE
        kinds = tuple(sorted(set(record.kinds)))
        self._batch.sweeps.append(Sweep(record.phase == "begun", kinds, channel_id, _time(record.since)))

    def _ending(self, record: sdk.Ending) -> None:
        if record.ref.kind not in STATES:
            raise Unfit(f"what {record.ref.kind!r} does ends by itself; {', '.join(STATES)} begin what may end")
        occurred_at = min(_time(record.occurred_at) or self.now, self.now)
        self._batch.states.append(Change(uuid_of(self._act(record.ref)), occurred_at, False))

    def _affiliation(self, record: sdk.Affiliation) -> None:
        if record.evidence not in _EVIDENCE:
            raise Unfit(f"evidence {record.evidence!r} is not one of {', '.join(sorted(_EVIDENCE))}")
        organization = " ".join((_text(record.organization, LABEL, "organization") or "").split())
        if not organization:
            raise Unfit("an organization must have a name")
        if record.since and record.until and record.since > record.until:
            raise Unfit("an affiliation ends before it begins")
        domain = employer_domain(f"somebody@{record.domain}") if record.domain else None
        title, seen_at = _text(record.title, LABEL, "title"), self._seen(record.seen_at)
        identity_id, seen = self._identity_id(record.identity), seen_at and seen_at.astimezone(UTC).date()
        self._batch.affiliations.append(
            Told(identity_id, organization, domain, record.evidence, record.since, record.until, title, seen)
        )

    def _standing(self, record: sdk.Standing) -> None:
        if not _KIND.fullmatch(record.kind):
            raise Unfit(f"kind {record.kind!r} must be a lower-case word")
        channel_id = self._channel_id(record.channel) if record.channel else NOWHERE
        value, seen_at = float(record.value), _time(min(record.seen_at, self.now)) or self.now
        label = _text(record.label, LABEL, "label") or ""
        if not isfinite(value):
            raise Unfit("value is no number")
        identity_id = self._identity_id(record.identity)
        self._batch.standings.append(Rated(identity_id, channel_id, record.kind, label, value, seen_at))

    def _edition(self, record: sdk.Edition) -> None:
        if not _KIND.fullmatch(record.kind):
            raise Unfit(f"kind {record.kind!r} must be a lower-case word")
        self._batch.editions.append(Edition(record.kind, _text(record.edition, NAME, "edition") or ""))

    def _tombstone(self, record: sdk.Tombstone) -> None:
        if record.cause not in _CAUSES:
            raise Unfit(f"cause {record.cause!r} is not one of {', '.join(sorted(_CAUSES))}")
        id_ = self._act(record.ref)
        if record.cause not in FINAL:  # what the page told before is taken back; what it tells after this counts again
            for rows in self._rounds:
                rows.pop(id_, None)
        tombstone = Tombstone(uuid_of(id_), record.cause, _time(record.occurred_at))
        self._tombstones[tombstone.id] = tombstone

    def _coverage(self, record: sdk.Coverage) -> None:
        since, until = _time(record.since), _time(record.until)
        if record.status not in ("read", "gap", "truncated") or since is None or until is None or since > until:
            raise Unfit("a coverage needs the status read, gap or truncated, and a period that ends after it begins")
        if record.status == "read":  # what is to come was not read
            until = min(until, self.now)
            if since > self.now:
                raise Unfit("the period lies in the future; nothing can have been read of it")
        if since < until:
            reason = _text(record.reason, NAME, "reason") or ""
            self._batch.coverage.append(Coverage(record.status, since, until, reason))

    def _seen(self, moment: datetime | None) -> datetime | None:
        """Return when something was seen; None where a clock lied: it says nothing of what is newer."""
        return None if moment is not None and moment > self.now else _time(moment)

    def _act(self, ref: sdk.InteractionRef) -> bytes:
        """Return the id of an interaction, as bytes."""
        if ref.kind not in _KINDS:
            raise Unfit(f"kind {ref.kind!r} is none of an interaction")
        _check(ref)
        parts = _parts(ref) if ref.kind in _SAID else (*_parts(ref), ref.kind)
        return fact_bytes(self._id_key, "interaction", parts if ref.actor is None else (*parts, *_parts(ref.actor)))

    def _identity_id(self, ref: sdk.Ref) -> UUID:
        """Return the id; where it is new to this step, a stub waits for a record that describes it."""
        if known := self._identities.get(ref):
            return known
        id_ = self._id("identity", ref)
        stub = (id_, ref.network, ref.host, ref.key, "unknown", None, None, None, None, None, False, None)
        self._identity_rows.setdefault(id_, stub)
        self._identities[ref] = id_
        return id_

    def _channel_id(self, ref: sdk.Ref) -> UUID:
        if known := self._channels.get(ref):
            return known
        id_ = self._id("channel", ref)
        stub = (id_, ref.network, ref.host, ref.key, "unknown", ref.key, None, None, "private", None)
        self._channel_rows.setdefault(id_, stub)
        self._channels[ref] = id_
        return id_

    def _conversation_id(self, ref: sdk.Ref) -> UUID:
        if known := self._conversations.get(ref):
            return known
        id_ = self._id("conversation", ref)
        stub = (id_, None, ref.network, ref.host, ref.key, None, None, self._opened_by(ref))
        self._conversation_rows.setdefault(id_, stub)
        self._conversations[ref] = id_
        return id_

    def _opened_by(self, ref: sdk.Ref) -> UUID:
        """Return the id of the act after which a conversation is named, if there is one."""
        return uuid_of(fact_bytes(self._id_key, "interaction", _parts(ref)))

    def _id(self, noun: str, ref: sdk.Ref) -> UUID:
        _check(ref)
        if not _NETWORK.fullmatch(ref.network):
            raise Unfit(f"network {ref.network!r} must be a lower-case word")
        return uuid_of(fact_bytes(self._id_key, noun, _parts(ref)))

    _TAKES: ClassVar[dict[type, Callable[["Ingest", Any], None]]] = {
        sdk.Interaction: _interaction,
        sdk.Identity: _identity,
        sdk.Channel: _channel,
        sdk.Conversation: _conversation,
        sdk.Claim: _claim,
        sdk.Edition: _edition,
        sdk.Tombstone: _tombstone,
        sdk.Coverage: _coverage,
        sdk.Sweep: _sweep,
        sdk.Ending: _ending,
        sdk.Affiliation: _affiliation,
        sdk.Standing: _standing,
    }


async def find_refused(
    db: Db, workspace_id: UUID, source_id: UUID, id_key: bytes, records: Sequence[sdk.Record], first: int = 0
) -> list[Problem]:
    """Return the problems of the records that PostgreSQL refuses, found by halving; nothing is stored."""
    reason = await _try(db, workspace_id, source_id, id_key, records)
    if reason is None:
        return []
    if len(records) == 1:
        return [Problem(where(records[0]), "refused", reason, number=first)]
    half = len(records) // 2
    return [
        *await find_refused(db, workspace_id, source_id, id_key, records[:half], first),
        *await find_refused(db, workspace_id, source_id, id_key, records[half:], first + half),
    ]


async def _try(db: Db, workspace_id: UUID, source_id: UUID, id_key: bytes, records: Sequence[sdk.Record]) -> str | None:
    """Store the records and undo it; return why PostgreSQL refuses them, None where it does not."""
    batch = Ingest(id_key).batch(sdk.Page(tuple(records), msgspec.Raw(b"null")))
    await db.execute("SAVEPOINT trial")
    try:
        await ingest.apply(db, workspace_id, source_id, None, batch)
    except ingest.REFUSED as error:
        return clean(str(error))
    finally:
        await db.execute("ROLLBACK TO SAVEPOINT trial")
    return None


def _in_order(rows: dict[bytes, Row]) -> list[Row]:
    """Return the interactions by time, then by id.

    Any one order will do for two pages that share interactions, so that they never wait for each other in a circle. In
    this one, what was said in one conversation stands together, and so do the pages of the indexes that it goes into: a
    row costs PostgreSQL a third less than in the order of ids, which are hashes.
    """
    return [row for _, row in sorted(rows.items(), key=lambda item: (item[1][_OCCURRED_AT], item[0]))]


def _unknown(_: Ingest, __: object) -> None:
    raise Unfit("not a record of the SDK")


def _parts(ref: sdk.Ref | sdk.InteractionRef) -> tuple[str, str, str]:
    return ref.network, ref.host, ref.key


def _check(ref: sdk.Ref | sdk.InteractionRef) -> None:
    if not 0 < len(ref.key) <= KEY or len(ref.host) > NAME or len(ref.network) > NAME:
        raise Unfit(f"a key has 1 to {KEY} characters, a host at most {NAME}")
    if "\0" in ref.key or "\0" in ref.host:
        raise Unfit("a key holds a NUL character")


def _text(value: str | None, limit: int, field: str) -> str | None:
    """Return the text without NUL, which PostgreSQL cannot store, and without half characters."""
    if value is None:
        return None
    if len(value) > limit:
        raise Unfit(f"{field} has {len(value):,} characters; {limit:,} are allowed")
    if not value.isascii():
        value.encode()  # raises where half of a surrogate pair stands alone
    return value.replace("\0", "") if "\0" in value else value


def _time(value: datetime | None) -> datetime | None:
    if value is not None and not _EARLIEST < value < _LATEST:
        raise Unfit("a time is beyond the years 1 to 9999")
    return value


def _keep_newer(rows: dict[UUID, Row], row: Row) -> None:
    """Keep, of two descriptions, the one that the store would keep."""
    known = rows.get(row[0])
    if known is None or _rank(row) > _rank(known):
        rows[row[0]] = row


def _rank(row: Row) -> Rank:
    *columns, seen_at = row[KIND:]
    return rank(row[KIND], columns, seen_at)


def clean(text: str) -> str:
    return text.replace("\0", "").encode(errors="replace").decode()


def _shown(record: object) -> str:
    """Return a record as it is kept for a human to look at."""
    try:
        return msgspec.json.encode(record).decode()
    except (TypeError, ValueError, OverflowError):
        return repr(record)


def _place(text: str) -> str:
    return clean(text[:PLACE])


def where(record: sdk.Record | sdk.Stated) -> str:
    """Return the kind of a record and its key, as far as it has one."""
    key = getattr(getattr(record, "ref", record), "key", "")
    return _place(f"{type(record).__name__.lower()} {key}".strip())
