"""Asks over HTTP: what is open, why it is an ask, whom to ask, and what members say of it."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from kith.domain.ids import decode, encode
from kith.projections import rebuild, told_asks
from kith.projections.project import project
from kith.store.db import workspace
from tests.integration.api.conftest import Client
from tests.integration.api.test_batches import ref, write

ASKED = "Could you please tell me how I can build it?"


def said(key: str, actor: str, text: str, *, to: str | None = None, ago: float = 1.0, **more: Any) -> dict[str, Any]:
    """Return a message of a conversation, written so many days ago."""
    about: dict[str, Any] = {"reply_to": {"network": "app", "key": to, "kind": "message"}} if to else {}
    return {
        "type": "interaction",
        "ref": {"network": "app", "key": key, "kind": "message"},
        "actor": ref(actor),
        "occurred_at": (datetime.now(UTC) - timedelta(days=ago)).isoformat(),
        "conversation": {"network": "app", "key": more.pop("thread", f"thread {to or key}")},
        "text": text,
        "visibility": "public",
        **about,
        **more,
    }


async def tell(client: Client, *records: dict[str, Any]) -> list[str]:
    """Write acts and work them in; return their ids."""
    answer = await write(client, "interactions", *records)
    assert all(item["outcome"] in ("created", "updated") for item in answer["data"]), answer
    async with workspace(client.pool, client.workspace_id) as db:
        while (await project(db, client.workspace_id, datetime.now(UTC)))[1]:
            pass
    return [item["id"] for item in answer["data"]]


async def patched(client: Client, ask_id: str, **body: Any) -> Any:
    answer = await client.send("PATCH", f"/v1/asks/{ask_id}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_open_ask_is_listed_with_its_reasons_until_somebody_answers(client: Client) -> None:
    first, _ = await tell(client, said("1", "ada", ASKED), said("2", "bo", "The sun shines."))
    (ask,) = await client.pages("/v1/asks?state=open")
    assert (ask["id"], ask["sentence"], ask["state"]) == (first, ASKED, "open")
    shown = await client.get(f"/v1/asks/{first}")
    assert {part["part"] for part in shown["contributions"]} >= {"mark", "request", "opener"}
    odds = shown["intercept"] + sum(part["weight"] for part in shown["contributions"])
    assert 1 / (1 + 2.718281828459045**-odds) == pytest.approx(shown["chance"], abs=1e-4)
    assert shown["usual_wait"] is None
    (answer,) = await tell(client, said("3", "bo", "It is in the archive.", to="1", ago=0.5))
    assert await client.pages("/v1/asks?state=open") == []
    (ask,) = await client.pages("/v1/asks?state=answered")
    assert (ask["answer_id"], ask["answerer"]["name"]) == (answer, None)


async def test_what_a_member_says_counts_at_once_and_can_be_taken_back(client: Client) -> None:
    (first,) = await tell(client, said("1", "ada", ASKED))
    taken = await patched(client, first, taken=True)
    assert taken["ask"]["taken_by"].startswith("member:tok_")
    for state in ("answered", "withdrawn", "closed", "open"):
        assert (await patched(client, first, state=state))["ask"]["state"] == state
    assert (await patched(client, first, state="not_an_ask"))["ask"] is None
    assert (await client.send("GET", f"/v1/asks/{first}")).status_code == 404
    assert await client.pages("/v1/asks") == []
    assert (await patched(client, first, state="open"))["ask"]["taken_by"]


async def test_pages_of_several_states_follow_each_other_the_newest_first(client: Client) -> None:
    """Read state by state; and what is likely, or towards us, is found by an index."""
    ids = await tell(client, *(said(f"{n}", f"p{n}", ASKED, ago=9 - n) for n in range(6)))
    await tell(client, *(said(f"r{n}", "bo", "It is done.", to=f"{n}", ago=0.5) for n in (1, 4)))
    await patched(client, ids[2], state="withdrawn")
    for states, left in (("answered,open", (0, 1, 3, 4, 5)), ("withdrawn,open", (0, 2, 3, 5)), ("closed", ())):
        rows = await client.pages(f"/v1/asks?limit=2&state={states}")
        assert [row["id"] for row in rows] == [ids[n] for n in reversed(left)], states
    chance = (await client.get(f"/v1/asks/{ids[0]}"))["chance"]
    assert len(await client.pages(f"/v1/asks?chance[gte]={chance - 0.01}")) == 6
    assert await client.pages(f"/v1/asks?chance[gte]={chance + 0.001}") == []


async def test_asks_towards_the_team_are_listed_alone(client: Client) -> None:
    ids = await tell(client, said("1", "ada", ASKED, targets=[{"identity": ref("us")}], ago=2), said("2", "bo", ASKED))
    assert await client.pages("/v1/asks?to_us=true") == []
    (us,) = [row for row in await client.pages("/v1/identities") if row["key"] == "us"]
    made = await client.send("POST", "/v1/groups", json={"name": "team", "people": [us["person_id"]]})
    assert made.status_code == 201, made.text
    assert [row["id"] for row in await client.pages("/v1/asks?to_us=true")] == ids[:1]
    assert [row["id"] for row in await client.pages("/v1/asks?to_us=false")] == ids[1:]


async def test_what_was_heard_on_the_telephone_is_an_ask_that_survives_a_rebuild(client: Client) -> None:
    heard = {"asker": {"name": "Bo", "address": "bo@example.org"}, "text": "Blue shelves.", "to": [{"name": "Ada"}]}
    answer = await client.send("POST", "/v1/asks", json=heard)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["ask"]["sentence"], made["ask"]["state"], made["ask"]["native"]) == ("Blue shelves.", "open", True)
    assert answer.headers["Location"] == f"/v1/asks/{made['id']}"
    async with workspace(client.pool, client.workspace_id) as db:
        mine = partial(workspace, client.pool, client.workspace_id)
        await rebuild.rebuild(db, mine, client.workspace_id, datetime.now(UTC))
    (ask,) = await client.pages("/v1/asks?state=open")
    assert ask == made["ask"] | {"asker": ask["asker"]}
    assert ask["asker"]["name"] == "Bo"
    for body, pointer in (({"asker": {"handle": "x"}, "text": "?"}, "/asker"), ({"asker": {"name": "Bo"}}, "/text")):
        refused = await client.send("POST", "/v1/asks", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_asks_are_listed_by_who_asks_and_by_what_is_talked_about(client: Client) -> None:
    ids = await tell(client, said("1", "ada", ASKED, ago=2), said("2", "bo", ASKED, ago=1))
    rows = await client.pages("/v1/asks")
    people = {row["id"]: row["asker"]["person_id"] for row in rows}
    made = {}
    for kind, name in (("groups", "press"), ("communities", "Old Town")):
        answer = await client.send("POST", f"/v1/{kind}", json={"name": name, "people": [people[ids[0]]]})
        assert answer.status_code == 201, answer.text
        made[kind] = answer.json()["id"]
    for query in (f"group={made['groups']}", f"community={made['communities']}"):
        assert [row["id"] for row in await client.pages(f"/v1/asks?{query}")] == ids[:1]
        assert await client.pages(f"/v1/asks?{query}&person={people[ids[1]]}") == []
    topic = UUID(int=9)
    async with workspace(client.pool, client.workspace_id) as db:
        await db.execute(
            "INSERT INTO topics VALUES ($1, $2, 'Building', '{build}', 1, now(), 'Building', '{build}')",
            client.workspace_id, topic,
        )  # fmt: skip
        place = decode("conversation", rows[0]["conversation"]["id"])
        await db.execute("INSERT INTO topic_texts VALUES ($1, $2, $3)", client.workspace_id, place, topic)
    assert [row["id"] for row in await client.pages(f"/v1/asks?topic={encode('topic', topic)}")] == ids[1:]
    assert await client.pages(f"/v1/asks?topic={encode('topic', UUID(int=8))}") == []
    unknown = await client.send("GET", f"/v1/asks?group={encode('group', UUID(int=8))}")
    assert unknown.status_code == 404


async def test_a_wait_stands_beside_the_usual_one_and_who_answered_before_is_to_be_asked(client: Client) -> None:
    past = []
    for n in range(20):
        past.append(said(f"q{n}", f"asker{n}", ASKED, ago=20 - n * 0.1))
        past.append(said(f"a{n}", "bo" if n % 4 else "cyd", "It is in the archive.", to=f"q{n}", ago=19.9 - n * 0.1))
    lately = [said("x", "bo", "The sun shines.", ago=1), said("old", "ada", ASKED, ago=5)]
    *_, asked = await tell(client, *past, *lately)
    shown = await client.get(f"/v1/asks/{asked}")
    wait = shown["usual_wait"]
    assert (wait["of"], wait["asks"]) == ("workspace", 21)
    assert wait["median"] == pytest.approx(8640, abs=5)
    assert shown["overdue"]
    assert datetime.fromisoformat(shown["overdue_at"]) > datetime.fromisoformat(shown["asked_at"])
    (answerer,) = shown["answerers"]  # Cyd has not been seen for two weeks
    assert answerer["score"] == pytest.approx(answerer["here"] + answerer["for_asker"] + answerer["elsewhere"])
    assert len(answerer["answers"]) == 3
    by_person = await client.pages(f"/v1/asks?person={shown['asker']['person_id']}")
    assert [each["id"] for each in by_person] == [asked]
    assert len(await client.pages("/v1/asks?limit=7&state=answered")) == 20


async def test_learnt_words_are_shown_together_to_whom_may_not_read_texts(client: Client) -> None:
    (first,) = await tell(client, said("1", "ada", ASKED))
    whole = await client.get(f"/v1/asks/{first}")
    made = await client.send("POST", "/v1/tokens", json={"name": "blind", "scopes": ["asks:read"]})
    less = (await client.send("GET", f"/v1/asks/{first}", token=made.json()["token"])).json()
    assert less["sentence"] is None
    assert {part["part"] for part in less["contributions"]} <= {
        "mark",
        "mark inside",
        "opener",
        "request",
        "length",
        "words",
    }
    total = [sum(part["weight"] for part in shown["contributions"]) for shown in (whole, less)]
    assert total[0] == pytest.approx(total[1])
    assert (await client.send("PATCH", f"/v1/asks/{first}", json={}, token=made.json()["token"])).status_code == 403


async def told(client: Client) -> list[tuple[str, str]]:
    """Return the types of all events of asks and what they are about, the oldest first."""
    rows = await client.pages("/v1/events?type=ask.opened,ask.answered,ask.overdue")
    return [(row["type"], row["data"]["ask_id"]) for row in reversed(rows)]


async def test_what_becomes_of_an_ask_is_told_once(client: Client) -> None:
    first, _, _, old = await tell(
        client,
        said("1", "ada", ASKED),
        said("private", "bo", ASKED, visibility="private"),
        said("2", "bo", "The sun shines."),
        said("old", "cyd", ASKED, ago=30),
    )
    assert await told(client) == [("ask.opened", first)]
    (answer,) = await tell(client, said("3", "bo", "It is in the archive.", to="1", ago=0.5))
    await tell(client, said("4", "bo", "And in the book.", to="1", ago=0.4), said("5", "dan", "No.", to="old"))
    for state in ("open", "answered"):
        await patched(client, first, state=state)
    async with workspace(client.pool, client.workspace_id) as db:
        await rebuild.rebuild(
            db, partial(workspace, client.pool, client.workspace_id), client.workspace_id, datetime.now(UTC)
        )
    assert await told(client) == [("ask.opened", first), ("ask.answered", first)]
    (event,) = await client.pages("/v1/events?type=ask.answered")
    assert event["data"]["answer_id"] == answer
    (by_member,) = await tell(client, said("6", "eve", ASKED))
    await patched(client, by_member, state="answered")
    event = (await client.pages("/v1/events?type=ask.answered"))[0]
    assert (event["data"]["ask_id"], event["data"]["answer_id"]) == (by_member, None)
    assert old


async def test_an_ask_is_told_to_be_overdue_once(client: Client) -> None:
    past = []
    for n in range(20):
        past.append(said(f"q{n}", f"asker{n}", ASKED, ago=20 - n * 0.1))
        past.append(said(f"a{n}", "bo", "It is in the archive.", to=f"q{n}", ago=19.9 - n * 0.1))
    *_, late, fresh = await tell(client, *past, said("1", "ada", ASKED, ago=3), said("2", "eve", ASKED, ago=0))
    for _ in range(2):
        async with workspace(client.pool, client.workspace_id) as db:
            await told_asks.tell_overdue(db, client.workspace_id, datetime.now(UTC))
    assert await told(client) == [("ask.opened", late), ("ask.opened", fresh), ("ask.overdue", late)]
    (event,) = await client.pages("/v1/events?type=ask.overdue")
    assert event["data"]["overdue_at"] == (await client.get(f"/v1/asks/{late}"))["overdue_at"].replace("Z", "+00:00")
