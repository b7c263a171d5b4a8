"""How lists are read at a million people and ten million interactions: PostgreSQL is told of them, and has few."""

import re
from collections.abc import AsyncIterator, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kith.domain.trust.evidence import GIVEN, MEANINGS, RECEIVED
from kith.store import (
    channels,
    communities,
    conversations,
    decisions,
    events,
    evidence,
    groups,
    identities,
    interactions,
    jobs,
    partitions,
    people,
    relationships,
    runs,
    search,
    suggestions,
    topics,
    trust,
)
from kith.store.channels import ChannelFilter
from kith.store.communities import CommunityFilter
from kith.store.conversations import ConversationFilter
from kith.store.db import GUEST, ROLE, Db, Pool, view, workspace
from kith.store.decisions import DecisionFilter
from kith.store.identities import IdentityFilter
from kith.store.interactions import InteractionFilter
from kith.store.people import PeopleFilter
from kith.store.relationships import RelationshipFilter
from kith.store.suggestions import SuggestionFilter
from kith.store.topics import TopicFilter

SOME = UUID(int=1 << 127)
NOW = datetime.now(UTC)
LIMIT = 51

#: Rows of each table, and how many values its columns have.
SIZES: dict[str, tuple[int, dict[str, float]]] = {
    "people": (1_000_000, {}),
    "identities": (1_000_000, {}),
    "person_identities": (1_000_000, {"person_id": -1}),
    "interactions": (10_000_000, {"actor_id": 1_000_000, "channel_id": 2_000, "conversation_id": 1_000_000}),
    "interaction_targets": (10_000_000, {"identity_id": 1_000_000}),
    "conversations": (1_000_000, {}),
    "conversation_activity": (1_000_000, {"channel_id": 2_000}),
    "identity_kinds": (500_000, {}),
    "relationships": (10_000_000, {"person_id": 1_000_000, "other_id": 1_000_000}),
    "contact_days": (10_000_000, {"actor_id": 1_000_000, "target_id": 1_000_000, "channel_id": 2_000}),
    "identity_days": (10_000_000, {"identity_id": 1_000_000}),
    "communities": (20_000, {}),
    "community_people": (2_000_000, {"community_id": 20_000, "person_id": 1_000_000}),
    "community_events": (100_000, {}),
    "community_health": (5_000_000, {"community_id": 20_000}),
    "roles": (500_000, {"community_id": 20_000, "person_id": 200_000}),
    "topics": (20_000, {}),
    "topic_channels": (100_000, {"topic_id": 20_000}),
    "events": (5_000_000, {}),
    "jobs": (1_000_000, {}),
    "runs": (1_000_000, {"source_id": 100}),
    "run_errors": (5_000_000, {"run_id": 100_000}),
    "partitions": (200_000, {"source_id": 100}),
    "organizations": (100_000, {}),
    "organization_domains": (200_000, {"organization_id": 100_000}),
}

