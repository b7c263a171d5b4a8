"""What a token does not see is nowhere: every answer to a GET is compared with and without each scope of a field."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import pytest
from msgspec.structs import replace

from kith.api.routes import ROUTES
from kith.connectors import Conversation, Identity, Interaction, InteractionRef, Record, Ref, Target
from kith.domain import ids
from kith.domain.scopes import FIELDS, OF_INSTANCE, SCOPES, Sight
from kith.store import pushes
from kith.store.db import open_pool, workspace
from tests.integration.api import town
from tests.integration.api.conftest import Client, Square, connected
from tests.integration.api.contract import Contract
from tests.integration.api.test_tenants import foreign_ids
from tests.servers import fresh_database

WRITTEN, REACHED = "zephyrword", "zephyrmail"  # what marks text, and addresses
FEW = 2  # items a page: a second page is compared, too

GETS = {
    str(handler.operation_id): re.sub(r":str\}", "}", next(iter(handler.paths)))
    for handler in ROUTES
    if "GET" in handler.http_methods
    and next(iter(handler.paths)).startswith("/v1/")
    and not OF_INSTANCE.intersection(handler.opt["scopes"])
}
#: Where each field is shown to those who see it.
SHOWN = {
    "contact": {"getPerson", "listIdentitiesOfPerson", "listIdentities", "getIdentity"},
    "text": {
        "listTimeline", "listInteractions", "getInteraction", "listEvidence", "getRelationship", "listConversations",
        "getConversation", "listRunErrors", "listFailedPushes",
    },
}  # fmt: skip
EXPANDED = {"contact": {"expand=identities"}, "text": {"expand=interactions", "expand=conversations"}}
MARKS = {"contact": REACHED, "text": WRITTEN}
#: What says which token asks.
OWN = {"getMe", "listTokens"}


@dataclass
class Planted:
    """A town with marks in it. ids: of the paths' parameters."""

    client: Client
    ids: dict[str, str]
    tokens: dict[str, str]

    async def answers(self, operation: str, token: str) -> dict[str, httpx2.Response]:
        """Return the answers to a GET in every form that it takes, by query."""
        path = GETS[operation].format(**self.ids)
        found = {query: await self.get(path, query, token) for query in self.forms(operation)}
        cursor = found[""].text.count('"next_cursor"') and f"limit={FEW}"
        while cursor:
            found[cursor] = await self.get(path, cursor, token)
            following = found[cursor].json()["next_cursor"]
            cursor = following and f"limit={FEW}&cursor={following}"
        return found

    async def get(self, path: str, query: str, token: str) -> httpx2.Response:
        answer = await self.client.send("GET", f"{path}?{query}" if query else path, token=token)
        assert answer.status_code == 200, answer.text
        return answer

    def forms(self, operation: str) -> Iterator[str]:
        contract = self.client.contract
        yield ""
        for each in contract.document["paths"][GETS[operation]]["get"].get("parameters", []):
            parameter = contract.resolve(each)
            if parameter["name"] in ("expand", "include"):
                yield from (f"{parameter['name']}={value}" for value in parameter["schema"]["items"]["enum"])


@pytest.fixture(scope="session")
async def planted(database_url: str, servers: Any, contract: Contract) -> AsyncIterator[Planted]:
    async with fresh_database(database_url) as url, await open_pool(url) as pool:
        ours = await town.build(pool, "ours")
        await town.tell(pool, ours, marked())
        async with connected(url, pool, ours.workspace_id, servers.redis_url, contract) as client:
            known = await foreign_ids(Square(client, ours, ours), ours) | {"name": "ndjson"}
            key = await town.id_key(pool, ours)
            thread = ids.fact_id(key, "conversation", (MARKED.network, MARKED.host, MARKED.key))
            known["conversation_id"] = ids.encode("conversation", thread)
            known |= await mark_rows(client, ours, known)
            tokens = {field: await client.token_for(SCOPES.keys() - {scope}) for field, scope in FIELDS.items()}
            yield Planted(client, known, tokens)


