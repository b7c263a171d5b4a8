"""A sealed source counts for nothing that all see: every answer to a GET is the same before and after it was read."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec
import pytest
from msgspec.structs import replace

from kith.connectors import (
    Channel,
    Claim,
    Conversation,
    Coverage,
    Identity,
    Interaction,
    InteractionRef,
    Page,
    Record,
    Ref,
    Target,
)
from kith.domain import ids
from kith.domain.scopes import FIELDS, SCOPES
from kith.projections import project
from kith.projections.ingest import Ingest
from kith.store import ingest, jobs, runs
from kith.store.db import open_pool, workspace
from tests.integration.api import town
from tests.integration.api.conftest import Client, Square, connected
from tests.integration.api.contract import Contract
from tests.integration.api.test_sight import GETS
from tests.integration.api.test_tenants import foreign_ids
from tests.servers import fresh_database

MARK = "quillsong"
ROOM, THREAD = Ref("chat", f"{MARK}-room"), Ref("chat", f"{MARK}-thread")
STRANGER = Ref("chat", f"{MARK}-stranger")
#: Where those who may see it find something of a sealed source.
SHOWN = {
    "getInteraction", "listChannels", "listConversations", "listIdentities", "listInteractions", "listSources",
    "listTimeline",
}  # fmt: skip
#: What fades from one moment to the next, and what says how much the reader sees beside what numbers rest on.
_PASSING = re.compile(  # megabytes: those of tables that all workspaces share
    r'"score":[\d.]+|"at":"[^"]*"|"sealed_interactions":\d+|"last_used_at":"[^"]*"|"megabytes":{"used":\d+'
)
#: What says which token asks; what of the source only those see who see it; and the audit, whose chain has no holes.
ELSEWHERE = {"getMe", "listTokens"}
OF_SOURCE = {"listJobs", "getUsage"}
AUDIT = {"listAudit", "exportAudit", "verifyAudit"}


@dataclass
class Sealed:
    """A town in which one source is sealed.

    ids: of the paths' parameters. tokens: of who sees it, and of who does not. before: answers without it, by form and
    by token. hidden: ids of what it alone tells.
    """

    client: Client
    home: town.Town
    ids: dict[str, str]
    tokens: dict[str, str]
    before: dict[tuple[str, str], httpx2.Response]
    source: dict[str, Any]
    hidden: dict[str, str]

    async def get(self, path: str, who: str) -> httpx2.Response:
        return await self.client.send("GET", path, token=self.tokens[who])


def told() -> list[Record]:
    """Return what the sealed source tells: of people whom all know, newer and more; of a stranger; and one open act."""
    ada = next(each for each in town.records() if isinstance(each, Identity) and each.ref == town.CAST["ada"])
    found: list[Record] = [
        Channel(ROOM, "room", f"The {MARK} room", visibility="members"),
        Conversation(THREAD, ROOM, f"On {MARK}"),
        Identity(STRANGER, "person", name=f"Sue {MARK.title()}", seen_at=town.ago(0)),
        replace(ada, name=f"Ada {MARK}", seen_at=town.ago(0)),
        Claim(STRANGER, town.CAST["bo"], "profile_link", f"https://{MARK}.example"),
        Coverage("read", town.ago(2000), town.ago(0)),
        town.posted(town.records()),
    ]
    for number in range(6):
        found.append(
            Interaction(
                InteractionRef("chat", f"{MARK}-{number}", "help"),
                town.CAST["ada"] if number % 2 else STRANGER,
                town.ago(number, 10 + number),
                (Target(town.CAST["bo"]), Target(town.CAST["dan"])),
                ROOM if number < 4 else town.CORE,
                conversation=THREAD if number < 4 else None,
                title=f"{MARK} {number}",
                text=f"{MARK} about lanterns",
                visibility="public",
            )
        )
    return found


@pytest.fixture(scope="module")
async def sealed(database_url: str, servers: Any, contract: Contract) -> AsyncIterator[Sealed]:
    async with fresh_database(database_url) as url, await open_pool(url) as pool:
        home = await town.build(pool, "ours")
        await town.look_at(pool, home)
        async with connected(url, pool, home.workspace_id, servers.redis_url, contract) as client:
            known = await foreign_ids(Square(client, home, home), home) | {"name": "ndjson"}
            tokens = {"all": client.token, "few": await client.token_for(SCOPES.keys() - {FIELDS["sealed"]})}
            before = {
                (query, who): await client.send("GET", query, token=token)
                for operation in GETS
                for query in forms(client.contract, operation, known)
                for who, token in tokens.items()
            }
            made = await client.send(
                "POST",
                "/v1/sources",
                json={
                    "connector": "ndjson",
                    "name": f"{MARK} archive",
                    "config": {"path": str(home_file())},
                    "sealed": True,
                },
            )
            assert made.status_code == 201, made.text
            found = Sealed(client, home, known, tokens, before, made.json(), {})
            await read(found, told())
            found.hidden = await hidden(found)
            yield found


def home_file() -> str:
    from tests.integration.api.conftest import RECORDS

    return str(RECORDS)


def forms(contract: Contract, operation: str, known: dict[str, str]) -> Iterator[str]:
    path = GETS[operation].format(**known)
    yield f"{path}?q={MARK}" if operation == "searchAll" else path
    for each in contract.document["paths"][GETS[operation]]["get"].get("parameters", []):
        parameter = contract.resolve(each)
        if parameter["name"] in ("expand", "include"):
            yield from (f"{path}?{parameter['name']}={value}" for value in parameter["schema"]["items"]["enum"])


async def read(sealed: Sealed, records: list[Record]) -> ingest.Counts:
    """Store a page of the sealed source, as a run of it, and work in all that was touched."""
    pool, home, source_id = sealed.client.pool, sealed.home.workspace_id, ids.decode("source", sealed.source["id"])
    assert source_id
    batch = Ingest(await town.id_key(pool, sealed.home)).batch(Page(tuple(records), msgspec.Raw(b"{}")))
    assert not batch.problems
    async with workspace(pool, home) as db:
        job_id = await jobs.ask_sync(db, home, source_id)
        run_id = await runs.open_run(db, home, source_id, job_id)
        counts = await ingest.apply(db, home, source_id, run_id, batch)
    async with workspace(pool, home) as db:
        await project.project(db, home, datetime.now(UTC))
    return counts


async def hidden(sealed: Sealed) -> dict[str, str]:
    found = {}
    for noun, path in (
        ("interaction", f"/v1/interactions?q={MARK}"),
        ("channel", "/v1/channels?kind=room"),
        ("conversation", "/v1/conversations?limit=200"),
        ("identity", f"/v1/identities?q={MARK}"),
        ("run", f"/v1/sources/{sealed.source['id']}/runs"),
    ):
        listed = (await sealed.get(path, "all")).json()["data"]
        found[noun] = next(each["id"] for each in listed if noun == "run" or MARK in str(each).lower())
    return found


@pytest.mark.parametrize("operation", sorted(GETS.keys() - AUDIT))
async def test_no_answer_changes_but_for_those_who_may_see_it(sealed: Sealed, operation: str) -> None:
    for query in forms(sealed.client.contract, operation, sealed.ids):
        for who in ("few", "all"):
            now, then = (await sealed.get(query, who)).text, sealed.before[query, who].text
            if who == "few":
                assert MARK not in now.lower()
                assert operation in ELSEWHERE or plain(now) == plain(then), query
            elif operation not in SHOWN | ELSEWHERE | OF_SOURCE:
                assert plain(without(now, sealed.source["id"])) == plain(then), query
    if operation in SHOWN and operation != "getInteraction":
        assert MARK in (await sealed.get(GETS[operation].format(**sealed.ids), "all")).text.lower()


def plain(text: str) -> str:
    return _PASSING.sub("", text)


def without(text: str, source_id: str) -> str:
    """Return an answer without what its coverage says of a source."""
    return re.sub(r',?\{"id":"' + source_id + r'"[^{}]*\}', "", text)


async def test_an_id_that_only_a_sealed_source_has_is_not_found_by_others(sealed: Sealed) -> None:
    paths = {
        noun: f"/v1/{'identities' if noun == 'identity' else noun + 's'}/{id_}" for noun, id_ in sealed.hidden.items()
    }
    source = f"/v1/sources/{sealed.source['id']}"
    for path in (
        *paths.values(),
        source,
        *(f"{source}/{part}" for part in ("runs", "coverage", "partitions", "removal")),
    ):
        assert (await sealed.get(path, "all")).status_code == 200, path
        assert (await sealed.get(path, "few")).status_code == 404, path
    for method, path, body in (
        ("PATCH", source, {"name": "mine"}),
        ("DELETE", source, None),
        ("POST", f"{source}/runs", None),
        ("POST", f"{source}/checks", None),
    ):
        answer = await sealed.client.send(method, path, token=sealed.tokens["few"], json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path


async def test_lists_narrowed_to_what_is_hidden_are_empty(sealed: Sealed) -> None:
    for path in (
        f"/v1/interactions?q={MARK}",
        f"/v1/interactions?channel={sealed.hidden['channel']}",
        f"/v1/interactions?conversation={sealed.hidden['conversation']}",
        f"/v1/interactions?identity={sealed.hidden['identity']}",
        f"/v1/identities?q={MARK}",
        f"/v1/conversations?channel={sealed.hidden['channel']}",
    ):
        assert (await sealed.get(path, "all")).json()["data"], path
        assert not (await sealed.get(path, "few")).json()["data"], path


async def test_an_answer_says_how_much_of_it_no_number_counts(sealed: Sealed) -> None:
    path = "/v1/people"
    covered = {who: (await sealed.get(path, who)).json()["coverage"] for who in ("all", "few")}
    assert [covered[who]["sealed_interactions"] for who in ("all", "few")] == [7, 0], "six of its own, and an open one"
    assert [covered[who]["hidden_interactions"] for who in ("all", "few")] == [0, 0]
    listed = (await sealed.get("/v1/interactions?limit=200", "all")).json()["data"]
    assert len({each["id"] for each in listed}) == len(listed)
    assert {each["sealed"] for each in listed if MARK in str(each["title"])} == {True}
    assert sum(each["sealed"] for each in listed) == 6, "what an open source tells too is open"
    assert not any(each["sealed"] for each in (await sealed.get("/v1/interactions?limit=200", "few")).json()["data"])


async def test_channels_and_conversations_of_sealed_sources_are_counted(sealed: Sealed) -> None:
    for noun in ("channel", "conversation"):
        shown = (await sealed.get(f"/v1/{noun}s/{sealed.hidden[noun]}", "all")).json()
        assert shown["interaction_count"] == 4


async def test_a_page_told_twice_changes_nothing(sealed: Sealed) -> None:
    assert await read(sealed, told()) == (0, 0, 0)


async def test_only_who_sees_what_is_sealed_seals(sealed: Sealed) -> None:
    body = {"connector": "ndjson", "name": "another", "config": {"path": home_file()}, "sealed": True}
    answer = await sealed.client.send("POST", "/v1/sources", token=sealed.tokens["few"], json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    path = f"/v1/sources/{sealed.ids['source_id']}"
    answer = await sealed.client.send("PATCH", path, token=sealed.tokens["few"], json={"sealed": True})
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


async def test_tables_of_sealed_facts_are_like_those_of_open_ones(sealed: Sealed) -> None:
    """A migration that changes one changes the other, and the view of both."""
    async with workspace(sealed.client.pool, sealed.home.workspace_id) as db:
        found: dict[str, dict[str, Any]] = {}
        for row in await db.fetch(_COLUMNS):
            found.setdefault(row["schema"], {})[row["name"]] = row["columns"]
        forced = await db.fetchval(
            """
            SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
            WHERE relnamespace = 'sealed'::regnamespace AND relkind = 'r'
            """
        )
    assert forced
    assert found["sealed"] == {name: found["public"][name] for name in found["sealed"]}
    assert found["whole"] == {name: found["public"][name] for name in found["whole"]}


_COLUMNS = """
    SELECT c.relnamespace::regnamespace::text AS schema, c.relname AS name,
        array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace::regnamespace::text IN ('public', 'sealed', 'whole') AND c.relkind IN ('r', 'v')
    GROUP BY 1, 2
"""
