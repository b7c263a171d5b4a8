"""What humans said of people, and which identity or human gave each field of a person."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

import msgspec

from kith.store.db import Db, new_id

Name = Literal["name", "kind", "handle", "address", "url"]
FIELDS: tuple[Name, ...] = get_args(Name)


class Field(msgspec.Struct, frozen=True):
    """A field of a person, and who gave it. given_by: correction, verified, newest. author: of a correction."""

    field: Name
    value: str
    given_by: str
    identity_id: UUID
    author: str | None
    at: datetime | None


async def correct(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], values: Mapping[Name, str | None], author: str
) -> None:
    """Say what is right of these identities and their persons; None takes back what was said."""
    rows = [(id_, new_id(), name, value) for id_ in identity_ids for name, value in values.items()]
    if rows:
        await db.execute(
            """
            INSERT INTO corrections (workspace_id, author, decided_at, identity_id, id, field, value)
            SELECT $1, $2, clock_timestamp(), * FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[]) RETURNING id
            """,
            workspace_id, author, *map(list, zip(*rows, strict=True)),
        )  # fmt: skip


async def list_fields(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Field]:
    """Return each field that these identities, as one person, have."""
    return [Field(**row) for row in await db.fetch(_FIELDS, workspace_id, list(identity_ids), list(FIELDS))]


# A correction goes before what a network vouches for, and that before what was seen last. A bot is a bot even if one of
# its accounts is not marked.
_FIELDS = """
    SELECT DISTINCT ON (array_position($3, field)) field, value, given_by, identity_id, author, at
    FROM (
        SELECT field, value, 'correction' AS given_by, identity_id, author, decided_at AS at, id AS tie,
            0 AS rank, 0 AS kind
        FROM (
            SELECT DISTINCT ON (field) * FROM corrections
            WHERE workspace_id = $1 AND identity_id = ANY ($2) ORDER BY field, decided_at DESC, id DESC
        ) AS last
        UNION ALL
        SELECT f.field, f.value, CASE WHEN i.verified THEN 'verified' ELSE 'newest' END, i.id, NULL, i.seen_at, i.id,
            CASE WHEN f.field = 'kind' THEN 1 WHEN f.field = 'name' AND i.name IS NULL THEN 5
                 ELSE CASE WHEN i.verified THEN 1 ELSE 2 END
                      + CASE WHEN f.field = 'name' AND i.name ~ '^[!-~]+$' THEN 2 ELSE 0 END END,
            CASE WHEN f.field = 'kind' THEN array_position('{bot,person,organization,group,unknown}', f.value)
                 ELSE 0 END
        FROM identities i LEFT JOIN identity_kinds k ON k.workspace_id = $1 AND k.identity_id = i.id, LATERAL (VALUES
            ('name', left(coalesce(i.name, i.handle), 200)), ('kind', coalesce(k.kind, i.kind)), ('handle', i.handle),
            ('address', i.address), ('url', i.url)
        ) AS f (field, value)
        WHERE i.workspace_id = $1 AND i.id = ANY ($2)
    ) AS candidates
    WHERE value <> ''
    ORDER BY array_position($3, field), rank, kind, at DESC NULLS LAST, tie
"""
