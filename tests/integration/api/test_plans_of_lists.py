"""How every list is read at a million people and ten million interactions, by each of its filters and orders.

The lists, their filters and orders are those of the published document: one without values here fails.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from hashlib import md5
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from kith.domain import ids
from kith.store.db import Pool, open_pool, view, workspace
from kith.store.workspaces import create_workspace
from tests.integration.api.conftest import Client, connected
from tests.integration.api.contract import Contract
from tests.integration.store.test_plans import FILL, SIZES, explain, faults, plant
from tests.servers import fresh_database

#: Rows of tables that only lists with filters read; and how many values their columns have.
MORE: dict[str, tuple[int, dict[str, float]]] = {
    "affiliations": (1_000_000, {"identity_id": 500_000, "organization_id": 100_000}),
    "decisions": (2_000_000, {"one_id": 1_000_000, "other_id": 1_000_000}),
    "suggestions": (1_000_000, {"one_id": 500_000, "other_id": 500_000}),
    "audit_entries": (10_000_000, {"member_id": 1_000, "app_id": 1_000, "token_id": 1_000, "object": 1_000_000}),
    "group_people": (1_000_000, {"group_id": 10_000}),
    "notes": (1_000_000, {"identity_id": 500_000}),
    "attribute_values": (5_000_000, {"attribute_id": 100, "identity_id": 1_000_000}),
    "activity_days": (10_000_000, {"identity_id": 1_000_000, "channel_id": 2_000}),
    "asks": (1_000_000, {"actor_id": 300_000, "channel_id": 2_000, "place_id": 500_000}),
    "watches": (1_000, {}),
    "mentions": (1_000_000, {"watch_id": 1_000, "actor_id": 300_000, "channel_id": 2_000, "place_id": 500_000}),
    "mention_verdicts": (100_000, {"watch_id": 1_000}),
    "pushes": (1_000_000, {"source_id": 100}),
    "topic_texts": (1_000_000, {"topic_id": 20_000}),
    "inferred_replies": (5_000_000, {"channel_id": 2_000}),
}
FILL_MORE = """
    INSERT INTO affiliations (workspace_id, id, identity_id, organization_id, period, evidence, confidence, author)
    SELECT $1, gen_random_uuid(), md5('person ' || n)::uuid, md5('organization ' || n)::uuid, '[2020-01-01,)',
        'own_statement', 1, 'import:x' FROM generate_series(1, 2000) AS n;
    INSERT INTO decisions (workspace_id, id, verdict, one_id, other_id, author, confidence, learnt_at)
    SELECT $1, gen_random_uuid(), CASE WHEN n % 500 = 1 THEN 'different' ELSE 'same' END,
        least(md5('person ' || n)::uuid, md5('person ' || n + 1)::uuid),
        greatest(md5('person ' || n)::uuid, md5('person ' || n + 1)::uuid),
        CASE WHEN n % 500 = 2 THEN 'import:x' ELSE 'rule:matching/5' END, 1, now() - interval '1 minute' * n
    FROM generate_series(1, 2000) AS n;
    INSERT INTO suggestions (workspace_id, id, one_id, other_id, status, probability, log_odds, contributions, model)
    SELECT $1, gen_random_uuid(), one_id, other_id, CASE WHEN verdict = 'different' THEN 'rejected' ELSE 'open' END,
        random(), 1, '[]', 'm' FROM decisions;
    INSERT INTO audit_entries (workspace_id, number, occurred_at, actor, member_id, app_id, token_id, operation, object,
        changes, previous, hash)
    SELECT $1, n, now() - interval '1 minute' * (5000 - n), 'token', md5('member ' || n % 20)::uuid,
        md5('app ' || n % 20)::uuid, md5('token ' || n % 20)::uuid,
        CASE WHEN n % 500 = 1 THEN 'deleteGroup' ELSE 'updateGroup' END, 'grp_' || lpad(n::text, 26, '0'), '{}', '', ''
    FROM generate_series(1, 5000) AS n;
    INSERT INTO activity_days
    SELECT workspace_id, actor_id, channel_id, occurred_at::date, 1, 0, 0 FROM interactions ON CONFLICT DO NOTHING;
    INSERT INTO groups (workspace_id, id, name, channel_id)
    SELECT $1, md5('group ' || n)::uuid, 'g' || n, md5('channel ' || n)::uuid FROM generate_series(1, 20) AS n;
    INSERT INTO group_people
    SELECT $1, md5('group ' || n % 20 + 1)::uuid, md5('person ' || n)::uuid FROM generate_series(1, 2000) AS n;
    INSERT INTO pushes (workspace_id, source_id, id, headers, body, problem)
    SELECT $1, md5('source ' || n % 100 + 1)::uuid, gen_random_uuid(), '{}', CASE WHEN n % 500 = 1 THEN 'b'::bytea END,
        CASE WHEN n % 500 = 1 THEN 'p' END FROM generate_series(1, 2000) AS n;
    INSERT INTO asks (workspace_id, place_id, id, actor_id, channel_id, native, chance, learnt, sentence, occurred_at,
        asked_at, state)
    SELECT workspace_id, conversation_id, id, actor_id, channel_id, false, 0.8, true, 's', occurred_at, occurred_at,
        CASE WHEN kind = 'thank' THEN 'answered' ELSE 'open' END FROM interactions;
    INSERT INTO topic_texts
    SELECT $1, conversation_id, md5('topic ' || abs(hashtext(conversation_id::text)) % 20 + 1)::uuid
    FROM interactions WHERE conversation_id IS NOT NULL GROUP BY conversation_id;
    INSERT INTO inferred_replies
    SELECT workspace_id, id, channel_id, occurred_at, '{}', '{}', 1, false FROM interactions;
    INSERT INTO watches (workspace_id, id, name, aliases, rules, terms, since, heard_since)
    SELECT $1, md5('watch ' || n)::uuid, 'w' || n, '{}', '{}', '{}', now(), now() FROM generate_series(1, 20) AS n;
    INSERT INTO mentions
    SELECT workspace_id, id, md5('watch ' || abs(hashtext(id::text)) % 20 + 1)::uuid, id, conversation_id, actor_id,
        channel_id, occurred_at, 'name', 'q', 0, 1 FROM interactions;
    INSERT INTO mention_verdicts (workspace_id, id, mention_id, watch_id, interaction_id, is_right, author)
    SELECT workspace_id, id, id, watch_id, interaction_id, true, 'a' FROM mentions LIMIT 1000;
    INSERT INTO notes (workspace_id, id, identity_id, text, author)
    SELECT $1, gen_random_uuid(), md5('person ' || n)::uuid, 't', 'a' FROM generate_series(1, 2000) AS n;
    INSERT INTO attributes (workspace_id, id, name, type, choices)
    SELECT $1, md5('attribute ' || n)::uuid, 'a' || n, 'tag', '{}' FROM generate_series(1, 20) AS n;
    INSERT INTO attribute_values (workspace_id, id, attribute_id, identity_id, value, author)
    SELECT $1, gen_random_uuid(), md5('attribute ' || n % 20 + 1)::uuid, md5('person ' || n)::uuid, 'true', 'a'
    FROM generate_series(1, 2000) AS n;