FILL = """
    INSERT INTO identities (workspace_id, id, network, host, key, kind, name)
    SELECT $1, md5('person ' || n)::uuid, CASE WHEN n % 500 = 1 THEN 'rare' ELSE 'mail' END, 'mail', 'p' || n,
        CASE WHEN n % 500 = 2 THEN 'bot' ELSE 'person' END, CASE WHEN n % 500 = 3 THEN 'Tamsin ' ELSE 'Person ' END || n
    FROM generate_series(1, 2000) AS n;
    INSERT INTO person_identities SELECT workspace_id, id, id FROM identities;
    INSERT INTO identity_kinds SELECT workspace_id, id, 'group', 'list', length(key) = 2 FROM identities LIMIT 1000;
    INSERT INTO people (workspace_id, id, name, kind, networks, identities, interactions, last_seen)
    SELECT workspace_id, id, name, kind, ARRAY[network], 1, 1, now() - interval '1 hour' * length(id::text)
    FROM identities;
    INSERT INTO channels (workspace_id, id, network, host, key, kind, name, visibility)
    SELECT $1, md5('channel ' || n)::uuid, 'mail', 'mail', 'c' || n, 'list', 'list ' || n, 'public'
    FROM generate_series(1, 200) AS n;
    INSERT INTO conversations (workspace_id, id, channel_id, network, host, key)
    SELECT $1, md5('talk ' || n)::uuid, md5('channel ' || n % 200)::uuid,
        CASE WHEN n % 500 = 1 THEN 'rare' ELSE 'mail' END, 'mail', 'v' || n FROM generate_series(1, 2000) AS n;
    INSERT INTO conversation_activity SELECT workspace_id, id, channel_id, 10, 5, now(), now() FROM conversations;
    INSERT INTO interactions (workspace_id, id, kind, actor_id, target_ids, target_kinds, channel_id, conversation_id,
        network, host, key, occurred_at, text, visibility, version)
    SELECT $1, md5('act ' || n)::uuid, CASE WHEN n % 500 = 1 THEN 'thank' ELSE 'message' END,
        md5('person ' || n % 2000 + 1)::uuid, ARRAY[md5('person ' || (n + 1) % 2000 + 1)::uuid], '{to}',
        md5('channel ' || n % 200)::uuid, md5('talk ' || n % 2000)::uuid, 'mail', 'mail', n::text,
        now() - interval '10 minutes' * n,
        'about the plan' || CASE WHEN n % 500 = 1 THEN ' quillwort' ELSE '' END, 'public', ''
    FROM generate_series(1, 5000) AS n;
    INSERT INTO interaction_targets SELECT workspace_id, target_ids[1], occurred_at, id FROM interactions;
    INSERT INTO channel_activity SELECT workspace_id, channel_id, 100000, now(), now() FROM interactions GROUP BY 1, 2;
    INSERT INTO relationships (workspace_id, person_id, other_id, given, received, first_day, last_day, as_of, strength,
        word, computed_at, model)
    SELECT DISTINCT ON (actor_id, target_ids[1]) workspace_id, actor_id, target_ids[1], 1, 1, now()::date, now()::date,
        now()::date, 0.5, 'new', now(), '' FROM interactions;
    INSERT INTO contact_days
    SELECT workspace_id, actor_id, target_ids[1], occurred_at::date, channel_id, kind, 1, 1000 FROM interactions
    ON CONFLICT DO NOTHING;
    INSERT INTO identity_days
    SELECT workspace_id, actor_id, occurred_at::date, count(*), 0 FROM interactions GROUP BY 1, 2, 3;
    INSERT INTO communities (workspace_id, id, kind, name, level, parent_id, size, born_at, ended_at)
    SELECT $1, md5('community ' || n)::uuid, CASE WHEN n % 500 = 1 THEN 'curated' ELSE 'detected' END, 'c' || n,
        CASE WHEN n % 500 = 1 THEN 2 ELSE 0 END, md5('community ' || n % 50)::uuid, n % 90, now(),
        CASE WHEN n % 4 = 1 THEN now() END FROM generate_series(1, 2000) AS n;
    INSERT INTO community_people
    SELECT $1, md5('community ' || n % 2000 + 1)::uuid, md5('person ' || n % 1999 + 1)::uuid, random(), true
    FROM generate_series(1, 5000) AS n;
    INSERT INTO community_events
    SELECT $1, gen_random_uuid(), 'birth', '{}', ARRAY[id], now() FROM communities;
    INSERT INTO community_health
    SELECT $1, id, current_date - n, '{"people": 3, "newcomers": 0, "questions": 0, "cohesion": null, "openness": null,
        "kept": null, "unanswered": null, "peer_to_peer": null, "dependence": null}'
    FROM communities, generate_series(1, 3) AS n;
    INSERT INTO roles
    SELECT $1, community_id, person_id, 'host', 1, 1, 1, '{"newcomers_met": 1}', '{}', 1, now() FROM community_people;
    INSERT INTO topics SELECT $1, md5('topic ' || n)::uuid, 't' || n, '{}', n, now() FROM generate_series(1, 2000) AS n;
    INSERT INTO topic_channels
    SELECT $1, t.id, c.id, 1 FROM topics t, (SELECT id FROM channels ORDER BY id LIMIT 3) AS c;
    INSERT INTO events (workspace_id, id, type, data)
    SELECT $1, gen_random_uuid(), CASE WHEN n % 500 = 1 THEN 'rare' ELSE 'person.joined' END, '{}'
    FROM generate_series(1, 5000) AS n;
    INSERT INTO sources (workspace_id, id, connector, name, config, status)
    SELECT $1, md5('source ' || n)::uuid, 'mail', 's' || n, '{}', 'active' FROM generate_series(1, 100) AS n;
    INSERT INTO jobs (workspace_id, id, kind, status)
    SELECT $1, md5('job ' || n)::uuid, CASE WHEN n % 500 = 1 THEN 'rebuild' ELSE 'sync' END,
        CASE WHEN n % 500 = 2 THEN 'failed' ELSE 'succeeded' END FROM generate_series(1, 5000) AS n;
    INSERT INTO runs (workspace_id, id, source_id, job_id)
    SELECT $1, md5('run ' || n)::uuid, md5('source ' || n % 100 + 1)::uuid, md5('job ' || n)::uuid
    FROM generate_series(1, 5000) AS n;
    INSERT INTO run_errors (workspace_id, run_id, place, code, reason, number)
    SELECT $1, md5('run ' || n % 500 + 1)::uuid, 'line ' || n, 'invalid', 'no', n FROM generate_series(1, 5000) AS n;
    INSERT INTO partitions (workspace_id, source_id, key, name, kind, visibility)
    SELECT $1, md5('source ' || n % 100 + 1)::uuid, 'k' || n, 'n', 'list', 'public' FROM generate_series(1, 5000) AS n;
    INSERT INTO organizations (workspace_id, id, name)
    SELECT $1, md5('organization ' || n)::uuid, CASE WHEN n % 500 = 3 THEN 'Tamsin ' ELSE 'Works ' END || n
    FROM generate_series(1, 2000) AS n;
    INSERT INTO organization_domains SELECT workspace_id, md5(name) || '.example', id FROM organizations;
"""

