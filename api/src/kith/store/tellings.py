"""Which sources tell of an identity, and what goes when none does any more."""

from uuid import UUID

from kith.store import locks, projection, reach, sealing
from kith.store.db import Db
from kith.store.locks import Lock


async def tell(db: Db, workspace_id: UUID, source_id: UUID) -> None:
    """Note of the staged identities that another source told of that this one does too."""
    await db.execute(_TELL, workspace_id, source_id)


async def forget_alone(db: Db, workspace_id: UUID, source_id: UUID, *, sealed: bool = False) -> None:
    """Forget all of a source whose acts and claims were taken back and worked in.

    Old versions of its acts, and the identities, channels and conversations of which no other source tells and no human
    said anything. Of those that others tell too, the last description stays until one of them tells again. sealed: from
    the facts of sealed sources.
    """
    await locks.hold(db, workspace_id, Lock.FACTS)
    await locks.hold(db, workspace_id, Lock.PROJECTIONS)
    await sealing.go(db, sealed=sealed)
    await reach.forget(db, workspace_id, source_id)
    for statement in (_FORGET_VERSIONS, _FORGET_CONVERSATIONS, _FORGET_CHANNELS):
        await db.execute(statement, workspace_id, source_id)
    alone = [row["id"] for row in await db.fetch(_ALONE, workspace_id, source_id)]
    with_them = [] if sealed else await db.fetchval(_WITH, workspace_id, alone)
    for statement in _FORGET_SEALED if sealed else _FORGET:
        await db.execute(statement, workspace_id, alone)
    await db.execute(_INHERIT, workspace_id, source_id)
    await db.execute(_UNTELL, workspace_id, source_id)
    if with_them:
        await projection.touch(db, workspace_id, with_them)


_TELL = """
    INSERT INTO identity_tellings (workspace_id, identity_id, source_id)
    SELECT $1::uuid, i.id, teller FROM identities i, unnest(ARRAY[i.source_id, $2::uuid]) AS teller
    WHERE i.workspace_id = $1 AND i.id = ANY (ARRAY(SELECT id FROM staged_identities)) AND i.source_id <> $2
    ORDER BY 2, 3 ON CONFLICT DO NOTHING
"""

_FORGET_VERSIONS = """
    WITH gone AS (
        DELETE FROM tombstones WHERE workspace_id = $1 AND source_id = $2 AND cause = 'withdrawn'
        RETURNING interaction_id
    )
    DELETE FROM interaction_versions v USING gone g WHERE v.workspace_id = $1 AND v.interaction_id = g.interaction_id
"""

_FORGET_CONVERSATIONS = """
    DELETE FROM conversations v WHERE v.workspace_id = $1 AND v.source_id = $2
        AND NOT EXISTS (SELECT FROM interactions i WHERE i.workspace_id = $1 AND i.conversation_id = v.id)
"""

_FORGET_CHANNELS = """
    DELETE FROM channels c WHERE c.workspace_id = $1 AND c.source_id = $2
        AND NOT EXISTS (SELECT FROM channel_sources s WHERE s.workspace_id = $1 AND s.channel_id = c.id)
        AND NOT EXISTS (SELECT FROM channels b WHERE b.workspace_id = $1 AND b.parent_id = c.id AND b.source_id <> $2)
        AND NOT EXISTS (SELECT FROM groups g WHERE g.workspace_id = $1 AND g.channel_id = c.id)
"""

_LIVE = "SELECT FROM sources s WHERE s.workspace_id = $1 AND s.id = {id} AND s.id <> $2 AND s.status <> 'deleting'"