MARKED = Ref("mail", "marked-thread")
OTHER = Ref("mail", f"quill@{REACHED}.example")


def marked() -> list[Record]:
    """Return what bears marks: Ada has another address, and wrote to Bo about it."""
    told: list[Record] = [
        Conversation(MARKED, town.CORE, f"A {WRITTEN}"),
        replace(
            next(each for each in town.records() if isinstance(each, Identity) and each.ref == town.CAST["ada"]),
            address=f"{REACHED}@example.org",
            seen_at=town.ago(0),
        ),
        Identity(OTHER, "person", name="Zed Quill", address=OTHER.key, seen_at=town.ago(0)),
    ]
    for number in range(2 * FEW):
        told.append(
            Interaction(
                InteractionRef("git", f"marked-{number}", "help"),
                town.CAST["ada"],
                town.ago(0, number),
                (Target(town.CAST["bo"]), Target(OTHER)),
                town.CORE,
                conversation=MARKED,
                title=f"On the {WRITTEN}",
                text=f"The {WRITTEN} is lit",
                visibility="public",
            )
        )
    return told


async def mark_rows(client: Client, ours: town.Town, known: dict[str, str]) -> dict[str, str]:
    """Put marks into what runs and pushes left, and return the ids of an interaction and an identity with marks."""
    home = ours.workspace_id
    async with workspace(client.pool, home) as db:
        await db.execute(
            "INSERT INTO run_errors (workspace_id, run_id, number, place, code, reason, raw) "
            "VALUES ($1, $2, 1, 'line 1', 'bad', 'Bad.', $3)",
            home, ids.decode("run", known["run_id"]), f"From: {WRITTEN}",
        )  # fmt: skip
        await pushes.store(db, home, ours.source_id, {}, WRITTEN.encode())
        (pushed,) = await pushes.waiting(db, home, ours.source_id, 1)
        await pushes.end(db, home, ours.source_id, pushed.id, "Bad.")
        written: UUID = await db.fetchval(
            "SELECT id FROM interactions WHERE workspace_id = $1 AND text LIKE '%' || $2 || '%' LIMIT 1", home, WRITTEN
        )
    return {"interaction_id": ids.encode("interaction", written)}


def test_every_field_has_a_scope_and_a_mark() -> None:
    assert tuple(FIELDS) == Sight._fields == tuple(MARKS)
    assert set(FIELDS.values()) <= SCOPES.keys()


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("operation", GETS)
async def test_what_needs_a_scope_is_absent_without_it(planted: Planted, operation: str, field: str) -> None:
    whole = await planted.answers(operation, planted.client.token)
    less = await planted.answers(operation, planted.tokens[field])
    assert MARKS[field] in whole[""].text or operation not in SHOWN[field]
    assert whole.keys() == less.keys()
    for query, one in whole.items():
        other, shown = less[query], operation in SHOWN[field] | OWN or query in EXPANDED[field]
        assert MARKS[field] not in other.text
        assert one.text == other.text or shown, query
        assert one.text != other.text or MARKS[field] not in one.text
        assert (one.headers["etag"] == other.headers["etag"]) == (one.text == other.text)


@pytest.mark.parametrize("query", [WRITTEN, "lanterns", "nothingofthekind"])
async def test_a_search_through_text_needs_its_scope(planted: Planted, query: str) -> None:
    path, scope = f"/v1/interactions?q={query}", FIELDS["text"]
    answer = await planted.client.send("GET", path, token=planted.tokens["text"])
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert f'scope="{scope}"' in answer.headers["www-authenticate"]
    assert (await planted.client.send("GET", path)).status_code == 200


async def test_a_sentence_quotes_no_subject_to_those_who_do_not_see_it(planted: Planted) -> None:
    path = f"/v1/interactions/{planted.ids['interaction_id']}"
    whole = await planted.client.get(path)
    less = await planted.client.get(path, token=planted.tokens["text"])
    assert {name for name in whole if whole[name] != less[name]} == {"title", "text", "sentence", "conversation"}
    assert (less["title"], less["text"], less["conversation"]["title"]) == (None, None, None)
