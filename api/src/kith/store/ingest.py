"""Ingest: one page of facts, with its cursor and coverage, in one transaction.

Rows are copied into temporary tables (row-level security forbids COPY into the real ones) and applied by statements
over sets. Rows that several pages may touch at the same time are written in one order, interactions by time and all
else by key, so that pages do not lock each other out. Contact and activity are sums of whole numbers: what replaces or
deletes an interaction subtracts exactly what it had added.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from kith.domain.classes import STATES
from kith.domain.ids import NOWHERE
from kith.store import (
    affiliation_tellings,
    locks,
    observations,
    partitions,
    reach,
    retention,
    sealing,
    standings,
    statements,
    states,
    sums,
    suppressions,
    sweeps,
    tellings,
)
from kith.store.batch import (
    CHANNEL,
    CONVERSATION,
    IDENTITY,
    INTERACTION,
    Batch,
    Claim,
    Coverage,
    Problem,
    Tombstone,
)
from kith.store.db import Db, in_turn
from kith.store.locks import Lock
from kith.store.states import Change
from kith.store.sweeps import Outcome

#: Causes by which an act is gone for good, whoever tells of it; of all others, that one source has it no more.
FINAL = ("deleted", "redacted", "policy")

#: Acts that speak to the author of what they answer.
TALK = ("message", "post", "reply", "comment", "question", "answer", "quote")

#: What asyncpg and PostgreSQL raise about a value rather than about the state of things.
REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
)


class Counts(NamedTuple):
    """Interactions that a page added, changed and deleted."""

    added: int = 0
    changed: int = 0
    deleted: int = 0


async def apply(db: Db, workspace_id: UUID, source_id: UUID, run_id: UUID | None, batch: Batch) -> Counts:
    """Store the batch; the caller's transaction makes it whole. Applying it again changes nothing.

    Raises one of REFUSED where a value cannot be stored.
    """
    await stage(db, batch)
    counts = await add(db, workspace_id, source_id, batch)
    await account(db, workspace_id, source_id, run_id, batch, counts)
    return counts


async def stage(db: Db, batch: Batch) -> None:
    """Copy the batch into temporary tables, where it is in nobody's way: the first third of ``apply``."""
    await in_turn(db, _STAGE)
    await _copy(db, batch)


async def _copy(db: Db, batch: Batch) -> None:
    for table, columns, rows in (
        ("staged_identities", IDENTITY, batch.identities),
        ("staged_channels", CHANNEL, batch.channels),
        ("staged_conversations", CONVERSATION, batch.conversations),
        ("staged_interactions", INTERACTION, batch.interactions[0] if batch.interactions else []),
    ):
        if rows:
            await db.copy_records_to_table(table, records=rows, columns=columns)


async def add(db: Db, workspace_id: UUID, source_id: UUID, batch: Batch) -> Counts:
    """Store the facts of the batch that was just staged: the second third of ``apply``."""
    # Pages run side by side; a page with tombstones runs alone, so that no other page is half-way through adding
    # what it deletes; and one that begins or completes a sweep, so that it sees what those before it did, and those
    # behind it what it did. A rebuild takes the same lock.
    await lock(db, workspace_id, alone=bool(batch.tombstones or batch.sweeps))
    batch.sealed = await sealing.enter(db, workspace_id, source_id)
    held = await suppressions.hold_back(db, workspace_id, batch)
    if await retention.hold_back(db, workspace_id, source_id, batch) or held:
        await db.execute("TRUNCATE staged_identities, staged_channels, staged_conversations, staged_interactions")
        await _copy(db, batch)
    await _describe(db, workspace_id, source_id, batch)
    added = changed = deleted = 0
    if batch.tombstones:
        deleted = await _delete(db, workspace_id, source_id, batch.tombstones)
    for number, rows in enumerate(batch.interactions):
        if number == 0:
            added = _number(await db.execute(_ADD, workspace_id, source_id))
            await db.execute(_RISE, workspace_id)
            if 0 < added < len(rows):
                await db.execute(_UNSTAGE_NEW)
        else:
            await db.copy_records_to_table("staged_interactions", records=rows, columns=INTERACTION)
        if number > 0 or added < len(rows):
            await db.execute(_TELL, workspace_id, source_id)
            changed += await _edit_known(db, workspace_id, source_id)
        await db.execute("TRUNCATE staged_interactions")
    await states.change(db, workspace_id, source_id, batch.states)
    deleted += await _sweep(db, workspace_id, source_id, batch)
    if batch.claims:
        await _claim(db, workspace_id, source_id, batch.claims)
    await affiliation_tellings.tell(db, workspace_id, source_id, batch.affiliations)
    await standings.tell(db, workspace_id, source_id, batch.standings)
    for edition in batch.editions:
        await db.execute(_RETRACT, workspace_id, source_id, *edition)
    return Counts(added, changed, deleted)


async def account(
    db: Db, workspace_id: UUID, source_id: UUID, run_id: UUID | None, batch: Batch, counts: Counts
) -> None:
    """Store what follows from the facts just added: sums, touches, coverage, cursor and the run's counters.

    The last third of ``apply``, all in one transaction; the next page may be staged and added in others meanwhile.
    """
    await _account(db, workspace_id)
    if batch.said:
        problems = await statements.put(db, workspace_id, batch.said, REFUSED)
        batch.problems += [Problem(batch.statements[n], "refused", reason[:1000]) for n, reason in problems.items()]
    described = [id_ for claim in batch.claims for id_ in claim[1:3]] + [
        told.identity_id for told in batch.affiliations
    ]
    await db.execute(_TOUCH, workspace_id, described)
    if batch.sealed:
        await sealing.settle(db, workspace_id)
    for period in batch.coverage:
        await _cover(db, workspace_id, source_id, period)
    await _reach(db, workspace_id, source_id, batch)
    if batch.cursor is not None and batch.stand is not None:
        await partitions.save_cursor(db, workspace_id, source_id, batch.stand, batch.cursor)
    elif batch.cursor is not None:
        await db.execute(_CURSOR, workspace_id, source_id, batch.cursor)
    if run_id is not None:
        await _report(db, workspace_id, run_id, batch, counts)


async def begin_changes(db: Db, workspace_id: UUID, ids: Sequence[UUID]) -> None:
    """Note what these stored interactions add to the ledgers, before a statement changes them outside a page."""
    await in_turn(db, _STAGE)
    await db.execute("TRUNCATE staged_changes, staged_identities, staged_channels, staged_conversations")
    await db.execute(_NOTE, workspace_id, ids, -1)


