"""Interactions: dated acts, read newest first."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from kith.store.channels import IS_SHOWN
from kith.store.db import IS_GUEST, Db
from kith.store.queries import Order, Statement, fetch_page, structs
from kith.store.search import MOST, search

_COLUMNS = f"""
    i.id, i.kind, i.native_kind, i.actor_id, i.target_ids, i.target_kinds, c.id AS channel_id,
    v.id AS conversation_id,
    CASE WHEN {IS_GUEST} THEN (SELECT id FROM interactions WHERE workspace_id = $1 AND id = i.reply_to)
        ELSE i.reply_to END AS reply_to,
    i.network, i.host, i.key, i.occurred_at, i.stated_at, i.edited_at, i.title, i.text, i.url, i.visibility,
    i.ended_at, i.learnt_at,
    i.source_id = ANY (ARRAY(SELECT id FROM sources WHERE workspace_id = $1 AND sealed)) IS TRUE AS sealed
"""
_BY_TIME = Order("i.occurred_at", ("i.id",), newest=True)


class Interaction(msgspec.Struct, frozen=True):
    """target_kinds: as long as target_ids."""

    id: UUID
    kind: str
    native_kind: str | None
    actor_id: UUID
    target_ids: list[UUID]
    target_kinds: list[str]
    channel_id: UUID | None
    conversation_id: UUID | None
    reply_to: UUID | None
    network: str
    host: str
    key: str
    occurred_at: datetime
    stated_at: datetime | None
    edited_at: datetime | None
    title: str | None
    text: str | None
    url: str | None
    visibility: str
    ended_at: datetime | None
    learnt_at: datetime
    sealed: bool
    channel_name: str | None
    conversation_title: str | None


class InteractionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """identity_ids: acts by or towards any of them; None for all."""

    identity_ids: Sequence[UUID] | None = None
    channel_id: UUID | None = None
    conversation_id: UUID | None = None
    kinds: tuple[str, ...] = ()
    since: datetime | None = None
    before: datetime | None = None
    words: str | None = None
    ids: tuple[UUID, ...] = ()


async def list_interactions(
    db: Db, workspace_id: UUID, wanted: InteractionFilter, after: tuple[datetime, UUID] | None, limit: int
) -> list[Interaction]:
    """Return interactions, newest first. after: occurred_at and id of the row before."""
    if wanted.ids:
        ids = await _among(db, workspace_id, wanted, after, limit, "unnest({}::uuid[])", wanted.ids)
        return await get_many(db, workspace_id, ids)
    if wanted.words is not None:
        return await get_many(db, workspace_id, await list_ids(db, workspace_id, wanted, limit, after))
    if wanted.identity_ids is None and wanted.channel_id is None and not wanted.kinds:
        rows = await fetch_page(db, _WITH_NAMES, _conditions(workspace_id, wanted), _BY_TIME, after, limit)
        return structs(Interaction, rows)
    return await get_many(db, workspace_id, [key[1] for key in await _walk(db, workspace_id, wanted, after, limit)])


async def list_ids(
    db: Db, workspace_id: UUID, wanted: InteractionFilter, limit: int, after: tuple[datetime, UUID] | None = None
) -> list[UUID]:
    """Return the ids of interactions with certain words, newest first."""
    return await _search(db, workspace_id, wanted, wanted.words or "", after, limit)


async def list_among(
    db: Db, workspace_id: UUID, wanted: InteractionFilter, ids: Sequence[UUID], limit: int
) -> list[UUID]:
    """Return those of the ids that fit, whatever their words, newest first."""
    return await _among(db, workspace_id, wanted, None, limit, "unnest({}::uuid[])", list(ids)) if ids else []


async def get_interaction(db: Db, workspace_id: UUID, interaction_id: UUID) -> Interaction | None:
    found = await get_many(db, workspace_id, [interaction_id])
    return found[0] if found else None


async def list_between(
    db: Db,
    workspace_id: UUID,
    ones: Sequence[UUID],
    others: Sequence[UUID],
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Interaction]:
    """Return the interactions between two people's identities, newest first: what their relationship rests on."""
    return await get_many(db, workspace_id, await ids_between(db, workspace_id, ones, others, after, limit))