_ROWS = """
    SELECT pg_restore_relation_stats(
        'schemaname', 'public', 'relname', relname::text, 'relpages', (pg_relation_size(oid) / 8192)::integer,
        'reltuples', $2::real, 'relallvisible', (pg_relation_size(oid) / 8192)::integer)
    FROM pg_class WHERE oid = $1::text::regclass
    UNION ALL SELECT pg_restore_relation_stats(
        'schemaname', 'public', 'relname', c.relname::text, 'relpages', (pg_relation_size(c.oid) / 8192)::integer,
        'reltuples', $2::real)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1::text::regclass
"""
_VALUES = """
    SELECT pg_restore_attribute_stats(
        'schemaname', 'public', 'relname', $1::text, 'attname', $2::text, 'inherited', false,
        'null_frac', 0::real, 'avg_width', 16, 'n_distinct', $3::real, 'correlation', 0::real)
"""


@pytest.fixture
async def large(pool: Pool, workspace_id: UUID) -> AsyncIterator[Db]:
    """A connection to a workspace that is as large as PostgreSQL is told."""
    async with workspace(pool, workspace_id) as db:
        for statement in FILL.split(";\n"):
            if statement.strip():
                await db.execute(statement.replace("$1", f"'{workspace_id}'::uuid"))
        await db.execute("SET LOCAL ROLE NONE")
        await plant(db, SIZES)
        await db.execute("SET LOCAL ROLE kith_app")
        yield db


async def plant(db: Db, sizes: dict[str, tuple[int, dict[str, float]]]) -> None:
    """Tell PostgreSQL how large tables are. db: of their owner."""
    await db.execute("ANALYZE")
    for table, (rows, columns) in sizes.items():
        await db.fetch(_ROWS, table, float(rows))
        for column, values in columns.items():
            await db.fetch(_VALUES, table, column, values)