async def end_changes(db: Db, workspace_id: UUID, ids: Sequence[UUID]) -> dict[str, list[UUID]]:
    """Bring the ledgers up to date with what became of them since ``begin_changes``; return the ids it touched."""
    await db.execute(_NOTE, workspace_id, ids, 1)
    await _account(db, workspace_id)
    touched = await db.fetchrow(f"WITH {_TOUCHED} SELECT * FROM touched", workspace_id, [])
    await db.execute("TRUNCATE staged_changes")
    return dict(touched or {})


async def lock(db: Db, workspace_id: UUID, *, alone: bool) -> None:
    """Wait until this transaction may write facts of the workspace: beside other pages, or alone."""
    await locks.hold(db, workspace_id, Lock.FACTS, shared=not alone)


async def _describe(db: Db, workspace_id: UUID, source_id: UUID, batch: Batch) -> None:
    for table, rows in (
        ("identities", batch.identities),
        ("channels", batch.channels),
        ("conversations", batch.conversations),
    ):
        if not rows:
            continue
        added = await db.fetchval(_INSERT[table], workspace_id, source_id)
        if added < len(rows):
            if table == "identities":
                await tellings.tell(db, workspace_id, source_id)
            await db.execute(_UPDATE[table], workspace_id, source_id)
        if added and table == "identities":
            await db.execute(_OWN_PERSON, workspace_id)


async def _edit_known(db: Db, workspace_id: UUID, source_id: UUID) -> int:
    """Replace what was edited, note what that changes, and return how many contents were replaced."""
    if not _number(await db.execute(_COMPARE, workspace_id)):
        return 0
    await db.execute(_KEEP_VERSIONS, workspace_id)
    await db.execute(_AWAIT_AUTHOR, workspace_id)
    await db.execute(_NOTE_EDITS, workspace_id, -1)
    await states.keep_beginnings(db, workspace_id, source_id)
    edited = _number(await db.execute(_REPLACE, workspace_id, source_id))
    await db.execute(_MOVE, workspace_id)
    await db.execute(_NOTE_EDITS, workspace_id, 1)
    await db.execute(_SEE, workspace_id)
    await db.execute(_SEE_WHEN, workspace_id)
    await db.execute(_NOTE_SIGHTINGS, workspace_id, await db.fetchval("SELECT array_agg(id) FROM staged_edits"))
    await db.execute("TRUNCATE staged_edits")
    return edited


async def _delete(db: Db, workspace_id: UUID, source_id: UUID, tombstones: Sequence[Tombstone]) -> int:
    """Delete what is gone for good or has no source any more, and return how many interactions that were."""
    final = [tombstone for tombstone in tombstones if tombstone.cause in FINAL]
    lost = {tombstone.id: tombstone for tombstone in tombstones if tombstone.cause not in FINAL}
    gone = await _untell(db, workspace_id, source_id, list(lost))
    return await _bury(db, workspace_id, source_id, final + [lost[id_] for id_ in gone])


async def _sweep(db: Db, workspace_id: UUID, source_id: UUID, batch: Batch) -> int:
    """Carry out what complete sweeps found, and return how many interactions are gone."""
    await sweeps.begin(db, workspace_id, source_id, [sweep for sweep in batch.sweeps if sweep.begun])
    id_, kind, channel = (INTERACTION.index(name) for name in ("id", "kind", "channel_id"))
    told = [(row[id_], row[kind], row[channel]) for rows in batch.interactions for row in rows]
    await sweeps.see(db, workspace_id, source_id, told)
    batch.swept = [
        await sweeps.complete(db, workspace_id, source_id, sweep) for sweep in batch.sweeps if not sweep.begun
    ]
    return sum([await _lose(db, workspace_id, source_id, found) for found in batch.swept if not found.is_refused])


async def _lose(db: Db, workspace_id: UUID, source_id: UUID, outcome: Outcome) -> int:
    """Take away what a sweep did not see, and return how many interactions are gone."""
    now = await db.fetchval("SELECT now()")
    await states.change(db, workspace_id, source_id, [Change(ended_id, now, False) for ended_id in outcome.ended])
    return await _delete(db, workspace_id, source_id, [Tombstone(gone_id, "gone", now) for gone_id in outcome.gone])