async def ids_between(
    db: Db,
    workspace_id: UUID,
    ones: Sequence[UUID],
    others: Sequence[UUID],
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[UUID]:
    """Return the ids of the interactions between two people's identities, newest first.

    Each pair of an actor and a day with contact holds at least one interaction, and those of the day on which ``after``
    lies may all have been shown: so many days as there are rows wanted and identities are enough. Their bounds are
    computed apart, because row-level security keeps a time zone's conversion out of the index condition.
    """
    rows = await db.fetch(
        """
        WITH pairs AS (
            SELECT actor_id, target_id FROM unnest($2::uuid[]) actor_id, unnest($3::uuid[]) target_id
            UNION ALL
            SELECT actor_id, target_id FROM unnest($3::uuid[]) actor_id, unnest($2::uuid[]) target_id
        ), days AS (
            SELECT DISTINCT d.actor_id, d.day,
                d.day::timestamp AT TIME ZONE 'UTC' AS since, (d.day + 1)::timestamp AT TIME ZONE 'UTC' AS before
            FROM pairs JOIN contact_days d
                ON d.workspace_id = $1 AND d.actor_id = pairs.actor_id AND d.target_id = pairs.target_id
            WHERE $4::timestamptz IS NULL OR d.day <= ($4::timestamptz AT TIME ZONE 'UTC')::date
            ORDER BY d.day DESC, d.actor_id
            LIMIT $6 + cardinality($2) + cardinality($3)
        )
        SELECT i.id FROM days JOIN interactions i
            ON i.workspace_id = $1 AND i.actor_id = days.actor_id
            AND i.occurred_at >= days.since AND i.occurred_at < days.before
        WHERE i.target_ids && CASE WHEN i.actor_id = ANY($2) THEN $3::uuid[] ELSE $2::uuid[] END
            AND ($4::timestamptz IS NULL OR (i.occurred_at, i.id) < ($4, $5))
        ORDER BY i.occurred_at DESC, i.id DESC LIMIT $6
        """,
        workspace_id,
        list(ones),
        list(others),
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [row["id"] for row in rows]


_WITH_NAMES = f"""
    SELECT {_COLUMNS}, c.name AS channel_name, v.title AS conversation_title
    FROM interactions i
    LEFT JOIN channels c ON c.workspace_id = i.workspace_id AND c.id = i.channel_id
    LEFT JOIN conversations v ON v.workspace_id = i.workspace_id AND v.id = i.conversation_id
    WHERE i.workspace_id = $1
"""


async def get_many(db: Db, workspace_id: UUID, ids: Sequence[UUID]) -> list[Interaction]:
    """Return these interactions, the newest first."""
    if not ids:
        return []
    rows = await db.fetch(f"{_WITH_NAMES} AND i.id = ANY($2) ORDER BY {_BY_TIME}", workspace_id, list(ids))
    return structs(Interaction, rows)


# An interaction has one channel, and was perhaps seen in more (a mail on two lists).
_SEEN_IN = """
    EXISTS (SELECT {0}::uuid AS channel_id INTERSECT (
        SELECT i.channel_id UNION ALL
        SELECT s.channel_id FROM sightings s WHERE s.workspace_id = $1 AND s.interaction_id = i.id))
"""


Key = tuple[datetime, UUID]


def _conditions(workspace_id: UUID, wanted: InteractionFilter) -> Statement:
    """Return what holds for a walk by whichever index: all but identities, channel and words."""
    statement = Statement(workspace_id)
    statement.where("i.conversation_id = {}", wanted.conversation_id)
    statement.where(IS_SHOWN, wanted.channel_id)
    statement.where("i.kind = ANY({})", wanted.kinds)
    statement.where("i.occurred_at >= {}", wanted.since)
    statement.where("i.occurred_at < {}", wanted.before)
    return statement


async def _walk(db: Db, workspace_id: UUID, wanted: InteractionFilter, after: Key | None, limit: int) -> list[Key]:
    """Return occurred_at and ids of the newest, whatever their words: from each index no more than a page."""
    statement = _conditions(workspace_id, wanted)
    if wanted.identity_ids is not None:
        statement.where(_SEEN_IN, wanted.channel_id)
        return await _involving(db, statement, wanted.identity_ids, after, limit)
    if wanted.channel_id is not None:
        return await _in_channel(db, statement, wanted.channel_id, after, limit)
    if wanted.conversation_id is None and wanted.kinds:
        return await _of_kinds(db, statement, wanted.kinds, after, limit)
    sql = "SELECT i.occurred_at, i.id FROM interactions i WHERE i.workspace_id = $1"
    return [(row[0], row[1]) for row in await fetch_page(db, sql, statement, _BY_TIME, after, limit)]


async def _in_channel(db: Db, statement: Statement, channel_id: UUID, after: Key | None, limit: int) -> list[Key]:
    """Return what happened or was also seen in the channel."""
    here = statement.value(channel_id)
    seen = _OTHER.format("sightings", "channel_id", here)
    return await _merge(db, statement, f"{_OWN} AND i.channel_id = {here}", seen, after, limit)


async def _involving(
    db: Db, statement: Statement, identity_ids: Sequence[UUID], after: Key | None, limit: int
) -> list[Key]:
    """Return acts by or towards the identities."""
    each = f"unnest({statement.value(list(identity_ids))}::uuid[]) AS me, LATERAL"
    towards = _OTHER.format("interaction_targets", "identity_id", "me")
    return await _merge(db, statement, f"{_OWN} AND i.actor_id = me", towards, after, limit, each)


async def _of_kinds(db: Db, statement: Statement, kinds: Sequence[str], after: Key | None, limit: int) -> list[Key]:
    each = f"unnest({statement.value(list(kinds))}::text[]) AS one, LATERAL"
    return await _merge(db, statement, f"{_OWN} AND i.kind = one", "", after, limit, each)


_OWN = "SELECT i.id, i.occurred_at FROM interactions i WHERE i.workspace_id = $1"
_OTHER = """
    SELECT i.id, i.occurred_at FROM {0} t
    JOIN interactions i ON i.workspace_id = t.workspace_id AND i.id = t.interaction_id
    WHERE t.workspace_id = $1 AND t.{1} = {2}
"""


async def _merge(
    db: Db, statement: Statement, own: str, other: str, after: Key | None, limit: int, each: str = ""
) -> list[Key]:
    """Return the newest of two selections, the second by way of a table ``t`` with the same occurred_at."""
    conditions = statement.and_(*([statement.behind(_BY_TIME, after)] if after else []))
    selections = [f"({own}{conditions} ORDER BY {_BY_TIME} LIMIT {limit:d})"]
    if other:
        bound = f" AND t.occurred_at <= {statement.value(after[0])}" if after else ""
        by_time = "t.occurred_at DESC, t.interaction_id DESC"
        selections.append(f"({other}{conditions}{bound} ORDER BY {by_time} LIMIT {limit:d})")
    rows = await db.fetch(
        f"""
        SELECT occurred_at, id FROM {each} ({" UNION ALL ".join(selections)}) acts
        GROUP BY id, occurred_at ORDER BY occurred_at DESC, id DESC LIMIT {limit:d}
        """,
        *statement.values,
    )
    return [(row[0], row[1]) for row in rows]


_HAS_WORDS = """
    to_tsvector('simple', left(coalesce(i.title, '') || ' ' || coalesce(i.text, ''), 100000))
        @@ websearch_to_tsquery('simple', {})
"""
_READ = 1_000  # texts take a tenth of a millisecond each
_WINDOWS = (100_000, 1_000_000)
_FAR = timedelta(days=200 * 365)


async def _search(
    db: Db, workspace_id: UUID, wanted: InteractionFilter, words: str, after: Key | None, limit: int
) -> list[UUID]:
    walked: list[Key] = []

    async def walk(n: int) -> list[tuple[UUID, bool]]:
        walked[:] = await _walk(db, workspace_id, wanted, after, n)
        ids = [key[1] for key in walked]
        if not ids:
            return []
        rows = await db.fetch(f"{_OWN} AND i.id = ANY($2) AND {_HAS_WORDS.format('$3')}", workspace_id, ids, words)
        found = {row[0] for row in rows}
        return [(id_, id_ in found) for id_ in ids]

    until = min((moment for moment in (after and after[0], wanted.before) if moment), default=None)

    async def rare() -> list[UUID] | None:
        rows = await db.fetch(
            "SELECT find_interactions($1, $2, $3, $4, $5)", workspace_id, words, wanted.since, until, MOST + 1
        )
        ids = [row[0] for row in rows]
        if len(ids) > MOST:
            return None
        return await _among(db, workspace_id, wanted, after, limit, "unnest({}::uuid[])", ids)

    async def rest() -> list[UUID]:
        """Look into ever more of the newest; how much time they cover is guessed from those walked through."""
        newest, each = walked[0][0], (walked[0][0] - walked[-1][0]) / len(walked)
        bounds = [newest - each * n for n in _WINDOWS if each * n < _FAR]
        for since in (*(bound for bound in bounds if not wanted.since or bound > wanted.since), wanted.since):
            found = await _among(
                db, workspace_id, wanted, after, limit, "find_interactions($1, {}, {}, {}, NULL)", words, since, until
            )
            if len(found) == limit:
                break
        return found

    short = wanted != InteractionFilter(words=words)
    return await search(walk, rare, rest, limit, short=short, many=_READ)


async def _among(
    db: Db, workspace_id: UUID, wanted: InteractionFilter, after: Key | None, limit: int, found: str, *values: object
) -> list[UUID]:
    """Return the newest that fit of the ids that ``found`` makes of the values."""
    statement = _conditions(workspace_id, wanted)
    if wanted.identity_ids is not None:
        mine = statement.value(list(wanted.identity_ids))
        statement.conditions.append(f"(i.actor_id = ANY({mine}) OR i.target_ids && {mine})")
    statement.where(_SEEN_IN, wanted.channel_id)
    if wanted.ids:
        statement.where(_HAS_WORDS, wanted.words)
    ids = found.format(*(statement.value(value) for value in values))
    sql = f"""
        SELECT i.id FROM (SELECT {ids} AS id OFFSET 0) AS found
        JOIN interactions i ON i.id = found.id WHERE i.workspace_id = $1
    """
    return [row[0] for row in await fetch_page(db, sql, statement, _BY_TIME, after, limit)]
