"""Statements of people, as a file tells them: rows of the tables that hold what members say, and what an export reads.

A statement that is there already stays as it is, and so does a group, an organization or an attribute of the same name.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from kith.store import jobs, watches
from kith.store.db import Db

_AHEAD = 1000  # rows that are fetched at once

#: What a row may name by its name, and the table that has it.
_NAMED = {"organization": "organizations", "attribute": "attributes", "group": "groups"}

#: What is written first is named by what comes after it.
TABLES: Mapping[str, tuple[str, ...]] = {
    "organizations": ("id", "name", "url", "created_at"),
    "organization_domains": ("organization_id", "domain"),
    "attributes": ("id", "name", "type", "choices", "created_at"),
    "decisions": (
        "id", "verdict", "one_id", "other_id", "retracts", "author", "confidence", "evidence", "decided_at",
        "learnt_at",
    ),
    "corrections": ("id", "identity_id", "field", "value", "author", "decided_at", "learnt_at"),
    "objections": ("id", "reason", "author", "objected_at", "created_at", "ended_at", "ended_by"),
    "objection_identities": ("objection_id", "identity_id"),
    "consents": (
        "id", "purpose", "basis", "evidence", "author", "given_at", "created_at", "withdrawn_at", "withdrawn_by",
    ),
    "consent_identities": ("consent_id", "identity_id"),
    "affiliations": (
        "id", "identity_id", "organization_id", "period", "evidence", "confidence", "title", "author", "learnt_at",
    ),
    "ask_statements": ("id", "interaction_id", "state", "taken", "author", "stated_at"),
    "reply_statements": ("id", "interaction_id", "stated", "answers_id", "author", "stated_at"),
    "communities": ("id", "kind", "name", "size", "born_at", "created_at"),
    "community_people": ("community_id", "person_id", "home"),
    "attribute_values": (
        "id", "attribute_id", "identity_id", "other_id", "organization_id", "value", "author", "updated_at",
    ),
    "groups": (
        "id", "name", "description", "organization_id", "channel_id", "words", "attribute_id", "community_id",
        "created_at",
    ),
    "group_people": ("group_id", "identity_id"),
    "notes": (
        "id", "identity_id", "other_id", "organization_id", "text", "author", "created_at", "updated_at",
    ),
    "watches": (
        "id", "name", "identity_id", "organization_id", "aliases", "rules", "terms", "since", "heard_since",
        "created_at",
    ),
    "mention_verdicts": (
        "id", "mention_id", "watch_id", "interaction_id", "is_right", "author", "stated_at",
    ),
}  # fmt: skip
_PLACES = {table: place for place, table in enumerate(TABLES)}


class Said(NamedTuple):
    """A row of what somebody said. columns: by name; ``organization``, ``attribute``, ``group`` are names.

    number: which statement of the page it belongs to. identity_ids: whom it is about.
    """

    table: str
    columns: dict[str, Any]
    number: int
    identity_ids: tuple[UUID, ...] = ()


async def put(db: Db, workspace_id: UUID, said: Sequence[Said], refused: tuple[type[Exception], ...]) -> dict[int, str]:
    """Store what was said, and note what follows from it; return why some statements cannot be stored, by number.

    refused: what is raised about a value.
    """
    problems: dict[int, str] = {}
    in_order = sorted(said, key=lambda each: _PLACES[each.table])
    for table, rows in groupby(in_order, lambda each: each.table):
        await _put(db, workspace_id, table, [row for row in rows if row.number not in problems], refused, problems)
    await _follow(db, workspace_id, [each for each in said if each.number not in problems])
    return problems


async def _put(
    db: Db, workspace_id: UUID, table: str, said: Sequence[Said], refused: tuple[type[Exception], ...],
    problems: dict[int, str],
) -> None:  # fmt: skip
    named = await _find_named(db, workspace_id, said)
    rows: list[tuple[int, dict[str, Any]]] = []
    for each in said:
        columns = dict(each.columns)
        for noun in _NAMED.keys() & columns.keys():
            if (name := columns.pop(noun)) is None:
                continue
            if (id_ := named.get((noun, name))) is None:
                problems[each.number] = f"No {noun} named {name!r} stands before it."
            columns[f"{noun}_id"] = id_
        if each.number not in problems:
            rows.append((each.number, columns))
    if rows and await _insert(db, workspace_id, table, [row for _, row in rows], refused):
        for number, row in rows:
            if reason := await _insert(db, workspace_id, table, [row], refused):
                problems[number] = reason


async def _insert(
    db: Db, workspace_id: UUID, table: str, rows: Sequence[dict[str, Any]], refused: tuple[type[Exception], ...]
) -> str | None:
    """Add rows that are not there; return why PostgreSQL refuses them, None where it does not."""
    columns = TABLES[table]
    await db.execute("SAVEPOINT statement")
    try:
        await db.execute(
            f"""
            INSERT INTO {table} (workspace_id, {", ".join(columns)})
            SELECT $1, {", ".join(f"r.{column}" for column in columns)}
            FROM jsonb_populate_recordset(NULL::{table}, $2) AS r ON CONFLICT DO NOTHING
            """,
            workspace_id, rows,
        )  # fmt: skip
    except refused as error:
        await db.execute("ROLLBACK TO SAVEPOINT statement")
        return str(error)
    await db.execute("RELEASE SAVEPOINT statement")
    return None


async def _find_named(db: Db, workspace_id: UUID, said: Iterable[Said]) -> dict[tuple[str, str], UUID]:
    """Return the ids of what these rows name; an organization that nobody has named yet is added."""
    found: dict[tuple[str, str], UUID] = {}
    names: dict[str, set[str]] = {}
    for each in said:
        for noun in _NAMED.keys() & each.columns.keys():
            if each.columns[noun] is not None:
                names.setdefault(noun, set()).add(each.columns[noun])
    for noun, wanted in names.items():
        if noun == "organization":
            await db.execute(_ADD_ORGANIZATIONS, workspace_id, sorted(wanted))
        rows = await db.fetch(
            f"SELECT name, id FROM {_NAMED[noun]} WHERE workspace_id = $1 AND name = ANY ($2)",
            workspace_id, list(wanted),
        )  # fmt: skip
        found |= {(noun, row["name"]): row["id"] for row in rows}
    return found


#: Statements by which people stand otherwise, and those by which acts do.
_OF_PEOPLE = ("decisions", "corrections", "objection_identities", "affiliations", "organization_domains")
_OF_ACTS = ("ask_statements", "reply_statements")


async def _follow(db: Db, workspace_id: UUID, said: Sequence[Said]) -> None:
    """Leave to jobs what follows from what was said."""
    people = sorted({id_ for each in said if each.table in _OF_PEOPLE for id_ in each.identity_ids})
    acts = sorted({each.columns["interaction_id"] for each in said if each.table in _OF_ACTS})
    if people or acts:
        await db.execute(_TOUCH, workspace_id, people, acts)
    for each in said:
        if each.table == "watches":
            await watches.ask_hear(db, workspace_id, each.columns["id"])
    if any(each.table in ("communities", "objections") for each in said):
        await jobs.ask_detect(db, workspace_id)


async def told(db: Db, workspace_id: UUID, table: str) -> AsyncIterator[Any]:
    """Yield what a table holds of people's statements, with natural keys in place of ids. table: one of QUERIES."""
    async for row in db.cursor(QUERIES[table], workspace_id, prefetch=_AHEAD):
        yield row