# Of the identities d that the source $2 tells of, those that nobody else does. gone: its acts that are gone, or that
# will be. A rule's decision goes with the identity, a human's keeps it.
ALONE = f"""
    d.workspace_id = $1
    AND (d.source_id = $2 OR EXISTS (
        SELECT FROM identity_tellings t WHERE t.workspace_id = $1 AND t.identity_id = d.id AND t.source_id = $2
    ))
    AND NOT EXISTS ({_LIVE.format(id="d.source_id")})
    AND NOT EXISTS (
        SELECT FROM identity_tellings t
        WHERE t.workspace_id = $1 AND t.identity_id = d.id AND EXISTS ({_LIVE.format(id="t.source_id")})
    )
    AND NOT EXISTS (
        SELECT FROM interactions i WHERE i.workspace_id = $1 AND i.actor_id = d.id
            AND NOT EXISTS (SELECT FROM gone g WHERE g.id = i.id)
    )
    AND NOT EXISTS (
        SELECT FROM interaction_targets t WHERE t.workspace_id = $1 AND t.identity_id = d.id
            AND NOT EXISTS (SELECT FROM gone g WHERE g.id = t.interaction_id)
    )
    AND NOT EXISTS (
        SELECT FROM claims c JOIN claim_tellings t ON t.workspace_id = $1 AND t.claim_id = c.id
        WHERE c.workspace_id = $1 AND c.subject_id = d.id AND EXISTS ({_LIVE.format(id="t.source_id")})
    )
    AND NOT EXISTS (
        SELECT FROM claims c JOIN claim_tellings t ON t.workspace_id = $1 AND t.claim_id = c.id
        WHERE c.workspace_id = $1 AND c.object_id = d.id AND EXISTS ({_LIVE.format(id="t.source_id")})
    )
    AND NOT EXISTS (
        SELECT FROM affiliation_tellings a WHERE a.workspace_id = $1 AND a.identity_id = d.id AND a.source_id <> $2
    )
    AND NOT EXISTS (
        SELECT FROM standings r WHERE r.workspace_id = $1 AND r.identity_id = d.id AND r.source_id <> $2
    )
    {
    " ".join(
        f"AND NOT EXISTS (SELECT FROM {table} h WHERE h.workspace_id = $1 AND h.{column} = d.id)"
        for table, column in (
            ("corrections", "identity_id"),
            ("member_identities", "identity_id"),
            ("group_people", "identity_id"),
            ("notes", "identity_id"),
            ("notes", "other_id"),
            ("watches", "identity_id"),
            ("attribute_values", "identity_id"),
            ("attribute_values", "other_id"),
            ("consent_identities", "identity_id"),
            ("objection_identities", "identity_id"),
        )
    )
}
    AND NOT EXISTS (
        SELECT FROM decisions o
        WHERE o.workspace_id = $1 AND d.id IN (o.one_id, o.other_id) AND o.author NOT LIKE 'rule:%'
    )
"""

_ALONE = f"WITH gone AS (SELECT NULL::uuid AS id WHERE false) SELECT d.id FROM identities d WHERE {ALONE}"

_WITH = """
    SELECT coalesce(array_agg(id), '{}') FROM (
        SELECT o.identity_id AS id FROM person_identities p
        JOIN person_identities o ON o.workspace_id = $1 AND o.person_id = p.person_id
        WHERE p.workspace_id = $1 AND p.identity_id = ANY ($2)
    ) AS w WHERE id <> ALL ($2)
"""

_FORGET = (
    """
    DELETE FROM people p WHERE p.workspace_id = $1 AND p.id IN (
        SELECT person_id FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2)
    ) AND NOT EXISTS (
        SELECT FROM person_identities o WHERE o.workspace_id = $1 AND o.person_id = p.id AND o.identity_id <> ALL ($2)
    )
    """,
    *(
        f"DELETE FROM {table} WHERE workspace_id = $1 AND identity_id = ANY ($2)"
        for table in (
            "person_identities",
            "identity_kinds",
            "identity_profiles",
            "identity_keys",
            "affiliations",
            "mention_people",
        )
    ),
    *(
        f"DELETE FROM {table} WHERE workspace_id = $1 AND (one_id = ANY ($2) OR other_id = ANY ($2))"
        for table in ("behaviors", "suggestions", "decisions")
    ),
    "DELETE FROM identities WHERE workspace_id = $1 AND id = ANY ($2)",
)

# Of an identity of sealed sources there is no person: what all see never rests on it.
_FORGET_SEALED = (
    "DELETE FROM person_identities WHERE workspace_id = $1 AND identity_id = ANY ($2)",
    "DELETE FROM identities WHERE workspace_id = $1 AND id = ANY ($2)",
)

_INHERIT = f"""
    UPDATE identities d SET source_id = h.source_id
    FROM (SELECT DISTINCT ON (t.identity_id) t.identity_id, t.source_id FROM identity_tellings t
          WHERE t.workspace_id = $1 AND EXISTS ({_LIVE.format(id="t.source_id")})
          ORDER BY t.identity_id, t.source_id) AS h
    WHERE d.workspace_id = $1 AND d.source_id = $2 AND d.id = h.identity_id
"""

_UNTELL = "DELETE FROM identity_tellings WHERE workspace_id = $1 AND source_id = $2"
