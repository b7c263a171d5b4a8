"""One search over everything: what it finds, in which order, what it shows of it, and to whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kith.api.search.routes import SCOPES as NEEDED
from kith.connectors import Channel, Conversation, Identity, Interaction, InteractionRef, Record, Ref, Target
from kith.domain.scopes import FIELDS, SCOPES
from kith.projections import project
from kith.store.db import workspace
from tests.integration.api.cases import store
from tests.integration.api.conftest import Client

NOW = datetime.now(UTC).replace(microsecond=0)
NAMES = {
    "ada": "Ada Lovelace", "adam": "Adam Smith", "ivan": "Иван Петров", "yamada": "山田太郎", "jurgen": "Jürgen Groß",
    "tam": "Tamsin Quillwort",
}  # fmt: skip
HALL, DEN = Ref("chat", "hall", "c.example"), Ref("chat", "den", "c.example")
TALK, WHISPER = Ref("chat", "talk", "c.example"), Ref("chat", "whisper", "c.example")
TEXTS = [
    ("1", HALL, TALK, "We studied the lanterns of the harbor.", "public", 1),
    ("2", HALL, TALK, "A study of one lantern", "public", 400),
    ("3", HALL, TALK, "来週の会議の計画について", "public", 2),
    ("4", DEN, WHISPER, "Nobody may hear of the lantern", "private", 3),
    ("5", HALL, TALK, "Entirely about rope", "public", 4),
]


def told() -> list[Record]:
    refs = {key: Ref("chat", key, "c.example") for key in NAMES}
    found: list[Record] = [Identity(refs[key], "person", name=name, seen_at=NOW) for key, name in NAMES.items()]
    found += [
        Channel(HALL, "room", "Lantern hall", visibility="public"),
        Channel(DEN, "room", "Lantern den", visibility="private"),
        Conversation(TALK, HALL, "Studies of lanterns"),
        Conversation(WHISPER, DEN, "The dark lantern"),
    ]
    found += [
        Interaction(
            InteractionRef("chat", key, "message", "c.example"), refs["ada"], NOW - timedelta(days=days),
            (Target(refs["tam"]),), channel, conversation=conversation, text=text,
            visibility=visibility,  # type: ignore[arg-type]  # one of two
        )
        for key, channel, conversation, text, visibility, days in TEXTS
    ]  # fmt: skip
    return found


@pytest.fixture
async def talk(client: Client) -> Client:
    await store(client, told())
    async with workspace(client.pool, client.workspace_id) as db:
        await project.project(db, client.workspace_id, datetime.now(UTC))
    assert (await client.send("POST", "/v1/organizations", json={"name": "Lantern Works"})).status_code == 201
    return client


async def found(client: Client, q: str, more: str = "", token: str = "") -> dict[str, list[str | None]]:
    """Return by type what each result shows around the words."""
    answer = await client.get(f"/v1/search?q={q}&limit=100{more}", token=token)
    seen: dict[str, list[str | None]] = {}
    for hit in answer["data"]:
        seen.setdefault(hit["type"], []).append("".join(part["text"] for part in hit["highlight"]) or hit["name"])
    scores = [hit["score"] for hit in answer["data"]]
    assert scores == sorted(scores, reverse=True)
    counts = {facet["type"]: facet["count"] for facet in answer["facets"] if facet["count"]}
    assert counts == {type_: len(hits) for type_, hits in seen.items()}
    return seen


async def test_it_finds_all_kinds_by_name_word_and_stem(talk: Client) -> None:
    everything = await found(talk, "lantern")
    assert {type_: len(hits) for type_, hits in everything.items()} == {
        "organization": 1, "channel": 2, "conversation": 2, "interaction": 3,
    }  # fmt: skip
    assert everything["interaction"][-1] == "study of one lantern", "it is more than a year old"
    studied = await found(talk, "studies lantern", "&types=interaction")
    assert studied == {"interaction": ["studied the lanterns of the harbor", "study of one lantern"]}
    assert "interaction" not in await found(talk, "studying", "&language=simple")
    assert await found(talk, "lantern -one", "&types=interaction") == {
        "interaction": ["Nobody may hear of the lantern"]
    }
    for q in ("会議", "計画 会議", "議の計"):
        assert await found(talk, q) == {"interaction": ["来週の会議の計画について"]}, q
    for q in ("absent", "議会"):
        assert await found(talk, q) == {}


async def test_it_marks_what_matched(talk: Client) -> None:
    marked = {}
    for q in ("studying", "会議", "lace"):
        answer = await talk.get(f"/v1/search?q={q}&types=interaction,person")
        marked[q] = [part["text"] for part in answer["data"][0]["highlight"] if part["matched"]]
    assert marked == {"studying": ["studied"], "会議": ["会議"], "lace": ["lace"]}


async def test_names_are_found_misspelt_and_in_other_scripts(talk: Client) -> None:
    for q, name in (
        ("Ada", "Ada Lovelace"), ("tamzin", "Tamsin Quillwort"), ("Lovelase", "Ada Lovelace"),
        ("ivan petrov", "Иван Петров"), ("Иван Питров", "Иван Петров"), ("Jurgen Gross", "Jürgen Groß"),
        ("太郎", "山田太郎"), ("lovelace ada", "Ada Lovelace"),
    ):  # fmt: skip
        people = (await found(talk, q, "&types=person")).get("person", [])
        assert people[:1] == [name], (q, people)
    assert (await found(talk, "ada", "&types=person"))["person"] == ["Ada Lovelace", "Adam Smith"]


async def test_filters_narrow_what_they_fit(talk: Client) -> None:
    channels = {each["name"]: each["id"] for each in (await talk.get("/v1/channels"))["data"]}
    here = await found(talk, "lantern", f"&channel={channels['Lantern hall']}")
    assert {type_: len(hits) for type_, hits in here.items()} == {"conversation": 1, "interaction": 2}
    since = (NOW - timedelta(days=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len((await found(talk, "lantern", f"&at[gte]={since}&types=interaction"))["interaction"]) == 2
    assert len((await found(talk, "lantern", f"&at[lt]={since}&types=interaction"))["interaction"]) == 1
    ada = (await talk.get("/v1/people?q=lovelace"))["data"][0]["id"]
    body = {"name": "Speakers", "people": [ada]}
    community = (await talk.send("POST", "/v1/communities", json=body)).json()["id"]
    assert await found(talk, "ada", f"&community={community}") == {"person": ["Ada Lovelace"]}
    assert await found(talk, "Speakers") == {"community": ["Speakers"]}


async def test_a_token_finds_what_it_may_read_and_counts_no_more(talk: Client) -> None:
    for field, gone in (("text", {"conversation": 2, "interaction": 3}), ("private", {})):
        less = await talk.token_for(SCOPES.keys() - {FIELDS[field]})
        whole, seen = await found(talk, "lantern"), await found(talk, "lantern", token=less)
        assert {type_: len(hits) for type_, hits in whole.items() if type_ not in seen} == gone
        if field == "private":
            assert {type_: len(hits) for type_, hits in seen.items()} == {
                "organization": 1, "channel": 1, "conversation": 1, "interaction": 2,
            }  # fmt: skip
    for type_, scopes in NEEDED.items():
        for scope in scopes:
            less = await talk.token_for(SCOPES.keys() - {scope})
            refused: Any = await talk.send("GET", f"/v1/search?q=lantern&types={type_}", token=less)
            assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
            assert type_ not in await found(talk, "lantern", token=less)


async def test_what_a_query_lacks_is_named(client: Client) -> None:
    answer = await client.send("GET", "/v1/search?limit=3")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "q")