_ADD_ORGANIZATIONS = """
    INSERT INTO organizations (workspace_id, id, name)
    SELECT $1::uuid, gen_random_uuid(), name FROM unnest($2::text[]) AS name ORDER BY name ON CONFLICT DO NOTHING
"""

_TOUCH = """
    INSERT INTO touches (workspace_id, identity_ids, actor_ids, target_ids, channel_ids, conversation_ids, act_ids)
    VALUES ($1, $2, '{}', '{}', '{}', '{}', $3)
"""


def _ref(id_: str, table: str = "identities") -> str:
    """In SQL: the natural key of what has this id."""
    return f"""(
        SELECT jsonb_build_object('network', network, 'host', host, 'key', key) FROM {table}
        WHERE workspace_id = $1 AND id = {id_})"""


def _refs(ids: str) -> str:
    """In SQL: the natural keys of the identities with the ids that a query gives as ``id``."""
    return f"""coalesce((
        SELECT jsonb_agg(jsonb_build_object('network', i.network, 'host', i.host, 'key', i.key)
            ORDER BY i.network, i.host, i.key)
        FROM ({ids}) AS u JOIN identities i ON i.workspace_id = $1 AND i.id = u.id), '[]')"""


def _act(id_: str) -> str:
    """In SQL: what names an act; its actor among it, for those whose key has one."""
    return f"""(
        SELECT jsonb_build_object('id', i.id, 'network', i.network, 'host', i.host, 'key', i.key, 'kind', i.kind,
            'actor', {_ref("i.actor_id")})
        FROM interactions i WHERE i.workspace_id = $1 AND i.id = {id_})"""


def _name(id_: str, table: str = "organizations") -> str:
    return f"(SELECT name FROM {table} WHERE workspace_id = $1 AND id = {id_})"


_SUBJECT = f"""
    jsonb_build_object('identity', {_ref("s.identity_id")}, 'other', {_ref("s.other_id")},
        'organization', {_name("s.organization_id")}) AS about"""

