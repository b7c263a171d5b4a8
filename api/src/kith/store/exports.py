"""Exports: everything that sources told, row by row, in an order that the import format can be read in."""

from collections.abc import AsyncIterator
from typing import Any, TypeAlias
from uuid import UUID

from kith.store.db import Db, in_turn

Row: TypeAlias = Any

_AHEAD = 1000  # rows that are fetched at once


async def freeze(db: Db) -> None:
    """Let the rest of a transaction that has asked nothing yet see what is there now, whatever others write.

    What is named is looked up by its key: PostgreSQL takes a table that it has not counted yet for a small one, and
    would read all of it again for each row.
    """
    await in_turn(
        db,
        """
        SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
        SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
        SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off
        """,
    )


async def identities(db: Db, workspace_id: UUID) -> AsyncIterator[Row]:
    sql = """
        SELECT network, host, key, kind, name, handle, address, url, avatar_url, verified, seen_at
        FROM identities WHERE workspace_id = $1 ORDER BY id
    """
    async for row in db.cursor(sql, workspace_id, prefetch=_AHEAD):
        yield row


async def channels(db: Db, workspace_id: UUID) -> AsyncIterator[Row]:
    """Yield channels with the key of what each is part of."""
    sql = f"""
        SELECT c.network, c.host, c.key, c.kind, c.name, c.url, c.visibility, c.seen_at, {_KEY.format("p", "parent")}
        FROM channels c LEFT JOIN channels p ON p.workspace_id = $1 AND p.id = c.parent_id
        WHERE c.workspace_id = $1 ORDER BY c.id
    """
    async for row in db.cursor(sql, workspace_id, prefetch=_AHEAD):
        yield row


async def conversations(db: Db, workspace_id: UUID) -> AsyncIterator[Row]:
    """Yield conversations with the key of the channel of each."""
    sql = f"""
        SELECT v.network, v.host, v.key, v.title, v.url, {_KEY.format("c", "channel")}
        FROM conversations v LEFT JOIN channels c ON c.workspace_id = $1 AND c.id = v.channel_id
        WHERE v.workspace_id = $1 ORDER BY v.id
    """
    async for row in db.cursor(sql, workspace_id, prefetch=_AHEAD):
        yield row


async def interactions(db: Db, workspace_id: UUID) -> AsyncIterator[Row]:
    """Yield acts, once for each channel in which one was seen, with the keys of all that they name."""
    sql = _ACTS.format(
        at="i.occurred_at",
        began="true",
        source="""
            interactions i CROSS JOIN LATERAL (
                SELECT i.channel_id UNION
                SELECT s.channel_id FROM sightings s WHERE s.workspace_id = $1 AND s.interaction_id = i.id
            ) AS seen
        """,
        order="i.id, seen.channel_id",
    )
    async for row in db.cursor(sql, workspace_id, prefetch=_AHEAD):
        yield row


async def changes(db: Db, workspace_id: UUID) -> AsyncIterator[Row]:
    """Yield acts that ended, or began again, at the moment ``at``: one after the other for each."""
    sql = _ACTS.format(
        at="s.occurred_at",
        began="s.began",
        source="""
            state_changes s
            JOIN interactions i ON i.workspace_id = $1 AND s.workspace_id = $1 AND i.id = s.interaction_id
            CROSS JOIN LATERAL (SELECT i.channel_id) AS seen
        """,
        order="i.id, s.occurred_at",
    )
    async for row in db.cursor(sql, workspace_id, prefetch=_AHEAD):
        yield row


async def claims(db: Db, workspace_id: UUID) -> AsyncIterator[Row]:
    sql = f"""
        SELECT {_KEY.format("s", "subject")}, {_KEY.format("o", "object")}, c.kind, c.evidence,
            coalesce((
                SELECT max(edition) FROM claim_tellings WHERE workspace_id = $1 AND claim_id = c.id), '') AS edition
        FROM claims c JOIN identities s ON s.workspace_id = $1 AND s.id = c.subject_id
        JOIN identities o ON o.workspace_id = $1 AND o.id = c.object_id
        WHERE c.workspace_id = $1 ORDER BY c.id
    """
    async for row in db.cursor(sql, workspace_id, prefetch=_AHEAD):
        yield row


