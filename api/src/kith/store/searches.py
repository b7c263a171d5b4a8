"""Searches over all kinds of things: their best candidates, by what each is called or says.

Every function returns few rows and reads few, whether the words are common, rare or absent.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from kith.store import communities, interactions, topics
from kith.store.conversations import LAST_SEEN
from kith.store.db import Db, sees_all_words
from kith.store.interactions import InteractionFilter
from kith.store.queries import structs

LOOKED_AT = 500
"""Most texts that are looked at because they may have a stem of the words."""

Named: TypeAlias = Literal["channels", "communities", "topics"]


class Found(msgspec.Struct, frozen=True):
    """Something that has a name."""

    id: UUID
    name: str


class Known(msgspec.Struct, frozen=True):
    """A person, and the name or handle of one of its identities that was found."""

    id: UUID
    name: str | None
    written: str


class Said(msgspec.Struct, frozen=True):
    """A conversation or an interaction. at: of its latest act. rank: in [0, 1), how densely it has the words."""

    id: UUID
    title: str | None
    at: datetime
    rank: float


async def find_alike(db: Db, workspace_id: UUID, words: str, most: int) -> list[UUID]:
    """Return identities whose name or handle is nearly so written, the likest first."""
    rows = await db.fetch(
        "SELECT id FROM find_alike($1, $2, $3) ORDER BY likeness DESC, id", workspace_id, words, most
    )  # fmt: skip
    return [row["id"] for row in rows]


async def list_known(db: Db, workspace_id: UUID, identity_ids: Sequence[UUID]) -> list[Known]:
    """Return the people behind identities, by identity."""
    rows = await db.fetch(
        """
        SELECT p.id, p.name, concat_ws(' ', i.name, i.handle) AS written
        FROM identities i
        JOIN person_identities pi ON pi.workspace_id = $1 AND pi.identity_id = i.id
        JOIN people p ON p.workspace_id = $1 AND p.id = pi.person_id
        WHERE i.workspace_id = $1 AND i.id = ANY ($2) ORDER BY i.id
        """,
        workspace_id, list(identity_ids),
    )  # fmt: skip
    return structs(Known, rows)


async def find_named(db: Db, workspace_id: UUID, what: Named, words: str, most: int) -> list[Found]:
    """Return what the reader sees of what has the words in its name."""
    if what in _NAMED and not sees_all_words(db):
        return structs(Found, await db.fetch(_NAMED[what], workspace_id, words, most))
    rows = await db.fetch(
        f"""
        SELECT t.id, t.name FROM (SELECT find_named($1, $2, $3, $4) AS id OFFSET 0) AS found
        JOIN {what} t ON t.workspace_id = $1 AND t.id = found.id
        """,
        workspace_id, what, words, most,
    )  # fmt: skip
    return structs(Found, rows)


async def find_interactions(
    db: Db, workspace_id: UUID, wanted: InteractionFilter, words: str, language: str, most: int
) -> list[UUID]:
    """Return ids of interactions with the words, the newest first, and then of some with their stems.

    Words in scripts without spaces are found by two signs that follow one another.
    """
    runs: bool = await db.fetchval("SELECT pairs($1, 11904) IS NOT NULL", words)
    exact = msgspec.structs.replace(wanted, words=words)
    found = [] if runs else await interactions.list_ids(db, workspace_id, exact, most)
    if len(found) < most:
        rows = await db.fetch(
            "SELECT find_said($1, $2, $3::text::regconfig, $4, $5, $6)",
            workspace_id, words, language, wanted.since, wanted.before, LOOKED_AT,
        )  # fmt: skip
        more = [row[0] for row in rows]
        found += [
            id_ for id_ in await interactions.list_among(db, workspace_id, wanted, more, most) if id_ not in found
        ]
    return found[:most]


async def rank_interactions(db: Db, workspace_id: UUID, ids: Sequence[UUID], words: str, language: str) -> list[Said]:
    """Return how well interactions answer."""
    rows = await db.fetch(_RANK_INTERACTIONS, workspace_id, list(ids), words, language)
    return structs(Said, rows)


async def find_conversations(
    db: Db, workspace_id: UUID, channel_id: UUID | None, since: datetime | None, before: datetime | None, words: str,
    language: str, most: int,
) -> list[Said]:  # fmt: skip
    """Return what the reader sees of conversations with the words, or their stems, in the title."""
    rows = await db.fetch(_FIND_CONVERSATIONS, workspace_id, words, language, most, channel_id, since, before)
    return structs(Said, rows)


async def show_interactions(
    db: Db, workspace_id: UUID, ids: Sequence[UUID], words: str, language: str, marks: tuple[str, str]
) -> dict[UUID, str]:
    """Return of each interaction what it says around the words. marks: before and after what matched."""
    options = (
        f"StartSel={marks[0]}, StopSel={marks[1]}, MaxWords=30, MinWords=12, MaxFragments=1, FragmentDelimiter= … "
    )
    rows = await db.fetch(
        """
        SELECT id, ts_headline($4::text::regconfig, left(coalesce(nullif(text, ''), title, ''), 20000),
            websearch_to_tsquery($4::text::regconfig, $3) || websearch_to_tsquery('simple', $3), $5) AS shown
        FROM interactions WHERE workspace_id = $1 AND id = ANY ($2)
        """,
        workspace_id, list(ids), words, language, options,
    )  # fmt: skip
    return {row["id"]: row["shown"] for row in rows}


# Of names that are not the same for all there are few: they are looked through.
_HAS_WORDS = r"lower({}) LIKE '%' || regexp_replace(lower($2), '([\\%_])', '\\\1', 'g') || '%' LIMIT $3"
_NAMED = {
    "communities": f"""
        SELECT c.id, {communities.NAME} AS name FROM communities c
        WHERE c.workspace_id = $1 AND c.ended_at IS NULL AND {_HAS_WORDS.format(communities.NAME)}
    """,
    "topics": f"""
        SELECT t.id, {topics.NAME} AS name FROM topics t
        WHERE t.workspace_id = $1 AND {_HAS_WORDS.format(topics.NAME)}
    """,
}
_RANK_INTERACTIONS = """
    SELECT i.id, i.title, i.occurred_at AS at,
        ts_rank_cd(to_tsvector($4::text::regconfig, left(coalesce(i.title, '') || ' ' || coalesce(i.text, ''), 20000)),
            websearch_to_tsquery($4::text::regconfig, $3), 32) AS rank
    FROM interactions i WHERE i.workspace_id = $1 AND i.id = ANY ($2)
"""
_FIND_CONVERSATIONS = f"""
    SELECT v.id, v.title, {LAST_SEEN} AS at,
        ts_rank_cd(to_tsvector($3::text::regconfig, left(v.title, 1000)),
            websearch_to_tsquery($3::text::regconfig, $2), 32) AS rank
    FROM (SELECT find_conversations($1, $2, $3::text::regconfig, $4) AS id OFFSET 0) AS found
    JOIN conversations v ON v.workspace_id = $1 AND v.id = found.id
    JOIN conversation_activity a ON a.workspace_id = $1 AND a.conversation_id = found.id
    WHERE ($5::uuid IS NULL OR a.channel_id = $5 AND EXISTS (SELECT FROM channels WHERE workspace_id = $1 AND id = $5))
        AND ($6::timestamptz IS NULL OR {LAST_SEEN} >= $6) AND ($7::timestamptz IS NULL OR {LAST_SEEN} < $7)
"""