Ask = Any
PEOPLE: list[tuple[PeopleFilter, Any]] = [
    (PeopleFilter(), None),
    (PeopleFilter(), (NOW, SOME)),
    (PeopleFilter(), (None, SOME)),
    *[(PeopleFilter(words=words), None) for words in ("person", "tamsin", "zzzz")],
    *[(PeopleFilter(networks=(network,)), None) for network in ("mail", "rare", "none")],
    *[(PeopleFilter(kinds=(kind,)), None) for kind in ("person", "bot", "group")],
    (PeopleFilter(words="person", networks=("rare",)), None),
    (PeopleFilter(words="tamsin", kinds=("bot",), seen_since=NOW), None),
    (PeopleFilter(seen_since=NOW), None),
    (PeopleFilter(seen_before=NOW - timedelta(9_000)), None),
]
NAMED: list[tuple[PeopleFilter, Any]] = [
    (wanted, ("Person 7", SOME) if after and after[0] else after) for wanted, after in PEOPLE
]
IDENTITIES: list[tuple[IdentityFilter, Any]] = [
    (IdentityFilter(), SOME),
    *[(IdentityFilter(words=words), None) for words in ("person", "tamsin", "zzzz")],
    *[(IdentityFilter(networks=(network,)), SOME) for network in ("mail", "rare", "none")],
    *[(IdentityFilter(kinds=(kind,)), None) for kind in ("person", "bot", "group")],
    (IdentityFilter(networks=("mail", "rare"), kinds=("bot", "group")), None),
    (IdentityFilter(suspected=True), SOME),
    (IdentityFilter(suspected=False, networks=("rare",)), None),
    (IdentityFilter(person_id=SOME), None),
]
ACTS: list[tuple[InteractionFilter, Any]] = [
    (InteractionFilter(), None),
    (InteractionFilter(), (NOW, SOME)),
    *[(InteractionFilter(words=words), (NOW, SOME)) for words in ("plan", "quillwort", "nothing")],
    *[(InteractionFilter(kinds=(kind,)), (NOW, SOME)) for kind in ("message", "thank", "vouch")],
    (InteractionFilter(kinds=("message", "thank", "vouch")), None),
    (InteractionFilter(identity_ids=[SOME]), (NOW, SOME)),
    (InteractionFilter(identity_ids=[SOME], kinds=("vouch",), words="plan"), None),
    (InteractionFilter(channel_id=SOME), (NOW, SOME)),
    (InteractionFilter(channel_id=SOME, kinds=("vouch",)), None),
    (InteractionFilter(channel_id=SOME, words="quillwort"), None),
    (InteractionFilter(conversation_id=SOME), (NOW, SOME)),
    (InteractionFilter(conversation_id=SOME, kinds=("vouch",), words="plan"), None),
    (InteractionFilter(since=NOW), None),
    (InteractionFilter(before=NOW - timedelta(9_000), words="plan"), None),
]
TALKS: list[tuple[ConversationFilter, Any]] = [
    (ConversationFilter(), (NOW, SOME)),
    *[(ConversationFilter(networks=(network,)), None) for network in ("mail", "rare", "none")],
    (ConversationFilter(channel_id=SOME), (NOW, SOME)),
    (ConversationFilter(channel_id=SOME, networks=("none",)), None),
    (ConversationFilter(last_since=NOW), None),
    (ConversationFilter(last_before=NOW - timedelta(9_000)), None),
]
TIES: list[tuple[RelationshipFilter, Any]] = [
    (RelationshipFilter(), (0.5, SOME, SOME)),
    (RelationshipFilter(min_strength=0.99), None),
    (RelationshipFilter(last_since=NOW.date()), None),
    (RelationshipFilter(person_id=SOME), (0.5, SOME)),
    (RelationshipFilter(person_id=SOME, last_before=NOW.date()), None),
    (RelationshipFilter(channel_id=SOME), None),
    (RelationshipFilter(person_id=SOME, channel_id=SOME), None),
]


