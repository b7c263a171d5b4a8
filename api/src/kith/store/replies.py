"""Replies that nothing points at: the lines of rooms, what each answers, and what members say of that.

The lines of a room are the messages of a channel that stand in no conversation.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kith.domain.replies.said import Inferred, Said
from kith.store.db import Db, new_id
from kith.store.projection import Projection

REPLIES = Projection(
    "inferred_replies",
    ("interaction_id",),
    ("channel_id", "occurred_at", "answers", "chances", "begins", "known"),
    "",
    "",
)


class Position(NamedTuple):
    """Where a line stands; in this order lines are read."""

    channel_id: UUID
    occurred_at: datetime
    id: UUID


class Reply(NamedTuple):
    """What a line most likely answers. stated: by a member."""

    answers_id: UUID
    chance: float
    stated: bool


async def place(db: Db, workspace_id: UUID, act_ids: Collection[UUID]) -> tuple[list[Position], set[UUID]]:
    """Bring the places of these lines up to date.

    Returns where lines are, or were, that may have changed, and what those answered that are gone from there.
    """
    gone = await db.fetch(_LEAVE, workspace_id, list(act_ids))
    here = await db.fetch(_ENTER, workspace_id, list(act_ids))
    answered = {id_ for row in gone for id_ in row["answers"]}
    return sorted({Position(row["channel_id"], row["occurred_at"], row["id"]) for row in (*gone, *here)}), answered


async def lines_before(db: Db, workspace_id: UUID, at: Position, limit: int) -> list[Said]:
    """Return the last lines of a channel before a place, oldest first."""
    return [Said(*row) for row in reversed(await db.fetch(_BEFORE, workspace_id, *at, limit))]


async def lines_from(db: Db, workspace_id: UUID, at: Position, limit: int) -> list[Said]:
    """Return the lines of a channel from a place on, oldest first."""
    return [Said(*row) for row in await db.fetch(_FROM, workspace_id, *at, limit)]


async def lines_after(db: Db, workspace_id: UUID, at: Position, limit: int) -> list[Said]:
    """Return the lines of a channel behind a place, oldest first."""
    return [Said(*row) for row in await db.fetch(_AFTER, workspace_id, *at, limit)]


async def all_lines(db: Db, workspace_id: UUID, after: Position | None, limit: int) -> list[tuple[UUID, Said]]:
    """Return the lines of all channels behind a place, each with its channel, from the facts alone."""
    key = after or (UUID(int=0), None, UUID(int=0))
    rows = await db.fetch(_ALL, workspace_id, *key, limit)
    return [(row[0], Said(*row[1:])) for row in map(tuple, rows)]


async def save(db: Db, workspace_id: UUID, inferred: Sequence[Inferred]) -> set[UUID]:
    """Keep what lines answer; return the ids of those that change, and of all that they answered and answer."""
    rows = await db.fetch(
        _SAVE,
        workspace_id,
        [one.interaction_id for one in inferred],
        [",".join(map(str, one.answers)) for one in inferred],
        [",".join(map(repr, one.chances)) for one in inferred],
        [one.begins for one in inferred],
        [one.known for one in inferred],
    )
    return {id_ for row in rows for id_ in (row["interaction_id"], *row["before"], *row["answers"])}


async def begin_rebuilt(db: Db) -> None:
    """Make the temporary table that is filled by ``add_rebuilt`` and read by ``rebuild.put_right``."""
    await db.execute(
        """
        CREATE TEMPORARY TABLE rebuilt (interaction_id uuid, channel_id uuid, occurred_at timestamptz, answers uuid[],
            chances real[], begins real, known boolean) ON COMMIT DROP
        """
    )


async def add_rebuilt(db: Db, channel_id: UUID, said: Sequence[Said], inferred: Sequence[Inferred]) -> None:
    """Add what lines of a channel answer; both lists are of the same lines."""
    await db.copy_records_to_table(
        "rebuilt",
        columns=[*REPLIES.key, *REPLIES.columns],
        records=[(one.id, channel_id, one.occurred_at, *found[1:]) for one, found in zip(said, inferred, strict=True)],
    )


async def state(
    db: Db, workspace_id: UUID, interaction_id: UUID, answers_id: UUID | None, author: str, *, stated: bool
) -> None:
    """Keep what a member says that a line answers. stated: False takes back what was said before."""
    await db.execute(
        """
        INSERT INTO reply_statements (workspace_id, id, interaction_id, stated, answers_id, author)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        workspace_id, new_id(), interaction_id, stated, answers_id, author,
    )  # fmt: skip


async def touch(db: Db, workspace_id: UUID, interaction_id: UUID) -> None:
    """Leave it to a job to work in what was said of a line."""
    await db.execute(
        """
        INSERT INTO touches (workspace_id, identity_ids, actor_ids, target_ids, channel_ids, conversation_ids, act_ids)
        VALUES ($1, '{}', '{}', '{}', '{}', '{}', ARRAY[$2::uuid])
        """,
        workspace_id, interaction_id,
    )  # fmt: skip


async def is_line(db: Db, workspace_id: UUID, interaction_id: UUID) -> bool:
    """Whether this is a line of a room that its network ties to none."""
    found: bool = await db.fetchval(
        f"SELECT EXISTS (SELECT FROM interactions i WHERE {_IS_LINE} AND i.id = $2 AND i.reply_to IS NULL)",
        workspace_id, interaction_id,
    )  # fmt: skip
    return found


