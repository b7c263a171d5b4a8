"""What a token does not see is nowhere: every answer to a GET is compared with and without each scope of a field."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest
from msgspec.structs import replace

from kith.api.routes import ROUTES
from kith.connectors import Channel, Conversation, Identity, Interaction, InteractionRef, Record, Ref, Target
from kith.domain import ids
from kith.domain.scopes import FIELDS, OF_INSTANCE, SCOPES, Sight
from kith.store import partitions, pushes
from kith.store.db import open_pool, workspace
from tests.integration.api import town
from tests.integration.api.conftest import Client, Square, connected
from tests.integration.api.contract import Contract
from tests.integration.api.test_tenants import foreign_ids
from tests.servers import fresh_database

WRITTEN, REACHED, PRIVATE = "zephyrword", "zephyrmail", "zephyrroom"  # text, addresses, what is private
#: What is asked where a query must have something.
ASKED = {"searchAll": f"q={WRITTEN} or {PRIVATE}"}
WORDS = (f"{PRIVATE}, {WRITTEN}", f"{WRITTEN}, core", "core")  # of topics: all, of open texts, of channels
FEW = 2  # items a page: a second page is compared, too

GETS = {
    str(handler.operation_id): re.sub(r":str\}", "}", next(iter(handler.paths)))
    for handler in ROUTES
    if "GET" in handler.http_methods
    and next(iter(handler.paths)).startswith("/v1/")
    and not OF_INSTANCE.intersection(handler.opt["scopes"])
    and not {*FIELDS.values()}.intersection(handler.opt["scopes"])  # nobody without it is answered at all
    and handler.operation_id != "getProvider"  # the town has none, and its name would be a connector's
    and handler.operation_id != "getExportContent"  # refused to who does not see all that it holds
}
#: Where topics and communities are named, whose words may come from texts, and from private ones.
NAMING = {
    "listTopics", "getTopic", "listCommunities", "getCommunity", "getCommunityMap", "drawCommunityMap",
    "exportCommunity", "listRolesOfPerson", "listCommunityEvents", "getTrust", "listTrustOfPerson",
}  # fmt: skip
#: Where each field is shown to those who see it.
SHOWN = {
    "contact": {"getPerson", "listIdentitiesOfPerson", "listIdentities", "getIdentity"},
    "text": {
        "listTimeline", "listInteractions", "getInteraction", "listEvidence", "getRelationship", "listConversations",
        "getConversation", "listRunErrors", "listFailedPushes", "listAsks", "getAsk", "listMentions",
        "listMentionsOfWatch", "searchAll", *NAMING,
    },
    "private": {
        "getPerson", "listTimeline", "listInteractions", "listEvidence", "getRelationship",
        "listConversations", "listChannels", "listPartitions", "listRunErrors", "listFailedPushes",
        "listChannelsOfCommunity", "listCommunityRoles", "listMentions", "listMentionsOfWatch", "searchAll", *NAMING,
    },
}  # fmt: skip
EXPANDED = {
    "contact": {"expand=identities"},
    "text": {"expand=interactions", "expand=conversations", "expand=topics", "expand=communities"},
    "private": {
        "expand=interactions",
        "expand=conversations",
        "expand=channels",
        "expand=topics",
        "expand=communities",
    },
}
MARKS = {"contact": {REACHED}, "text": {WRITTEN}, "private": {PRIVATE}}
#: What says how much is hidden, and what fades from one moment to the next.
_PASSING = re.compile(r'"hidden_interactions":\d+|"score":[\d.]+|"at":"[^"]+"')
#: What says which token asks, counts only what is seen, or names as evidence whichever acts it has.
ELSEWHERE = {
    "getMe", "listTokens", "getChannel", "getConversation", "listCommunityRoles", "getDialogue",
    "getDialogueOfPerson", "listDialogueOfPeople", "listChannelsOfGroup", "paintCommunityMap",
}  # fmt: skip


@dataclass
class Planted:
    """A town with marks in it.

    ids: of the paths' parameters. tokens, marks: by field. hidden: ids of what is private.
    """

    client: Client
    ids: dict[str, str]
    tokens: dict[str, str]
    marks: dict[str, set[str]]
    hidden: dict[str, list[str]]

    async def answers(self, operation: str, token: str) -> dict[str, httpx2.Response]:
        """Return the answers to a GET in every form that it takes, by query."""
        path = GETS[operation].format(**self.ids)
        found = {query: await self.get(path, query, token) for query in self.forms(operation)}
        first = found[ASKED.get(operation, "")]
        cursor = first.text.count('"next_cursor"') and f"limit={FEW}"
        while cursor:
            page = await self.get(path, cursor, token)
            found[f"page {len(found)}"] = page
            following = page.json()["next_cursor"]
            cursor = following and f"limit={FEW}&cursor={following}"
        return found

    async def get(self, path: str, query: str, token: str) -> httpx2.Response:
        answer = await self.client.send("GET", f"{path}?{query}" if query else path, token=token)
        assert answer.status_code == 200, answer.text
        return answer

    def forms(self, operation: str) -> Iterator[str]:
        contract = self.client.contract
        yield ASKED.get(operation, "")
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
            known |= await mark_rows(client, ours, known)
            hidden = await secret(client)
            marks = MARKS | {"private": {PRIVATE, *(id_ for ids_ in hidden.values() for id_ in ids_)}}
            tokens = {field: await client.token_for(SCOPES.keys() - {scope}) for field, scope in FIELDS.items()}
            yield Planted(client, known, tokens, marks, hidden)


MARKED = Ref("mail", "marked-thread")
OTHER = Ref("mail", f"quill@{REACHED}.example")
ROOM, WHISPERS = Ref("chat", PRIVATE), Ref("chat", f"{PRIVATE}-thread")


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
    told += [
        Channel(ROOM, "room", f"The {PRIVATE}", visibility="private"),
        Conversation(WHISPERS, ROOM, f"A {PRIVATE} whisper"),
    ]
    for number in range(2 * FEW):
        told.append(
            Interaction(
                InteractionRef("git", f"marked-{number}", "help"),
                town.CAST["ada"],
                town.ago(0, 1 + number),
                (Target(town.CAST["bo"]), Target(OTHER)),
                town.CORE,
                conversation=MARKED,
                title=f"On the {WRITTEN}",
                text=f"The {WRITTEN} is lit",
                visibility="public",
            )
        )
    for number, (channel, conversation) in enumerate([(ROOM, WHISPERS), (ROOM, WHISPERS), (town.CORE, MARKED)]):
        told.append(
            Interaction(
                InteractionRef("chat", f"{PRIVATE}-{number}", "thank"),
                town.CAST["ada"],
                town.ago(0, 100 - 50 * number),  # what is private is the first and the last
                (Target(town.CAST["bo"]),),
                channel,
                conversation=conversation,
                title=f"To you, {number}",
                text=f"In the {PRIVATE}",
                visibility="direct" if number else "private",
            )
        )
    return told


async def secret(client: Client) -> dict[str, list[str]]:
    """Return the ids of what is private."""
    async with workspace(client.pool, client.workspace_id) as db:
        rows = {
            noun: await db.fetch(query, client.workspace_id, f"%{PRIVATE}%") for noun, query in {
                "channel": "SELECT id FROM channels WHERE workspace_id = $1 AND name LIKE $2",
                "conversation": "SELECT id FROM conversations WHERE workspace_id = $1 AND title LIKE $2",
                "interaction": "SELECT id FROM interactions WHERE workspace_id = $1 AND text LIKE $2",
            }.items()
        }  # fmt: skip
    return {noun: [ids.encode(noun, row["id"]) for row in found] for noun, found in rows.items()}


async def mark_rows(client: Client, ours: town.Town, known: dict[str, str]) -> dict[str, str]:
    """Put marks into what runs and pushes left, and return the ids of an interaction and an identity with marks."""
    home = ours.workspace_id
    async with workspace(client.pool, home) as db:
        await db.execute(
            "INSERT INTO run_errors (workspace_id, run_id, number, place, code, reason, raw) "
            "VALUES ($1, $2, 1, 'line 1', 'bad', 'Bad.', $3)",
            home, ids.decode("run", known["run_id"]), f"From: {WRITTEN} {PRIVATE}",
        )  # fmt: skip
        await db.execute("UPDATE asks SET sentence = $2 WHERE workspace_id = $1", home, f"Who lights the {WRITTEN}?")
        await db.execute("UPDATE mentions SET quote = $2 WHERE workspace_id = $1", home, f"Who lights the {WRITTEN}?")
        await db.execute(
            """
            UPDATE topics SET (name, open_name, plain_name, terms, open_terms, plain_terms, texts, open_texts)
                = ($2, $3, $4, string_to_array($2, ', '), string_to_array($3, ', '), ARRAY[$4], 2, 1)
            WHERE workspace_id = $1
            """,
            home, *WORDS,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO topics VALUES ($1, $2, $3, '{whisper}', 1, now())", home, UUID(int=home.int + 8), PRIVATE
        )
        await db.execute(
            "UPDATE communities SET (name, open_name, plain_name) = ($2, $3, $4) WHERE workspace_id = $1", home, *WORDS
        )
        rooms = [(home.int + 9, town.CORE.key), (home.int + 8, ROOM.key)]
        await db.executemany(
            "INSERT INTO topic_channels SELECT $1, $2, id, 2, $4 FROM channels WHERE workspace_id = $1 AND key = $3",
            [(home, UUID(int=topic), key, shown) for shown, (topic, key) in zip((1, 0), rooms, strict=True)],
        )
        await partitions.found(
            db, home, ours.source_id, [partitions.Found(PRIVATE, PRIVATE, "room", "private", 1, None, None)]
        )
        await pushes.store(db, home, ours.source_id, {}, f"{WRITTEN} {PRIVATE}".encode())
        (pushed,) = await pushes.waiting(db, home, ours.source_id, 1)
        await pushes.end(db, home, ours.source_id, pushed.id, "Bad.")
        row = await db.fetchrow(
            "SELECT id, conversation_id FROM interactions WHERE workspace_id = $1 AND text LIKE $2 LIMIT 1",
            home, f"%{WRITTEN}%",
        )  # fmt: skip
    assert row
    return {
        "interaction_id": ids.encode("interaction", row["id"]),
        "conversation_id": ids.encode("conversation", row["conversation_id"]),
    }


def test_every_field_has_a_scope_and_a_mark() -> None:
    assert tuple(FIELDS) == Sight._fields == (*MARKS, "sealed"), "test_sealed.py is on what is sealed"
    assert set(FIELDS.values()) <= SCOPES.keys()


@pytest.mark.parametrize("field", MARKS)
@pytest.mark.parametrize("operation", GETS)
async def test_what_needs_a_scope_is_absent_without_it(planted: Planted, operation: str, field: str) -> None:
    marks, whole = planted.marks[field], await planted.answers(operation, planted.client.token)
    less = await planted.answers(operation, planted.tokens[field])
    assert holds(whole[ASKED.get(operation, "")], marks) == (operation in SHOWN[field])
    assert not any(holds(answer, marks) for answer in less.values())
    for query, one in whole.items():
        if operation in SHOWN[field] | ELSEWHERE or query in EXPANDED[field]:
            assert query not in less or not holds(one, marks) or one.headers["etag"] != less[query].headers["etag"]
        else:
            assert _PASSING.sub("", one.text) == _PASSING.sub("", less[query].text), query


def holds(answer: httpx2.Response, marks: set[str]) -> bool:
    return any(mark in answer.text for mark in marks)


@pytest.mark.parametrize("noun", ["channel", "conversation", "interaction"])
async def test_what_is_private_is_not_found_without_its_scope(planted: Planted, noun: str) -> None:
    for id_ in planted.hidden[noun]:
        path = f"/v1/{noun}s/{id_}"
        assert (await planted.client.send("GET", path)).status_code == 200
        assert (await planted.client.send("GET", path, token=planted.tokens["private"])).status_code == 404


async def test_an_answer_to_a_change_shows_no_more_than_a_look(planted: Planted) -> None:
    client, token = planted.client, planted.tokens["private"]
    for noun, change in (("people", {"name": "Ada"}), ("identities", {"kind": "person"})):
        path = f"/v1/{noun}/{planted.ids['person_id' if noun == 'people' else 'identity_id']}"
        looked = await client.send("GET", path, token=token)
        for seen in (looked.headers["etag"], "*"):
            answer = await client.send("PATCH", path, token=token, json=change, headers={"If-Match": seen})
            assert answer.status_code == 200, answer.text
            assert not holds(answer, planted.marks["private"])
    made = await client.send("POST", "/v1/groups", json={"name": "Whisperers", "channel": planted.hidden["channel"][0]})
    assert made.status_code == 201, made.text
    said = [
        await client.send(method, f"/v1/groups{of}", token=token, json={"name": "Guessers", "channel": channel})
        for channel in (planted.hidden["channel"][0], ids.encode("channel", UUID(int=7)))
        for method, of in (("POST", ""), ("PATCH", f"/{made.json()['id']}"))
    ]
    assert {answer.status_code for answer in said} == {422}
    assert len({answer.json()["errors"][0]["message"] for answer in said}) == 1
    path = f"/v1/groups/{made.json()['id']}"
    for method, body in (("PATCH", {"name": "Whispering"}), ("DELETE", None)):
        answer = await client.send(method, path, token=token, json=body, headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["channel"]) == (200, None)
        if method == "PATCH":
            assert (await client.get(path))["channel"] == planted.hidden["channel"][0]
    path = f"/v1/sources/{planted.ids['source_id']}/partitions"
    answer = await client.send("PATCH", path, token=token, json={"include": [PRIVATE]})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert (await client.send("PATCH", path, json={"include": [PRIVATE]})).status_code == 200


async def test_counts_are_those_of_the_lists(planted: Planted) -> None:
    client, ways = planted.client, (("", planted.client.token), ("private", planted.tokens["private"]))
    for what, token in ways:
        hidden = 3 if what else 0
        people = await client.get("/v1/people", token=token)
        assert people["coverage"]["hidden_interactions"] == hidden
        for noun in ("channel", "conversation"):
            for each in (await client.get(f"/v1/{noun}s?include=total", token=token))["data"]:
                listed = (await client.get(f"/v1/interactions?{noun}={each['id']}&limit=200", token=token))["data"]
                shown = await client.get(f"/v1/{noun}s/{each['id']}", token=token)
                assert each["interaction_count"] == shown["interaction_count"] == len(listed)
                moments = [act["occurred_at"] for act in listed]
                assert (each["first_at"], each["last_at"]) == (min(moments, default=None), max(moments, default=None))
                if noun == "conversation":
                    late = await client.get(f"/v1/conversations?last_at[gte]={instant(town.ago(0))}", token=token)
                    assert (each["id"] in [one["id"] for one in late["data"]]) == (max(moments) >= instant(town.ago(0)))
    for noun in ("channel", "conversation"):
        pages = [await client.get(f"/v1/{noun}s?include=total", token=token) for _, token in ways]
        assert [page["total"] for page in pages] == [len(page["data"]) for page in pages]
        assert pages[0]["total"] == pages[1]["total"] + 1
        for page in pages:
            assert [each["last_at"] or "" for each in page["data"]] == sorted(
                (each["last_at"] or "" for each in page["data"]), reverse=True
            )


def instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def test_names_are_of_words_that_the_reader_may_know(planted: Planted) -> None:
    """The words of private texts take one scope, those of all texts another; names of open channels take none."""
    tokens = planted.tokens | {"all": planted.client.token}
    for path in (f"/v1/topics/{planted.ids['topic_id']}", f"/v1/communities/{planted.ids['community_id']}"):
        named = {field: (await planted.client.get(path, token=token))["name"] for field, token in tokens.items()}
        assert (named["all"], named["private"], named["text"]) == WORDS
    shown = {field: await planted.client.get("/v1/topics", token=token) for field, token in tokens.items()}
    assert {each["texts"] for each in shown["private"]["data"]} == {1}, "those of which something is open"


async def test_a_number_says_how_much_of_it_rests_on_what_is_hidden(planted: Planted) -> None:
    client, path = planted.client, f"/v1/relationships/{planted.ids['person_id']}/{planted.ids['other_id']}"
    for then in ("", f"?known_at={instant(town.ago(-2))}"):
        whole = await client.get(path + then)
        less = await client.get(path + then, token=planted.tokens["private"])
        assert (whole["hidden"]["interactions"], whole["hidden"]["log_odds"]) == (0, 0.0)
        assert less["hidden"]["interactions"] >= 3
        for name in ("strength", "log_odds", "given", "received", "balance", "days"):
            assert whole[name] == less[name], name
        added = less["model"]["intercept"] + sum(part["log_odds"] for part in less["contributions"])
        assert added + less["hidden"]["log_odds"] == pytest.approx(less["log_odds"])
        trusts = [
            await client.get(f"{path}/trust{then}", token=token) for token in (client.token, planted.tokens["private"])
        ]
        topics = [{topic["channel"] and topic["channel"]["id"]: topic for topic in trust["topics"]} for trust in trusts]
        assert [topic["value"] for topic in trusts[0]["topics"]] == [topic["value"] for topic in trusts[1]["topics"]]
        assert sum(topic["hidden"]["interactions"] for topic in trusts[0]["topics"]) == 0
        assert sum(topic["hidden"]["interactions"] for topic in trusts[1]["topics"]) >= 3
        assert topics[0].keys() - topics[1].keys() == set(planted.hidden["channel"])


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