async def trusted(db: Db, workspace_id: UUID, others: int, since: Any, limit: int) -> None:
    """Ask whom somebody trusts, and for the acts with as many others."""
    await trust.list_trusted(db, workspace_id, SOME, GIVEN, RECEIVED, NOW.date(), since, limit)
    they = {UUID(int=n): UUID(int=n) for n in range(others)}
    await trust.list_acts(db, workspace_id, [SOME], they, MEANINGS, NOW.date(), 3)


IDS = (SOME, UUID(int=2 << 126))
MINE: list[tuple[Any, Any, Any]] = [
    (people.list_people, PeopleFilter(ids=IDS), (NOW, SOME)),
    (people.list_people_by_name, PeopleFilter(ids=IDS), ("Person 7", SOME)),
    (identities.list_identities, IdentityFilter(ids=IDS), SOME),
    (interactions.list_interactions, InteractionFilter(ids=IDS), (NOW, SOME)),
    (conversations.list_conversations, ConversationFilter(ids=IDS), (NOW, SOME)),
    (channels.list_channels, ChannelFilter(ids=IDS), (NOW, SOME)),
    (groups.list_groups, IDS, ("Group", SOME)),
    (topics.list_topics, TopicFilter(ids=IDS), (5, SOME)),
    (communities.list_communities, CommunityFilter(ids=IDS, ended=None), (5, SOME)),
]
OTHERS: list[tuple[Any, Any, Any]] = [
    *[(communities.list_communities, CommunityFilter(ended=ended), None) for ended in (False, True, None)],
    *[(communities.list_communities, CommunityFilter(kind=kind), (5, SOME)) for kind in ("detected", "curated")],
    *[(communities.list_communities, CommunityFilter(level=level), (5, SOME)) for level in (0, 2, 9)],
    (communities.list_communities, CommunityFilter(parent_id=SOME), None),
    (communities.list_communities, CommunityFilter(person_id=SOME), None),
    *[(communities.list_people, SOME, after) for after in (None, (0.5, SOME), (None, SOME))],
    *[(communities.list_events, wanted, after) for wanted in (None, SOME) for after in (None, SOME)],
    *[(communities.list_health, SOME, after) for after in (None, NOW.date())],
    (communities.list_roles_of, SOME, (1, SOME, "host")),
    *[(topics.list_topics, TopicFilter(channel_id=channel), (5, SOME)) for channel in (None, SOME)],
    *[(events.list_events, types, SOME) for types in ((), ("person.joined",), ("rare",), ("none",))],
    *[(runs.list_runs, SOME, after) for after in (None, SOME)],
    *[(runs.list_run_errors, SOME, after) for after in (0, 100)],
    *[(partitions.list_partitions, SOME, after) for after in (None, "general")],
]


async def roles_in(db: Db, workspace_id: UUID, role: str | None, after: Any, limit: int) -> None:
    await communities.list_roles(db, workspace_id, SOME, role, after, limit)


async def jobs_of(db: Db, workspace_id: UUID, wanted: tuple[Any, Any], after: Any, limit: int) -> None:
    await jobs.list_jobs(db, workspace_id, *wanted, after, limit)


ASKED = [(statuses, kinds) for statuses in ((), ("succeeded",), ("failed",)) for kinds in ((), ("sync",), ("none",))]
LISTS: list[tuple[Any, Any, Any]] = [
    *MINE,
    *OTHERS,
    *[(roles_in, role, after) for role in (None, "host", "none") for after in (None, (1, SOME))],
    *[
        (jobs_of, (statuses, kinds), SOME)
        for statuses in ((), ("succeeded",), ("failed",))
        for kinds in ((), ("sync",), ("none",))
    ],
    *[(trusted, others, since) for others in (1, 2 * LIMIT) for since in (None, SOME)],
    *[(people.list_people, *asked) for asked in PEOPLE],
    *[(people.list_people_by_name, *asked) for asked in NAMED],
    *[(identities.list_identities, *asked) for asked in IDENTITIES],
    *[(interactions.list_interactions, *asked) for asked in ACTS],
    *[(conversations.list_conversations, *asked) for asked in TALKS],
    *[(relationships.list_relationships, *asked) for asked in TIES],
    (channels.list_channels, ChannelFilter(networks=("none",)), None),
    (decisions.list_decisions, DecisionFilter(identity_ids=(SOME,)), (NOW, SOME)),
    (suggestions.list_suggestions, SuggestionFilter(statuses=("open",), at_least=0.9), (0.5, SOME)),
]