"""


def id_of(noun: str, what: str | int) -> str:
    return ids.encode(noun, UUID(md5(f"{noun} {what}".encode(), usedforsecurity=False).hexdigest()))


def any_of(noun: str) -> tuple[str, str]:
    """Return the id of one that is there, and of none."""
    return id_of(noun, 1), ids.encode(noun, UUID(int=7))


NETWORKS = ("mail", "rare", "none")
PEOPLE = ("person", "bot", "group")
ACTS = ("message", "thank", "introduce")
MOMENTS = ("2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z")
DAYS = ("2020-01-01", "2090-01-01")
CONVERSATION = ids.encode("conversation", UUID(md5(b"talk 1", usedforsecurity=False).hexdigest()))
#: What is asked of a filter: common, rare and absent values. A list's own, or else those of every list that has it.
VALUES: dict[str, tuple[Any, ...]] = {
    "person": any_of("person"),
    "other": any_of("person"),
    "identity": tuple(person.replace("per_", "idn_") for person in any_of("person")),
    "channel": any_of("channel"),
    "parent": any_of("channel"),
    "conversation": (CONVERSATION, any_of("conversation")[1]),
    "organization": any_of("organization"),
    "attribute": any_of("attribute"),
    "community": any_of("community"),
    "group": any_of("group"),
    "topic": any_of("topic"),
    "network": NETWORKS,
    "q": ("person", "tamsin", "zzzz"),
    "occurred_at[gte]": MOMENTS,
    "occurred_at[lt]": MOMENTS,
    "last_at[gte]": MOMENTS,
    "last_at[lt]": MOMENTS,
    "last_seen[gte]": MOMENTS,
    "last_seen[lt]": MOMENTS,
    "learnt_at[gte]": MOMENTS,
    "learnt_at[lt]": MOMENTS,
    "last_day[gte]": DAYS,
    "last_day[lt]": DAYS,
    "strength[gte]": (0.1, 0.99),
    "probability[gte]": (0.1, 0.999),
    "probability[lt]": (0.9, 0.001),
    "suspected": ("true", "false"),
    "as_of": DAYS,
    "on": DAYS,
    "known_at": MOMENTS,
    "verdict": ("same", "different", "retract"),
    "searchAll q": ("person plan", "tamsin", "quillwort", "zzzz", "計画"),
    "searchAll types": ("person", "interaction", "conversation,channel"),
    "searchAll language": ("german", "simple"),
    "at[gte]": MOMENTS,
    "at[lt]": MOMENTS,
    "of": (*any_of("group"), *any_of("community")),
    "with": (*any_of("group"), *any_of("community")),
    "months": (1, 36),
    "order": ("directed", "answered"),
    "listPeople kind": PEOPLE,
    "listPeople sort": ("-last_seen", "name"),
    "listIdentities kind": PEOPLE,
    "listInteractions kind": ACTS,
    "listInteractions q": ("plan", "quillwort", "nothing"),
    "listOrganizations q": ("works", "tamsin", "zzzz"),
    "listTimeline kind": ACTS,
    "listChannels kind": ("list", "room", "event"),
    "listCommunities kind": ("detected", "curated"),
    "listCommunities level": (0, 2, 9),
    "listCommunities parent": any_of("community"),
    "listCommunities status": ("living", "ended"),
    "listCommunityRoles role": ("host", "maven"),
    "listDecisions author": ("rule", "import", "member"),
    "listIdentitySuggestions status": ("open", "rejected", "postponed"),
    "listEvents type": ("person.joined", "community.born", "community.split"),
    "listEvents after": (),
    "listJobs status": ("succeeded", "failed", "queued"),
    "listJobs kind": ("sync", "rebuild", "export"),
    "event": (ids.encode("event", UUID(int=7)),),
    "to_us": ("true", "false"),
    "standing": ("true", "false"),
    "open": ("true", "false"),
    "watch": any_of("watch"),
    "chance[gte]": (0.1, 0.99),
    "listAsks state": ("open", "answered", "withdrawn"),
    "listAudit operation": ("updateGroup", "deleteGroup", "createApp"),
    "listAudit object": (f"grp_{1:026}", id_of("group", 999)),
    "listAudit member": any_of("member"),
    "listAudit app": any_of("app"),
    "listAudit token": any_of("token"),
    "listGrants app": any_of("app"),
    "listGrants member": any_of("member"),
    "listInvitations status": ("open", "accepted", "revoked", "expired"),
    "listAttributeValues value": ("true", "false"),
}
#: Of every list: how much of it, and what comes along.
SHAPE = {"limit", "cursor", "include", "expand"}


def lists() -> dict[str, tuple[str, list[str]]]:
    """Return path and filters of each published operation that lists by pages, and of the search over all kinds."""
    document, found = Contract().document, {}
    for path, operations in document["paths"].items():
        asked = [each["name"] for each in operations.get("get", {}).get("parameters", []) if each["in"] == "query"]
        if "cursor" in asked or operations.get("get", {}).get("operationId") == "searchAll":
            found[operations["get"]["operationId"]] = path, [name for name in asked if name not in SHAPE]
    return found


LISTS = lists()


def values_of(operation: str, name: str) -> tuple[Any, ...]:
    if name == "ids":
        return (",".join(id_of(NOUNS[operation], n) for n in (1, 2)),)
    own = f"{operation} {name}"
    return VALUES[own if own in VALUES else name]


NOUNS = {
    "listChannels": "channel", "listCommunities": "community", "listConversations": "conversation",
    "listGroups": "group", "listIdentities": "identity", "listInteractions": "interaction",
    "listOrganizations": "organization", "listPeople": "person", "listTopics": "topic",
}  # fmt: skip


def asked(operation: str) -> Iterator[str]:
    """Yield the paths of a list: without filters, and by each value of each."""
    path, names = LISTS[operation]
    other = id_of("person", 2)
    path = re.sub(r"\{(\w+)_id\}", lambda found: other if found[1] == "other" else id_of(found[1], 1), path)
    if operation != "searchAll":
        yield path
    for name in names:
        for value in values_of(operation, name):
            if operation == "searchAll" and name != "q":
                yield from (f"{path}?q={q}&{name}={value}" for q in VALUES["searchAll q"])
                continue
            with_it = f"person={id_of('person', 1)}&" if name == "other" else ""
            yield f"{path}?{with_it}{name}={value}"


@dataclass
class Large:
    client: Client
    pool: Pool
    workspace_id: UUID


@pytest.fixture(scope="module")
async def large(database_url: str, servers: Any) -> AsyncIterator[Large]:
    """A workspace that is as large as PostgreSQL is told."""
    home = uuid4()
    async with fresh_database(database_url) as url, await open_pool(url) as pool:
        async with workspace(pool, home) as db:
            await create_workspace(db, home, "large")
            for statement in (FILL + FILL_MORE).split(";\n"):
                if statement.strip():
                    await db.execute(statement.replace("$1", f"'{home}'::uuid"))
        owner = await asyncpg.connect(url)
        for table in SIZES | MORE:
            await owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        await plant(owner, SIZES | MORE)
        await owner.close()
        async with connected(url, pool, home, servers.redis_url, Contract()) as client:
            yield Large(client, pool, home)


def test_every_filter_has_values() -> None:
    assert len(LISTS) >= 43
    for operation in LISTS:
        assert list(asked(operation))


@pytest.mark.parametrize("operation", sorted(LISTS))
async def test_no_list_reads_a_table_or_sorts_a_large_part(
    large: Large, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    sent: dict[tuple[str, str], tuple[str, Any]] = {}
    execute = asyncpg.Connection._execute  # type: ignore[attr-defined]  # where fetch, fetchrow, ... all pass

    async def noted(self: Any, query: str, args: Any, *rest: Any, **options: Any) -> Any:
        if re.match(r"\s*(SELECT|WITH)\b", query):
            sent.setdefault((query, repr(args)), (path, args))
        return await execute(self, query, args, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(asyncpg.Connection, "_execute", noted)
        for path in asked(operation):
            question = f"{path}{'&' if '?' in path else '?'}limit=50"
            answer = await large.client.send("GET", question)
            assert answer.status_code in (200, 404), (path, answer.text)
            if answer.status_code == 200 and (cursor := answer.json().get("next_cursor")):
                await large.client.get(f"{question}&cursor={cursor}")
    found = set()
    async with view(large.pool, large.workspace_id) as db:
        for (query, _), (path, values) in sent.items():
            if [] in values:
                continue  # nothing is asked for, which PostgreSQL takes as proof for every partial index
            for mode in ("", "GENERIC_PLAN, "):
                plan = await explain(db, query, values, mode)
                found |= {(fault, path, mode, query) for fault in faults(plan, SIZES | MORE)}
    assert {fault for fault, *_ in found} == set(), found