async def standings(db: Db, workspace_id: UUID) -> AsyncIterator[Row]:
    sql = f"""
        SELECT {_KEY.format("i", "identity")}, {_KEY.format("c", "channel")}, s.kind, s.label, s.value, s.seen_at
        FROM standings s JOIN identities i ON i.workspace_id = $1 AND i.id = s.identity_id
        LEFT JOIN channels c ON c.workspace_id = $1 AND c.id = s.channel_id
        WHERE s.workspace_id = $1 ORDER BY s.identity_id, s.channel_id, s.kind, s.label, s.seen_at
    """
    async for row in db.cursor(sql, workspace_id, prefetch=_AHEAD):
        yield row


async def affiliations(db: Db, workspace_id: UUID) -> AsyncIterator[Row]:
    """Yield what was told of affiliations. first, last: days on which it was told, null where no day was."""
    sql = f"""
        SELECT {_KEY.format("i", "identity")}, a.organization, a.evidence, nullif(a.since, '-infinity') AS since,
            a.until, a.title, lower(a.seen) AS first, upper(a.seen) - 1 AS last,
            (SELECT min(domain) FROM organization_domains
             WHERE workspace_id = $1 AND organization_id = a.organization_id) AS domain
        FROM affiliation_tellings a JOIN identities i ON i.workspace_id = $1 AND i.id = a.identity_id
        WHERE a.workspace_id = $1 ORDER BY a.identity_id, a.organization_id, a.since
    """
    async for row in db.cursor(sql, workspace_id, prefetch=_AHEAD):
        yield row


async def coverage(db: Db, workspace_id: UUID) -> AsyncIterator[Row]:
    sql = """
        SELECT status, lower(period) AS since, upper(period) AS until, reason
        FROM coverage WHERE workspace_id = $1 ORDER BY status, period
    """
    async for row in db.cursor(sql, workspace_id, prefetch=_AHEAD):
        yield row


async def people(db: Db, workspace_id: UUID) -> AsyncIterator[Row]:
    sql = "SELECT id, name, kind, interactions FROM people WHERE workspace_id = $1 ORDER BY id"
    async for row in db.cursor(sql, workspace_id, prefetch=_AHEAD):
        yield row


async def ties(db: Db, workspace_id: UUID) -> AsyncIterator[Row]:
    """Yield relationships, each once."""
    sql = """
        SELECT person_id, other_id, strength, given, received, first_day, last_day FROM relationships
        WHERE workspace_id = $1 AND person_id < other_id ORDER BY person_id, other_id
    """
    async for row in db.cursor(sql, workspace_id, prefetch=_AHEAD):
        yield row


_KEY = "{0}.network AS {1}_network, {0}.host AS {1}_host, {0}.key AS {1}_key"
_ACTS = f"""
    SELECT i.id, i.network, i.host, i.key, i.kind, i.native_kind, {{at}} AS at, {{began}} AS began, i.stated_at,
        i.edited_at, i.title, i.text, i.url, i.visibility, i.copied, i.target_kinds, t.networks, t.hosts, t.keys,
        {_KEY.format("a", "actor")}, {_KEY.format("c", "channel")}, {_KEY.format("v", "conversation")},
        r.id AS reply_id, r.kind AS reply_kind, {_KEY.format("r", "reply")}, {_KEY.format("ra", "reply_actor")}
    FROM {{source}}
    JOIN identities a ON a.workspace_id = $1 AND a.id = i.actor_id
    LEFT JOIN channels c ON c.workspace_id = $1 AND c.id = seen.channel_id
    LEFT JOIN conversations v ON v.workspace_id = $1 AND v.id = i.conversation_id
    LEFT JOIN interactions r ON r.workspace_id = $1 AND r.id = i.reply_to
    LEFT JOIN identities ra ON ra.workspace_id = $1 AND ra.id = r.actor_id
    CROSS JOIN LATERAL (
        SELECT array_agg(x.network ORDER BY n) AS networks, array_agg(x.host ORDER BY n) AS hosts,
            array_agg(x.key ORDER BY n) AS keys
        FROM unnest(i.target_ids) WITH ORDINALITY AS u (id, n)
        JOIN identities x ON x.workspace_id = $1 AND x.id = u.id
    ) AS t
    WHERE i.workspace_id = $1 ORDER BY {{order}}
"""