@pytest.mark.parametrize("role", [ROLE, GUEST])
@pytest.mark.parametrize("mode", ["", "GENERIC_PLAN, "])
async def test_no_list_reads_a_table_or_sorts_a_large_part(
    large: Db, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch, mode: str, role: str
) -> None:
    """As its values are known, and as they are not: a prepared statement is soon planned for any."""
    await large.execute(f"SET LOCAL ROLE {role}; SET LOCAL kith.sight = ''")
    for list_, wanted, after in LISTS:
        for sql, values in await sent(monkeypatch, list_(large, workspace_id, wanted, after, LIMIT)):
            plan = await explain(large, sql, values, mode)
            assert not list(faults(plan)), (list_.__name__, wanted, after, sql, values, plan)


@pytest.mark.parametrize("mode", ["", "GENERIC_PLAN, "])
@pytest.mark.parametrize("asked", [evidence.activity, evidence.contacts])
async def test_what_explains_a_pair_is_read_by_its_key_alone(
    large: Db, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch, mode: str, asked: Any
) -> None:
    """Of the days of the two, one row a day whatever the channels."""
    table = {evidence.activity: "identity_days", evidence.contacts: "contact_days"}[asked]
    ((sql, values),) = await sent(monkeypatch, asked(large, workspace_id, [SOME], [SOME]))
    read = [node for node in nodes(await explain(large, sql, values, mode)) if "Relation Name" in node]
    assert {node["Relation Name"] for node in read} == {table}
    for node in read:
        parts = node.get("Plans", [])
        assert {node.get("Index Name"), *(part.get("Index Name") for part in parts)} >= {f"{table}_pkey"}, node


async def test_readers_plan_a_statement_once(pool: Pool, workspace_id: UUID) -> None:
    """A transaction lets PostgreSQL choose: it plans the first five times for the values."""
    sql = "SELECT id FROM people WHERE workspace_id = $1 AND id = ANY ($2)"
    plans = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = $1"
    for bound, planned in ((view, (3, 0)), (workspace, (0, 3)), (view, (3, 0))):
        async with bound(pool, workspace_id) as db:
            statement = await db.prepare(sql)
            for _ in range(3):
                await statement.fetch(workspace_id, [SOME])
            row = await db.fetchrow(plans, statement.get_name())
            assert row is not None
            assert tuple(row) == planned


@pytest.mark.parametrize("mode", ["", "GENERIC_PLAN, "])
@pytest.mark.parametrize("list_", [people.list_people_by_name, people.list_people])
async def test_a_common_word_that_stands_late_in_a_list_is_found_along_its_order(
    large: Db, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch, mode: str, list_: Any
) -> None:
    """Neither are all who are found sorted, nor is everybody joined with them."""
    for module, name, value in ((search, "FEW", 5), (people, "MANY", 5), (people, "MOST", 1)):
        monkeypatch.setattr(module, name, value)
    asked = await sent(monkeypatch, list_(large, workspace_id, PeopleFilter(words="tamsin"), None, 3))
    walked = [(sql, values) for sql, values in asked if "unnest" in sql]
    assert len(walked) == 1
    for sql, values in asked:
        plan = await explain(large, sql, values, mode)
        kinds = [node["Node Type"] for node in nodes(plan)]
        assert "Seq Scan" not in kinds, (sql, plan)
        if (sql, values) in walked:
            assert "Sort" not in kinds, plan
            assert any("hashed SubPlan" in node.get("Filter", "") for node in nodes(plan)), plan