QUERIES: Mapping[str, str] = {
    "organization": """
        SELECT id AS key, name, url, created_at, ARRAY(
            SELECT domain FROM organization_domains d
            WHERE d.workspace_id = $1 AND d.organization_id = s.id ORDER BY domain) AS domains
        FROM organizations s WHERE workspace_id = $1 ORDER BY id""",
    "attribute": """
        SELECT id AS key, name, type AS kind, choices, created_at
        FROM attributes WHERE workspace_id = $1 ORDER BY id""",
    # what rules decided follows from facts, but for what people took back
    "decision": f"""
        SELECT id AS key, author, verdict, {_ref("s.one_id")} AS one, {_ref("s.other_id")} AS other, retracts,
            confidence, evidence, decided_at, learnt_at
        FROM decisions s WHERE workspace_id = $1 AND (author NOT LIKE 'rule:%' OR id IN (
            SELECT retracts FROM decisions WHERE workspace_id = $1 AND retracts IS NOT NULL
                AND author NOT LIKE 'rule:%'))
        ORDER BY learnt_at, id""",
    "correction": f"""
        SELECT id AS key, author, {_ref("s.identity_id")} AS identity, field, value, decided_at, learnt_at
        FROM corrections s WHERE workspace_id = $1 ORDER BY id""",
    "objection": f"""
        SELECT id AS key, author, reason, objected_at, created_at, ended_at, ended_by, {
        _refs('''
            SELECT identity_id AS id FROM objection_identities WHERE workspace_id = $1 AND objection_id = s.id''')
    }
            AS people
        FROM objections s WHERE workspace_id = $1 ORDER BY id""",
    "consent": f"""
        SELECT id AS key, author, purpose, basis, evidence, given_at, created_at, withdrawn_at, withdrawn_by, {
        _refs('''
            SELECT identity_id AS id FROM consent_identities WHERE workspace_id = $1 AND consent_id = s.id''')
    }
            AS people
        FROM consents s WHERE workspace_id = $1 ORDER BY id""",
    "affiliation_statement": f"""
        SELECT id AS key, author, {_ref("s.identity_id")} AS identity, {_name("s.organization_id")} AS organization,
            evidence, confidence, title, lower(period) AS since, upper(period) - 1 AS until, learnt_at
        FROM affiliations s WHERE workspace_id = $1 AND author NOT LIKE 'rule:%' ORDER BY id""",
    "ask_statement": f"""
        SELECT id AS key, author, {_act("s.interaction_id")} AS act, state, taken, stated_at
        FROM ask_statements s WHERE workspace_id = $1 ORDER BY id""",
    "reply_statement": f"""
        SELECT id AS key, author, {_act("s.interaction_id")} AS act, stated, {_act("s.answers_id")} AS answers,
            stated_at
        FROM reply_statements s WHERE workspace_id = $1 ORDER BY id""",
    "community": f"""
        SELECT id AS key, name, created_at, {
        _refs('''
            SELECT person_id AS id FROM community_people WHERE workspace_id = $1 AND community_id = s.id''')
    } AS people
        FROM communities s WHERE workspace_id = $1 AND kind = 'curated' ORDER BY id""",
    "attribute_value": f"""
        SELECT id AS key, author, {_name("s.attribute_id", "attributes")} AS attribute, {_SUBJECT}, value, updated_at
        FROM attribute_values s WHERE workspace_id = $1 ORDER BY id""",
    "group": f"""
        SELECT id AS key, name, description, {_name("s.organization_id")} AS organization,
            {_ref("s.channel_id", "channels")} AS channel, words, {_name("s.attribute_id", "attributes")} AS attribute,
            community_id AS community, created_at, {
        _refs('''
            SELECT identity_id AS id FROM group_people WHERE workspace_id = $1 AND group_id = s.id''')
    } AS people
        FROM groups s WHERE workspace_id = $1 ORDER BY id""",
    "note": f"""
        SELECT id AS key, author, {_SUBJECT}, text, created_at, updated_at
        FROM notes s WHERE workspace_id = $1 ORDER BY id""",
    "watch": f"""
        SELECT id AS key, name, {_ref("s.identity_id")} AS identity, {_name("s.organization_id")} AS organization,
            aliases, rules, terms, since, created_at
        FROM watches s WHERE workspace_id = $1 ORDER BY id""",
    # a verdict on what no longer stands there is about nothing
    "mention_verdict": f"""
        SELECT s.id AS key, s.author, s.watch_id AS watch, {_act("s.interaction_id")} AS act, h.start, s.is_right,
            s.stated_at, s.mention_id, s.watch_id, s.interaction_id
        FROM mention_verdicts s JOIN mention_hits h ON h.workspace_id = $1 AND h.watch_id = s.watch_id
            AND h.interaction_id = s.interaction_id
        WHERE s.workspace_id = $1 ORDER BY s.id, h.start""",
}
"""What an export reads, by the type of the statement, in the order in which an import needs it."""