async def _untell(db: Db, workspace_id: UUID, source_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """Note that the source has these interactions no more; return those that no other source has, in order."""
    found = await db.fetch(_HEIRS, workspace_id, source_id, ids) if ids else []
    await db.execute(_UNTELL, workspace_id, source_id, [row["id"] for row in found])
    if kept := [row for row in found if row["heir_id"]]:
        await _leave(db, workspace_id, [row["id"] for row in kept], [row["heir_id"] for row in kept])
    return [row["id"] for row in found if row["heir_id"] is None]


async def _leave(db: Db, workspace_id: UUID, ids: Sequence[UUID], heir_ids: Sequence[UUID]) -> None:
    """Let interactions stay with other sources, and in no channel but theirs."""
    await db.execute(_NOTE_SIGHTINGS, workspace_id, ids)
    await db.execute(_FIND_HOME, workspace_id, ids)
    await db.execute(_NOTE_EDITS, workspace_id, -1)
    await db.execute(_MOVE, workspace_id)
    await db.execute(_NOTE_EDITS, workspace_id, 1)
    await db.execute("TRUNCATE staged_edits")
    await db.execute(_UNSEE, workspace_id, ids)
    await db.execute(_INHERIT, workspace_id, ids, heir_ids)


async def _bury(db: Db, workspace_id: UUID, source_id: UUID, tombstones: Sequence[Tombstone]) -> int:
    """Delete interactions, note what that changes, and return how many were there."""
    if not tombstones:
        return 0
    ids, causes, times = zip(*tombstones, strict=True)
    await db.execute(_BURY, workspace_id, source_id, ids, causes, times, FINAL)
    await db.execute(_NOTE_SIGHTINGS, workspace_id, ids)
    await states.forget(db, workspace_id, ids)
    for table in ("sightings", "tellings"):
        query = f"DELETE FROM {table} WHERE workspace_id = $1 AND interaction_id = ANY ($2)"
        await db.execute(query, workspace_id, ids)
    return _number(await db.execute(_DELETE, workspace_id, ids))


async def take_back(db: Db, workspace_id: UUID, source_id: UUID, most: int, *, sealed: bool) -> int:
    """Withdraw what only this source has, its claims and so many of its acts; the others stay with who has them too.

    Returns how many acts it had, of which it has none now: 0 when all is done. The caller's transaction holds one step.
    What is withdrawn comes back as soon as a source tells of it. sealed: from the facts of sealed sources.
    """
    await lock(db, workspace_id, alone=True)
    await sealing.go(db, sealed=sealed)
    await in_turn(db, _STAGE)
    await db.execute(_RETRACT, workspace_id, source_id, None, None)
    affiliated = await affiliation_tellings.take_back(db, workspace_id, source_id)
    await standings.take_back(db, workspace_id, source_id)
    ids: list[UUID] = await db.fetchval(_TOLD, workspace_id, source_id, most)
    gone = await _untell(db, workspace_id, source_id, ids)
    await db.execute(_UNTELL, workspace_id, source_id, ids)
    await _bury(db, workspace_id, source_id, [Tombstone(id_, "withdrawn", None) for id_ in gone])
    await _account(db, workspace_id)
    await db.execute(_TOUCH, workspace_id, affiliated)
    if sealed:
        await sealing.settle(db, workspace_id)
    return len(ids)


async def let_go(db: Db, workspace_id: UUID, source_id: UUID, ids: Sequence[UUID], *, sealed: bool) -> None:
    """Withdraw acts that a source may keep no longer, with what they said before; others keep those that they tell.

    sealed: from the facts of sealed sources.
    """
    await lock(db, workspace_id, alone=True)
    await sealing.go(db, sealed=sealed)
    await in_turn(db, _STAGE)
    gone = await _untell(db, workspace_id, source_id, ids)
    await db.execute(_UNTELL, workspace_id, source_id, ids)
    await _bury(db, workspace_id, source_id, [Tombstone(id_, "withdrawn", None) for id_ in gone])
    await retention.forget_versions(db, workspace_id, gone)
    await _account(db, workspace_id)
    await db.execute(_TOUCH, workspace_id, [])
    await db.execute("TRUNCATE staged_changes")
    if sealed:
        await sealing.settle(db, workspace_id)


class Erased(NamedTuple):
    """Acts of identities that are gone, acts of others that were towards them, and what that touched."""

    act_ids: list[UUID]
    towards: list[UUID]
    touched: dict[str, list[UUID]]


async def erase(db: Db, workspace_id: UUID, identity_ids: Sequence[UUID], *, sealed: bool) -> Erased:
    """Delete the acts of identities with every version, and let those of others be towards them no more.

    No tombstone stays. sealed: from the facts of sealed sources. db: holds the locks of FACTS and PROJECTIONS alone.
    """
    await sealing.go(db, sealed=sealed)
    ids = list(identity_ids)
    mine: list[UUID] = await db.fetchval(_ACTS_OF, workspace_id, ids)
    towards: list[UUID] = await db.fetchval(_ACTS_TOWARDS, workspace_id, ids)
    await begin_changes(db, workspace_id, mine + towards)
    await db.execute(_NOTE_SIGHTINGS, workspace_id, mine)
    await states.forget(db, workspace_id, mine)
    for table in (
        "sightings",
        "tellings",
        "sweep_sightings",
        "awaited",
        "ask_acts",
        "ask_statements",
        "reply_statements",
        "mention_hits",
        "mention_verdicts",
        "mentions",
        "interactions",
    ):
        column = "id" if table == "interactions" else "interaction_id"
        await db.execute(f"DELETE FROM {table} WHERE workspace_id = $1 AND {column} = ANY ($2)", workspace_id, mine)
    await db.execute(_FORGET_VERSIONS, workspace_id, mine, [id_.hex for id_ in ids])
    await db.execute(_UNADDRESS, workspace_id, towards, ids)
    for row in await db.fetch(_TAKE_ADDRESSED_VERSIONS, workspace_id, [str(id_) for id_ in ids]):
        targets = zip(row["content"]["target_ids"], row["content"]["target_kinds"], strict=True)
        kept = [(id_, kind) for id_, kind in targets if UUID(id_) not in set(ids)]
        content = row["content"] | {
            "target_ids": [id_ for id_, _ in kept],
            "target_kinds": [kind for _, kind in kept],
        }
        await db.execute(_KEEP_VERSION, *tuple(row)[:3], content, *tuple(row)[4:])
    await db.execute("ANALYZE staged_changes")
    return Erased(mine, towards, await end_changes(db, workspace_id, towards))


async def accept_sweeps(db: Db, workspace_id: UUID, source_id: UUID) -> int:
    """Take away what refused sweeps of a source did not see; return how many acts are gone or have ended."""
    await lock(db, workspace_id, alone=True)
    await in_turn(db, _STAGE)
    found = await sweeps.take_refused(db, workspace_id, source_id)
    gone = sum([await _lose(db, workspace_id, source_id, outcome) for outcome in found])
    await _account(db, workspace_id)
    await db.execute(_TOUCH, workspace_id, [])
    return gone + sum(len(outcome.ended) for outcome in found)


async def _account(db: Db, workspace_id: UUID) -> None:
    """Bring timeline and sums up to date with what was noted."""
    await db.execute(_ACCOUNT, workspace_id)
    if await db.fetchval("SELECT EXISTS (SELECT FROM staged_changes WHERE sign < 0)"):
        await db.execute(_FORGET_TARGETS, workspace_id)
        await db.execute(_FORGET_CONTACT, workspace_id)
        await db.execute(_FORGET_ACTIVITY, workspace_id)
        await db.execute(_FORGET_DAYS, workspace_id)
        await db.execute(_FORGET_CHANNELS, workspace_id)


async def _claim(db: Db, workspace_id: UUID, source_id: UUID, claims: Sequence[Claim]) -> None:
    await db.execute(_CLAIM, workspace_id, source_id, *zip(*claims, strict=True))


async def _cover(db: Db, workspace_id: UUID, source_id: UUID, period: Coverage) -> None:
    if period.status == "read":
        await db.execute(_COVER, workspace_id, source_id, period.since, period.until)
        await db.execute(_CLOSE_GAPS, workspace_id, source_id)
    else:
        await db.execute(_GAP, workspace_id, source_id, *period)


async def _reach(db: Db, workspace_id: UUID, source_id: UUID, batch: Batch) -> None:
    channel, moment, stated = (INTERACTION.index(name) for name in ("channel_id", "occurred_at", "stated_at"))
    told = [row for rows in batch.interactions for row in rows]
    read = [period.until - timedelta(microseconds=1) for period in batch.coverage if period.status == "read"]
    until = max((*read, *(row[moment] for row in told if row[stated] is None)), default=None)
    await reach.extend(db, workspace_id, source_id, {row[channel] or NOWHERE for row in told}, until)


async def _report(db: Db, workspace_id: UUID, run_id: UUID, batch: Batch, counts: Counts) -> None:
    if batch.problems:
        await db.execute(
            _PROBLEMS, workspace_id, run_id, *zip(*(problem[:4] for problem in batch.problems), strict=True)
        )
    await db.execute(_COUNT, workspace_id, run_id, batch.pages, batch.records, *counts, len(batch.problems))


def _number(status: str) -> int:
    """Return how many rows a statement wrote, from its status such as ``INSERT 0 17``."""
    return int(status.rpartition(" ")[2])


def _stage(name: str, table: str, columns: Sequence[str]) -> str:
    return (
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ON COMMIT DELETE ROWS"
        f" AS SELECT {', '.join(columns)} FROM {table} WITH NO DATA;"
    )


_STAGE = "\n".join(
    (
        "SET LOCAL client_min_messages = warning; SET LOCAL plan_cache_mode = force_custom_plan;",
        # Room to merge the whole list of waiting words into their index at once.
        "SET LOCAL work_mem = '192MB';",
        _stage("staged_identities", "identities", IDENTITY),
        _stage("staged_channels", "channels", CHANNEL),
        _stage("staged_conversations", "conversations", CONVERSATION),
        _stage("staged_interactions", "interactions", INTERACTION),
        # What has to be added to (+1) or taken from (-1) the sums; 0: only the channel was touched.
        _stage(
            "staged_changes",
            "interactions",
            ["0 AS sign", "id", "actor_id", "target_ids", "channel_id", "conversation_id", "kind", "occurred_at"],
        ),
        # newer: replaces the stored content. older: an earlier version, to be kept as such. home: the least channel.
        # visibility: what it becomes.
        _stage(
            "staged_edits",
            "interactions",
            [
                "id",
                "true AS newer",
                "true AS older",
                "channel_id AS here",
                "channel_id AS there",
                "channel_id AS home",
                "visibility",
            ],
        ),
    )
)


def _insert(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(columns)
    return f"""
        WITH added AS (
            INSERT INTO {table} (workspace_id, source_id, {names})
            SELECT $1::uuid, $2::uuid, {names} FROM staged_{table} ORDER BY id ON CONFLICT DO NOTHING RETURNING id
        )
        SELECT count(*) FROM added
    """


def _update_newer(table: str, columns: Sequence[str]) -> str:
    """The observation of the later seen_at stays, whole; among equal ones the greater, so that order never matters."""
    return f"""
        UPDATE {table} t SET source_id = $2, {", ".join(f"{name} = s.{name}" for name in columns)}
        FROM staged_{table} s
        WHERE {_staged(table)} AND {observations.rank("s", columns)} > {observations.rank("t", columns)}
    """


def _staged(table: str) -> str:
    """The array has the index asked, where PostgreSQL would read the whole table after a load it has not counted."""
    return f"t.workspace_id = $1 AND t.id = ANY (ARRAY(SELECT id FROM staged_{table})) AND t.id = s.id"


_INSERT = {
    "identities": _insert("identities", IDENTITY),
    "channels": _insert("channels", CHANNEL),
    "conversations": _insert("conversations", CONVERSATION),
}
_UPDATE = {
    "identities": _update_newer("identities", IDENTITY[4:]),
    "channels": _update_newer("channels", CHANNEL[4:]),
    "conversations": f"""
        UPDATE conversations t SET source_id = $2, channel_id = coalesce(s.channel_id, t.channel_id),
            title = coalesce(s.title, t.title), url = coalesce(s.url, t.url)
        FROM staged_conversations s
        WHERE {_staged("conversations")}
            AND (s.channel_id <> coalesce(t.channel_id, $1) OR s.title <> coalesce(t.title, '')
                 OR s.url <> coalesce(t.url, ''))
    """,
}

# An identity that nobody has decided on is its own person.
_OWN_PERSON = """
    INSERT INTO person_identities (workspace_id, identity_id, person_id)
    SELECT $1::uuid, id, id FROM staged_identities ORDER BY id ON CONFLICT DO NOTHING
"""

_CHANGED = "id, actor_id, target_ids, channel_id, conversation_id, kind, occurred_at"

_ADD = f"""
    WITH gone AS MATERIALIZED (
        SELECT t.interaction_id FROM staged_interactions s
        JOIN tombstones t ON t.workspace_id = $1 AND t.interaction_id = s.id AND t.cause IN {FINAL}
    ),
    added AS (
        INSERT INTO interactions (workspace_id, source_id, {", ".join(INTERACTION)})
        SELECT $1::uuid, $2::uuid, {", ".join(INTERACTION)} FROM staged_interactions s
        WHERE NOT EXISTS (SELECT FROM gone g WHERE g.interaction_id = s.id)
        ON CONFLICT DO NOTHING
        RETURNING {_CHANGED}
    )
    INSERT INTO staged_changes SELECT 1, {_CHANGED} FROM added
"""

# What some source has again was not deleted.
_RISE = """
    DELETE FROM tombstones t USING staged_changes c
    WHERE t.workspace_id = $1 AND t.interaction_id = c.id AND c.sign = 1
        AND EXISTS (SELECT FROM tombstones WHERE workspace_id = $1)
"""

_UNSTAGE_NEW = "DELETE FROM staged_interactions s USING staged_changes c WHERE c.id = s.id AND c.sign = 1"

# All that tell of an act and where, as soon as it is more than one source.
_TELL = f"""
    INSERT INTO tellings (workspace_id, interaction_id, source_id, channel_id)
    SELECT $1::uuid, s.id, $2::uuid, coalesce(s.channel_id, '{NOWHERE}')
    FROM staged_interactions s JOIN interactions i ON i.workspace_id = $1 AND i.id = s.id
    WHERE i.source_id <> $2 OR EXISTS (SELECT FROM tellings t WHERE t.workspace_id = $1 AND t.interaction_id = i.id)
    UNION
    SELECT $1::uuid, s.id, i.source_id, seen.channel_id
    FROM staged_interactions s JOIN interactions i ON i.workspace_id = $1 AND i.id = s.id,
        LATERAL (
            SELECT coalesce(i.channel_id, '{NOWHERE}') AS channel_id
            UNION ALL SELECT t.channel_id FROM sightings t WHERE t.workspace_id = $1 AND t.interaction_id = i.id
        ) AS seen
    WHERE i.source_id <> $2
        AND NOT EXISTS (SELECT FROM tellings t WHERE t.workspace_id = $1 AND t.interaction_id = i.id)
    ORDER BY 2, 3, 4 ON CONFLICT DO NOTHING
"""

_WIDTHS = "ARRAY['public', 'unlisted', 'members', 'private', 'direct']"


def _width(row: str) -> str:
    return f"array_position({_WIDTHS}, {row}.visibility)"


def _seen_rank(row: str) -> str:
    return f"(coalesce(array_position('{{message,post,reply}}', {row}.kind), 0), {row}.version)"


# The original of a copied act replaces it, and a copy never the original; of several copies the oldest stays. Of an act
# that is seen in two channels, or as two kinds, that of the greater rank stays, and the widest visibility.
_COMPARE = f"""
    INSERT INTO staged_edits
    SELECT i.id, newer, NOT (i.copied OR s.copied) AND i.version <> s.version AND NOT known AND NOT later,
        i.channel_id, s.channel_id, least(i.channel_id, s.channel_id),
        CASE WHEN elsewhere THEN ({_WIDTHS})[least({_width("i")}, {_width("s")})]
            WHEN newer THEN s.visibility ELSE i.visibility END
    FROM staged_interactions s JOIN interactions i ON i.workspace_id = $1 AND i.id = s.id,
        LATERAL (SELECT s.kind <> i.kind OR s.channel_id IS DISTINCT FROM i.channel_id AS elsewhere) AS c,
        LATERAL (SELECT EXISTS (
            SELECT FROM interaction_versions v
            WHERE v.workspace_id = $1 AND v.interaction_id = i.id AND v.version = s.version
        ) AS known, coalesce(s.edited_at, '-infinity') > coalesce(i.edited_at, '-infinity')
            OR coalesce(s.edited_at, '-infinity') = coalesce(i.edited_at, '-infinity')
                AND (NOT elsewhere OR {_seen_rank("s")} > {_seen_rank("i")}) AS later) AS v,
        LATERAL (SELECT CASE
            WHEN i.copied AND s.copied THEN (s.occurred_at, s.version) < (i.occurred_at, i.version)
            WHEN i.copied OR s.copied THEN i.copied
            WHEN i.version = s.version THEN i.kind IN {STATES} AND s.occurred_at < i.occurred_at
            ELSE i.version <> s.version AND NOT known AND later
        END AS newer) AS n
    WHERE i.version <> s.version OR i.kind IN {STATES} AND s.occurred_at < i.occurred_at
        OR s.channel_id <> coalesce(i.channel_id, $1) OR i.copied <> s.copied
    ORDER BY i.id FOR UPDATE OF i
"""

_KEEP_VERSIONS = """
    INSERT INTO interaction_versions (workspace_id, interaction_id, version, content, learnt_at)
    SELECT $1::uuid, i.id, i.version, to_jsonb(i) - 'workspace_id', i.learnt_at
    FROM interactions i JOIN staged_edits e ON e.id = i.id WHERE i.workspace_id = $1 AND e.newer
    UNION ALL
    SELECT $1::uuid, s.id, s.version, to_jsonb(s), now()
    FROM staged_interactions s JOIN staged_edits e ON e.id = s.id WHERE e.older
    ON CONFLICT DO NOTHING
"""

# Answers to an act whose author turns out to be another are settled again.
_AWAIT_AUTHOR = """
    INSERT INTO awaited (workspace_id, parent_id, interaction_id, conversation_id)
    SELECT $1::uuid, i.id, a.id, a.conversation_id
    FROM staged_edits e JOIN staged_interactions s ON s.id = e.id
    JOIN interactions i ON i.workspace_id = $1 AND i.id = e.id AND i.actor_id <> s.actor_id
    JOIN interactions a ON a.workspace_id = $1 AND a.conversation_id = i.conversation_id AND a.reply_to = i.id
    WHERE e.newer
    ON CONFLICT DO NOTHING
"""

_NOTE_EDITS = """
    INSERT INTO staged_changes
    SELECT $2::integer, i.id, i.actor_id, i.target_ids, i.channel_id, i.conversation_id, i.kind, i.occurred_at
    FROM interactions i JOIN staged_edits e ON e.id = i.id
    WHERE i.workspace_id = $1 AND (e.newer OR e.home IS DISTINCT FROM e.here)
"""

_NOTE = f"""
    INSERT INTO staged_changes SELECT $3::integer, {_CHANGED} FROM interactions
    WHERE workspace_id = $1 AND id = ANY ($2)
"""

_CONTENT = [name for name in INTERACTION if name not in ("id", "channel_id", "visibility", "network", "host", "key")]

# What begins a state stands where it began first.
_FIRST = f"CASE WHEN i.kind IN {STATES} THEN least(i.occurred_at, s.occurred_at) ELSE s.occurred_at END"

_REPLACE = f"""
    UPDATE interactions i SET source_id = $2, learnt_at = now(), channel_id = e.home, visibility = e.visibility,
        {", ".join(f"{name} = {_FIRST if name == 'occurred_at' else f's.{name}'}" for name in _CONTENT)}
    FROM staged_edits e JOIN staged_interactions s ON s.id = e.id
    WHERE i.workspace_id = $1 AND i.id = e.id AND e.newer
"""

_MOVE = """
    UPDATE interactions i SET channel_id = e.home, visibility = e.visibility FROM staged_edits e
    WHERE i.workspace_id = $1 AND i.id = e.id AND NOT e.newer
        AND (e.home IS DISTINCT FROM e.here OR e.visibility <> i.visibility)
"""

_SEE = """
    INSERT INTO sightings (workspace_id, interaction_id, channel_id, occurred_at)
    SELECT $1::uuid, i.id, seen.channel_id, i.occurred_at
    FROM staged_edits e JOIN interactions i ON i.workspace_id = $1 AND i.id = e.id,
        unnest(ARRAY[e.here, e.there]) AS seen (channel_id)
    WHERE seen.channel_id <> e.home
    ON CONFLICT DO NOTHING
"""

_SEE_WHEN = """
    UPDATE sightings t SET occurred_at = i.occurred_at
    FROM staged_edits e JOIN interactions i ON i.workspace_id = $1 AND i.id = e.id
    WHERE t.workspace_id = $1 AND t.interaction_id = e.id AND e.newer AND t.occurred_at <> i.occurred_at
"""

_NOTE_SIGHTINGS = """
    INSERT INTO staged_changes
    SELECT 0, i.id, i.actor_id, '{}', t.channel_id, i.conversation_id, i.kind, i.occurred_at
    FROM sightings t JOIN interactions i ON i.workspace_id = $1 AND i.id = t.interaction_id
    WHERE t.workspace_id = $1 AND t.interaction_id = ANY ($2)
"""

# Sources that are there and are not being removed.
_LIVE = "SELECT FROM sources s WHERE s.workspace_id = $1 AND s.id = {id} AND s.status <> 'deleting'"

# Of the acts that the source tells, one other source of each that tells it too.
_HEIRS = f"""
    SELECT i.id, (
        SELECT o.source_id FROM (
            SELECT i.source_id UNION ALL
            SELECT t.source_id FROM tellings t WHERE t.workspace_id = $1 AND t.interaction_id = i.id
        ) AS o
        WHERE o.source_id <> $2 AND EXISTS ({_LIVE.format(id="o.source_id")})
        ORDER BY o.source_id LIMIT 1
    ) AS heir_id
    FROM interactions i
    WHERE i.workspace_id = $1 AND i.id = ANY ($3) AND (i.source_id = $2 OR EXISTS (
        SELECT FROM tellings t WHERE t.workspace_id = $1 AND t.interaction_id = i.id AND t.source_id = $2
    ))
    ORDER BY i.id
"""

_UNTELL = "DELETE FROM tellings WHERE workspace_id = $1 AND source_id = $2 AND interaction_id = ANY ($3)"

_FIND_HOME = f"""
    INSERT INTO staged_edits
    SELECT i.id, false, false, i.channel_id, NULL, (
        SELECT t.channel_id FROM tellings t
        WHERE t.workspace_id = $1 AND t.interaction_id = i.id AND t.channel_id <> '{NOWHERE}'
        ORDER BY t.channel_id LIMIT 1
    ), i.visibility
    FROM interactions i WHERE i.workspace_id = $1 AND i.id = ANY ($2)
"""

_UNSEE = """
    DELETE FROM sightings s USING interactions i
    WHERE s.workspace_id = $1 AND s.interaction_id = ANY ($2) AND i.workspace_id = $1 AND i.id = s.interaction_id
        AND (s.channel_id = i.channel_id OR NOT EXISTS (
            SELECT FROM tellings t
            WHERE t.workspace_id = $1 AND t.interaction_id = s.interaction_id AND t.channel_id = s.channel_id
        ))
"""

_INHERIT = """
    UPDATE interactions i SET source_id = h.source_id
    FROM unnest($2::uuid[], $3::uuid[]) AS h (id, source_id)
    WHERE i.workspace_id = $1 AND i.id = h.id AND i.source_id <> h.source_id
"""

_TOLD = """
    SELECT coalesce(array_agg(DISTINCT id ORDER BY id), '{}') FROM (
        (SELECT id FROM interactions WHERE workspace_id = $1 AND source_id = $2 LIMIT $3)
        UNION ALL (SELECT interaction_id FROM tellings WHERE workspace_id = $1 AND source_id = $2 LIMIT $3)
    ) AS told
"""

_BURY = """
    INSERT INTO tombstones AS t (workspace_id, source_id, interaction_id, cause, occurred_at)
    SELECT $1::uuid, $2::uuid, n.* FROM unnest($3::uuid[], $4::text[], $5::timestamptz[]) AS n ORDER BY 1
    ON CONFLICT (workspace_id, interaction_id) DO UPDATE
    SET source_id = excluded.source_id, cause = excluded.cause, occurred_at = excluded.occurred_at
    WHERE t.cause <> ALL ($6) AND excluded.cause = ANY ($6)
"""

_DELETE = f"""
    WITH deleted AS (DELETE FROM interactions WHERE workspace_id = $1 AND id = ANY ($2) RETURNING *),
    kept AS (
        INSERT INTO interaction_versions (workspace_id, interaction_id, version, content, learnt_at)
        SELECT $1::uuid, id, version, to_jsonb(deleted) - 'workspace_id', learnt_at FROM deleted
        ON CONFLICT DO NOTHING
    )
    INSERT INTO staged_changes SELECT -1, {_CHANGED} FROM deleted
"""

_DAY, _CHANNEL = sums.day(), sums.channel()
# Others than the actor.
_TOWARDS = f"""
    SELECT sign, actor_id, target_id, occurred_at, id, {_CHANNEL} AS channel_id, kind, sign * weight AS weight
    FROM ({sums.weighed("SELECT * FROM staged_changes")}) AS acts, unnest(target_ids) AS target_id
    WHERE target_id <> actor_id
"""

_ACTS_OF = """
    SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM interactions WHERE workspace_id = $1 AND actor_id = ANY ($2)
"""

_ACTS_TOWARDS = """
    SELECT coalesce(array_agg(DISTINCT i.id ORDER BY i.id), '{}') FROM interaction_targets t
    JOIN interactions i ON i.workspace_id = $1 AND i.id = t.interaction_id AND i.actor_id <> ALL ($2)
    WHERE t.workspace_id = $1 AND t.identity_id = ANY ($2)
"""

_UNADDRESS = """
    UPDATE interactions i SET target_ids = left_over.ids, target_kinds = left_over.kinds
    FROM (
        SELECT a.id, coalesce(array_agg(t.id ORDER BY t.place) FILTER (WHERE t.id <> ALL ($3)), '{}') AS ids,
            coalesce(array_agg(t.kind ORDER BY t.place) FILTER (WHERE t.id <> ALL ($3)), '{}') AS kinds
        FROM interactions a, unnest(a.target_ids, a.target_kinds) WITH ORDINALITY AS t (id, kind, place)
        WHERE a.workspace_id = $1 AND a.id = ANY ($2) GROUP BY a.id
    ) AS left_over
    WHERE i.workspace_id = $1 AND i.id = left_over.id
"""

_FORGET_VERSIONS = """
    DELETE FROM interaction_versions
    WHERE workspace_id = $1 AND (interaction_id = ANY ($2) OR replace(content ->> 'actor_id', '-', '') = ANY ($3))
"""

_TAKE_ADDRESSED_VERSIONS = """
    DELETE FROM interaction_versions WHERE workspace_id = $1 AND content -> 'target_ids' ?| $2
    RETURNING workspace_id, interaction_id, version, content, learnt_at, replaced_at
"""

_KEEP_VERSION = """
    INSERT INTO interaction_versions (workspace_id, interaction_id, version, content, learnt_at, replaced_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""

_ACCOUNT = f"""
    WITH towards AS MATERIALIZED ({_TOWARDS}),
    targets AS (
        INSERT INTO interaction_targets (workspace_id, identity_id, occurred_at, interaction_id)
        SELECT $1::uuid, target_id, occurred_at, id FROM towards
        GROUP BY target_id, occurred_at, id HAVING sum(sign) > 0 ORDER BY target_id, occurred_at, id
        RETURNING interaction_id
    ),
    contact AS (
        INSERT INTO contact_days AS c (workspace_id, actor_id, target_id, day, channel_id, kind, count, weight)
        SELECT $1::uuid, actor_id, target_id, {_DAY} AS day, channel_id, kind, sum(sign), sum(weight) FROM towards
        GROUP BY actor_id, target_id, day, channel_id, kind HAVING sum(sign) <> 0 OR sum(weight) <> 0
        ORDER BY actor_id, target_id, day, channel_id, kind
        ON CONFLICT (workspace_id, actor_id, target_id, day, channel_id, kind)
        DO UPDATE SET count = c.count + excluded.count, weight = c.weight + excluded.weight
    ),
    channels AS (
        INSERT INTO channel_days AS c (workspace_id, channel_id, day, count)
        SELECT $1::uuid, channel_id, {_DAY} AS day, sum(sign) FROM staged_changes WHERE channel_id IS NOT NULL
        GROUP BY channel_id, day HAVING sum(sign) <> 0 ORDER BY channel_id, day
        ON CONFLICT (workspace_id, channel_id, day) DO UPDATE SET count = c.count + excluded.count
    ),
    activity AS MATERIALIZED (
        SELECT identity_id, channel_id, day, sum(acts) AS acts, sum(broadcasts) AS broadcasts, sum(received) AS received
        FROM (
            SELECT actor_id AS identity_id, {_CHANNEL} AS channel_id, {_DAY} AS day, sign AS acts,
                CASE WHEN array_remove(target_ids, actor_id) = '{{}}' THEN sign ELSE 0 END AS broadcasts, 0 AS received
            FROM staged_changes WHERE sign <> 0
            UNION ALL
            SELECT target_id, channel_id, {_DAY}, 0, 0, sign FROM towards
        ) AS parts
        GROUP BY identity_id, channel_id, day HAVING sum(acts) <> 0 OR sum(broadcasts) <> 0 OR sum(received) <> 0
    ),
    days AS (
        INSERT INTO identity_days AS d (workspace_id, identity_id, day, acts, received)
        SELECT $1::uuid, identity_id, day, sum(acts), sum(received) FROM activity
        GROUP BY identity_id, day HAVING sum(acts) <> 0 OR sum(received) <> 0 ORDER BY identity_id, day
        ON CONFLICT (workspace_id, identity_id, day)
        DO UPDATE SET acts = d.acts + excluded.acts, received = d.received + excluded.received
    )
    INSERT INTO activity_days AS a (workspace_id, identity_id, channel_id, day, acts, broadcasts, received)
    SELECT $1::uuid, identity_id, channel_id, day, acts, broadcasts, received FROM activity
    ORDER BY identity_id, channel_id, day
    ON CONFLICT (workspace_id, identity_id, channel_id, day) DO UPDATE SET
        acts = a.acts + excluded.acts, broadcasts = a.broadcasts + excluded.broadcasts,
        received = a.received + excluded.received
"""

_FORGET_TARGETS = f"""
    DELETE FROM interaction_targets t
    USING (
        SELECT target_id, occurred_at, id FROM ({_TOWARDS}) AS towards
        GROUP BY target_id, occurred_at, id HAVING sum(sign) < 0
    ) AS g
    WHERE t.workspace_id = $1 AND t.identity_id = g.target_id AND t.occurred_at = g.occurred_at
        AND t.interaction_id = g.id
"""

_FORGET_CONTACT = f"""
    DELETE FROM contact_days c
    USING (SELECT DISTINCT actor_id, target_id, {_DAY} AS day, channel_id, kind FROM ({_TOWARDS}) AS towards) AS g
    WHERE c.workspace_id = $1 AND c.actor_id = g.actor_id AND c.target_id = g.target_id AND c.day = g.day
        AND c.channel_id = g.channel_id AND c.kind = g.kind AND c.count = 0
"""

_FORGET_ACTIVITY = f"""
    DELETE FROM activity_days a
    USING (
        SELECT DISTINCT identity_id, {_CHANNEL} AS channel_id, {_DAY} AS day
        FROM staged_changes, unnest(target_ids || actor_id) AS identity_id
    ) AS g
    WHERE a.workspace_id = $1 AND a.identity_id = g.identity_id AND a.channel_id = g.channel_id AND a.day = g.day
        AND a.acts = 0 AND a.received = 0
"""

_FORGET_DAYS = f"""
    DELETE FROM identity_days d
    USING (
        SELECT DISTINCT identity_id, {_DAY} AS day FROM staged_changes, unnest(target_ids || actor_id) AS identity_id
    ) AS g
    WHERE d.workspace_id = $1 AND d.identity_id = g.identity_id AND d.day = g.day AND d.acts = 0 AND d.received = 0
"""

_FORGET_CHANNELS = f"""
    DELETE FROM channel_days c USING (SELECT DISTINCT channel_id, {_DAY} AS day FROM staged_changes) AS g
    WHERE c.workspace_id = $1 AND c.channel_id = g.channel_id AND c.day = g.day AND c.count = 0
"""

# What resolution makes of a claim is resolution's affair.
_CLAIM = """
    WITH told AS (
        SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[])
            AS c (id, subject_id, object_id, kind, evidence, edition)
    ),
    made AS (
        INSERT INTO claims (workspace_id, source_id, id, subject_id, object_id, kind, evidence)
        SELECT $1::uuid, $2::uuid, id, subject_id, object_id, kind, evidence FROM told ORDER BY id
        ON CONFLICT DO NOTHING
    )
    INSERT INTO claim_tellings AS t (workspace_id, source_id, claim_id, edition)
    SELECT $1::uuid, $2::uuid, id, edition FROM told ORDER BY id
    ON CONFLICT (workspace_id, claim_id, source_id) DO UPDATE SET edition = excluded.edition
    WHERE t.edition <> excluded.edition
"""

# Take back the claims of a kind and of other editions than this one; of all kinds, where none is named.
_RETRACT = f"""
    WITH ended AS (
        DELETE FROM claim_tellings t USING claims c
        WHERE t.workspace_id = $1 AND t.source_id = $2 AND c.workspace_id = $1 AND c.id = t.claim_id
            AND ($3::text IS NULL OR (c.kind = $3 AND t.edition <> $4))
        RETURNING t.claim_id
    ),
    retracted AS (
        DELETE FROM claims c USING ended e
        WHERE c.workspace_id = $1 AND c.id = e.claim_id AND NOT EXISTS (
            SELECT FROM claim_tellings t
            WHERE t.workspace_id = $1 AND t.claim_id = c.id AND t.source_id <> $2
                AND EXISTS ({_LIVE.format(id="t.source_id")})
        )
        RETURNING c.subject_id, c.object_id
    ),
    touched AS (SELECT subject_id AS id FROM retracted UNION SELECT object_id FROM retracted)
    INSERT INTO touches (workspace_id, identity_ids, actor_ids, target_ids, channel_ids, conversation_ids)
    SELECT $1::uuid, array_agg(id), '{{}}', '{{}}', '{{}}', '{{}}' FROM touched HAVING count(*) > 0
    RETURNING id
"""

_TOUCHED = f"""
    pairs AS (
        SELECT DISTINCT actor_id, target_id FROM staged_changes, unnest(target_ids) AS target_id
        WHERE sign <> 0 AND actor_id <> target_id
    ),
    touched AS MATERIALIZED (
        SELECT
            ARRAY(SELECT actor_id FROM staged_changes UNION SELECT target_id FROM pairs
                  UNION SELECT id FROM staged_identities UNION SELECT unnest($2::uuid[])
                  UNION SELECT i.id FROM staged_channels c
                  JOIN identities i ON i.workspace_id = $1 AND i.address = c.key WHERE c.kind = 'list') AS identity_ids,
            (SELECT coalesce(array_agg(actor_id), '{{}}') FROM pairs) AS actor_ids,
            (SELECT coalesce(array_agg(target_id), '{{}}') FROM pairs) AS target_ids,
            ARRAY(SELECT DISTINCT channel_id FROM staged_changes WHERE channel_id IS NOT NULL) AS channel_ids,
            ARRAY(SELECT conversation_id FROM staged_changes WHERE conversation_id IS NOT NULL
                  UNION SELECT id FROM staged_conversations) AS conversation_ids,
            ARRAY(SELECT DISTINCT id FROM staged_changes WHERE kind IN {TALK}) AS act_ids
    )
"""
_TOUCH = f"""
    WITH {_TOUCHED}
    INSERT INTO touches (
        workspace_id, identity_ids, actor_ids, target_ids, channel_ids, conversation_ids, act_ids
    )
    SELECT $1::uuid, * FROM touched WHERE identity_ids <> '{{}}' OR channel_ids <> '{{}}' OR conversation_ids <> '{{}}'
    RETURNING id
"""

# Periods that were read melt into one where they meet.
_COVER = """
    WITH old AS (
        DELETE FROM coverage WHERE workspace_id = $1 AND source_id = $2 AND status = 'read' RETURNING period
    )
    INSERT INTO coverage (workspace_id, source_id, status, period)
    SELECT $1::uuid, $2::uuid, 'read', unnest(range_agg(period))
    FROM (SELECT period FROM old UNION ALL SELECT tstzrange($3, $4)) AS periods
    RETURNING period
"""

# Of a gap, what was read since is none any more.
_CLOSE_GAPS = """
    WITH read AS MATERIALIZED (
        SELECT range_agg(period) AS periods FROM coverage WHERE workspace_id = $1 AND source_id = $2 AND status = 'read'
    ),
    old AS (
        DELETE FROM coverage g USING read r
        WHERE g.workspace_id = $1 AND g.source_id = $2 AND g.status <> 'read' AND g.period && r.periods
        RETURNING g.status, tstzmultirange(g.period) - r.periods AS left_over, g.reason, g.learnt_at
    )
    INSERT INTO coverage (workspace_id, source_id, status, period, reason, learnt_at)
    SELECT $1::uuid, $2::uuid, status, unnest(left_over), reason, max(learnt_at) FROM old
    GROUP BY status, left_over, reason
    ON CONFLICT DO NOTHING
"""

_GAP = """
    INSERT INTO coverage (workspace_id, source_id, status, period, reason)
    VALUES ($1, $2, $3, tstzrange($4, $5), $6)
    ON CONFLICT (workspace_id, source_id, status, period) DO UPDATE SET reason = excluded.reason
"""

_CURSOR = """
    INSERT INTO cursors (workspace_id, source_id, cursor) VALUES ($1, $2, $3)
    ON CONFLICT (workspace_id, source_id) DO UPDATE SET cursor = excluded.cursor, updated_at = excluded.updated_at
"""

# Each problem is counted; the first 10,000 of a run are kept with their reasons.
_PROBLEMS = """
    INSERT INTO run_errors (workspace_id, run_id, number, place, code, reason, raw)
    SELECT $1::uuid, $2::uuid, r.skipped + p.number, p.place, p.code, p.reason, p.raw
    FROM runs r, unnest($3::text[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY
        AS p (place, code, reason, raw, number)
    WHERE r.workspace_id = $1 AND r.id = $2 AND r.skipped + p.number <= 10000
    RETURNING number
"""

_COUNT = """
    UPDATE runs SET pages = pages + $3, records = records + $4, added = added + $5, changed = changed + $6,
        deleted = deleted + $7, skipped = skipped + $8
    WHERE workspace_id = $1 AND id = $2
"""