@pytest.mark.parametrize("words", ["plan", "quillwort", "nothing", "plan -quillwort", '"the plan"', "plan or nothing"])
async def test_words_are_found_by_their_index(large: Db, workspace_id: UUID, words: str) -> None:
    """The functions work as a role that row-level security does not bind, each with settings of its own."""
    for name, values in (
        ("find_interactions", (workspace_id, words, None, None, 100)),
        ("find_interactions", (workspace_id, words, NOW - timedelta(1), NOW, None)),
        ("find_identities", (workspace_id, words)),
        ("find_organizations", (workspace_id, words)),
    ):
        plan = await explain_within(large, name, values)
        assert any(str(node.get("Index Name")).endswith("_by_words") for node in nodes(plan)), plan
        assert not [node for node in nodes(plan) if node["Node Type"] == "Seq Scan"], plan


async def sent(monkeypatch: pytest.MonkeyPatch, asking: Any) -> list[tuple[str, Any]]:
    """Return the statements that are sent, with their values."""
    found: list[tuple[str, Any]] = []
    execute = asyncpg.Connection._execute  # type: ignore[attr-defined]  # where fetch, fetchrow, ... all pass

    async def noted(self: Any, query: str, args: Any, *rest: Any, **options: Any) -> Any:
        found.append((query, args))
        return await execute(self, query, args, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(asyncpg.Connection, "_execute", noted)
        await asking
    return found


async def explain(db: Db, sql: str, values: Any, mode: str = "") -> Any:
    (plan,) = await db.fetchval(f"EXPLAIN ({mode}VERBOSE, FORMAT JSON) {sql}", *values)
    return plan["Plan"]


async def explain_within(db: Db, name: str, values: tuple[Any, ...]) -> Any:
    """Return the plan of the one statement of a function, under the settings that it has."""
    source, settings = await db.fetchrow("SELECT prosrc, proconfig FROM pg_proc WHERE proname = $1", name)  # type: ignore[misc]  # it is there
    names, kinds = await db.fetchrow(
        "SELECT proargnames, proargtypes::regtype[]::text[] FROM pg_proc WHERE proname = $1", name
    )  # type: ignore[misc]  # as above
    sql = source.partition("RETURN QUERY ")[2].rpartition(";\nEND")[0]
    await db.execute("SAVEPOINT before; SET LOCAL ROLE NONE")  # as the functions' owner, beyond row-level security
    for setting in settings:
        variable, _, value = setting.partition("=")
        await db.execute(f"SET LOCAL {variable} = {value if variable == 'search_path' else repr(value)}")
    for argument, kind in zip(names, kinds, strict=True):
        sql = re.sub(rf"(?<![.\w]){argument}(?!\w)", f"${names.index(argument) + 1}::{kind}", sql)
    plan = await explain(db, sql, values)
    await db.execute("ROLLBACK TO before")
    return plan


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def faults(plan: Any, sizes: Collection[str] = SIZES.keys(), *, limited: bool = False) -> Iterator[str]:
    """Yield what in a plan would read much of a large table: all of it, or a workspace's rows in no useful order.

    sizes: which are large. limited: what is above takes no more rows than it needs.
    """
    kind, table = plan["Node Type"], plan.get("Relation Name")
    condition = plan.get("Index Cond", "")
    if plan.get("Schema") == "sealed":
        return  # what few see is none of the million
    if kind == "Seq Scan" and table in sizes:
        yield f"all of {table}"
    elif kind in ("Index Scan", "Index Only Scan", "Bitmap Index Scan"):
        if plan["Index Name"].endswith(("_open", "_objecting")):
            return  # it holds what is open alone, or who objects
        large = table in sizes or any(plan["Index Name"].startswith(name) for name in sizes)
        if large and not limited and condition.count(" AND ") == 0:
            yield f"all of {plan['Index Name']}"
    stops = kind in ("Sort", "Incremental Sort", "Hash", "Aggregate", "Materialize", "Memoize")
    for place, part in enumerate(plan.get("Plans", ())):
        within = kind == "Limit" or (limited and not stops and (place == 0 or kind == "Append"))
        yield from faults(part, sizes, limited=within)