async def stands_before(db: Db, workspace_id: UUID, one: UUID, other: UUID) -> bool:
    """Whether one act is in the same channel as the other, and no later."""
    found: bool = await db.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM interactions i JOIN interactions o ON o.workspace_id = $1 AND o.id = $3
            WHERE i.workspace_id = $1 AND i.id = $2 AND i.channel_id = o.channel_id AND i.id <> o.id
                AND (i.occurred_at, i.id) <= (o.occurred_at, o.id))
        """,
        workspace_id, one, other,
    )  # fmt: skip
    return found


async def is_there(db: Db, workspace_id: UUID, interaction_id: UUID) -> bool:
    """Whether the reader may know of this act."""
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM interactions WHERE workspace_id = $1 AND id = $2)", workspace_id, interaction_id
    )
    return found


async def get_reply(db: Db, workspace_id: UUID, interaction_id: UUID) -> Reply | None:
    """Return what a line most likely answers, where its network does not say, and the reader may know of that."""
    row = await db.fetchrow(_REPLY, workspace_id, interaction_id)
    return Reply(*row) if row else None


_IS_LINE = "i.workspace_id = $1 AND i.kind = 'message' AND i.conversation_id IS NULL AND i.channel_id IS NOT NULL"

_LEAVE = f"""
    DELETE FROM inferred_replies r WHERE r.workspace_id = $1 AND r.interaction_id = ANY ($2) AND NOT EXISTS (
        SELECT FROM interactions i
        WHERE {_IS_LINE} AND i.id = r.interaction_id AND i.channel_id = r.channel_id AND i.occurred_at = r.occurred_at)
    RETURNING r.channel_id, r.occurred_at, r.interaction_id AS id, r.answers
"""

_ENTER = f"""
    WITH here AS MATERIALIZED (
        SELECT i.channel_id, i.occurred_at, i.id FROM interactions i WHERE {_IS_LINE} AND i.id = ANY ($2)
    ),
    entered AS (
        INSERT INTO inferred_replies (
            workspace_id, interaction_id, channel_id, occurred_at, answers, chances, begins, known)
        SELECT $1, id, channel_id, occurred_at, '{{}}', '{{}}', 1, false FROM here ORDER BY id
        ON CONFLICT (workspace_id, interaction_id) DO NOTHING
    )
    SELECT * FROM here
"""

_SAID = """
    i.id, i.actor_id, d.key, i.occurred_at, left(coalesce(i.text, ''), 1000) AS text, i.reply_to,
    coalesce(s.stated, false) AS stated, s.answers_id
"""
_OF_SAID = """
    JOIN identities d ON d.workspace_id = $1 AND d.id = i.actor_id
    LEFT JOIN LATERAL (
        SELECT stated, answers_id FROM reply_statements s
        WHERE s.workspace_id = $1 AND s.interaction_id = i.id ORDER BY s.id DESC LIMIT 1
    ) AS s ON true
"""
_LINES = f"""
    WITH lines AS MATERIALIZED (
        SELECT interaction_id FROM inferred_replies
        WHERE workspace_id = $1 AND channel_id = $2 AND (occurred_at, interaction_id) {{0}} ($3, $4)
        ORDER BY occurred_at {{1}}, interaction_id {{1}} LIMIT $5
    )
    SELECT {_SAID} FROM lines l JOIN interactions i ON i.workspace_id = $1 AND i.id = l.interaction_id {_OF_SAID}
    ORDER BY i.occurred_at {{1}}, i.id {{1}}
"""
_BEFORE = _LINES.format("<", "DESC")
_FROM = _LINES.format(">=", "ASC")
_AFTER = _LINES.format(">", "ASC")

_ALL = f"""
    SELECT i.channel_id, {_SAID} FROM interactions i {_OF_SAID}
    WHERE {_IS_LINE} AND (i.channel_id, i.occurred_at, i.id) > ($2, coalesce($3::timestamptz, '-infinity'), $4)
    ORDER BY i.channel_id, i.occurred_at, i.id LIMIT $5
"""

_SAVE = """
    WITH found AS MATERIALIZED (
        SELECT id, string_to_array(nullif(answers, ''), ',')::uuid[] AS answers,
            string_to_array(nullif(chances, ''), ',')::real[] AS chances, begins, known
        FROM unnest($2::uuid[], $3::text[], $4::text[], $5::real[], $6::boolean[])
            AS f (id, answers, chances, begins, known)
    ),
    fresh AS MATERIALIZED (
        SELECT f.id, coalesce(f.answers, '{}') AS answers, coalesce(f.chances, '{}') AS chances, f.begins, f.known,
            r.answers AS before
        FROM found f JOIN inferred_replies r ON r.workspace_id = $1 AND r.interaction_id = f.id
        WHERE (r.answers, r.chances, r.begins, r.known)
            IS DISTINCT FROM (coalesce(f.answers, '{}'), coalesce(f.chances, '{}'), f.begins, f.known)
    )
    UPDATE inferred_replies r SET answers = f.answers, chances = f.chances, begins = f.begins, known = f.known
    FROM fresh f WHERE r.workspace_id = $1 AND r.interaction_id = f.id
    RETURNING r.interaction_id, f.before, r.answers
"""

# The policies of interactions say whether the reader may know of the one that is answered.
_REPLY = """
    SELECT a.id, r.chances[1], r.known FROM inferred_replies r
    JOIN interactions i ON i.workspace_id = $1 AND i.id = r.interaction_id AND i.reply_to IS NULL
    JOIN interactions a ON a.workspace_id = $1 AND a.id = r.answers[1]
    WHERE r.workspace_id = $1 AND r.interaction_id = $2 AND r.chances[1] > r.begins
"""
