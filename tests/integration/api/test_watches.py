"""Watches over HTTP: what they find, how right that is, and whether our people were there."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kith.domain import ids
from kith.projections import mentions
from kith.store import watches
from kith.store.db import workspace
from tests.integration.api.conftest import Client
from tests.integration.api.test_asks import said, tell
from tests.integration.api.test_batches import ref

KITH = {"name": "kith", "aliases": [{"text": "kith", "rule": "always"}]}


async def created(client: Client, **body: Any) -> Any:
    answer = await client.send("POST", "/v1/watches", json=KITH | body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def hear(client: Client, watch_id: str) -> None:
    """Listen to the past, as the job does."""
    key = ids.decode("watch", watch_id)
    assert key
    async with workspace(client.pool, client.workspace_id) as db:
        found = await watches.get_watch(db, client.workspace_id, key)
        assert found
        await mentions.hear_past(db, client.workspace_id, found)


async def faults(client: Client, path: str, **body: Any) -> list[tuple[str, str]]:
    answer = await client.send("POST", path, json=body)
    assert answer.status_code == 422, answer.text
    return [(fault["pointer"], fault["message"]) for fault in answer.json()["errors"]]


async def test_a_watch_finds_what_is_said_before_and_after_it(client: Client) -> None:
    await tell(client, said("1", "ada", "We use kith a lot.", ago=3), said("2", "bo", "Fine.", ago=2))
    body = {key: KITH[key] for key in ("aliases",)}
    tried = (await client.send("POST", "/v1/watches/previews", json=body)).json()
    assert (tried["acts"], tried["mentions"], tried["in_context"], tried["speakers"]) == (2, 1, 0, 1)
    assert [sample["quote"] for sample in tried["samples"]] == [{"text": "We use kith a lot.", "start": 7, "stop": 11}]
    assert (await client.get("/v1/watches"))["data"] == []
    made = await created(client)
    assert (made["heard"], made["mentions"], made["tells"]) == (False, 0, True)
    (act,) = await tell(client, said("3", "bo", "Kith!", ago=0.1, targets=[{"identity": ref("ada")}]))
    (event,) = await client.pages("/v1/events?type=mention.found")
    assert (event["data"]["watch_id"], event["data"]["interaction_id"]) == (made["id"], act)
    await hear(client, made["id"])
    rows = await client.pages(f"/v1/watches/{made['id']}/mentions?limit=1")
    assert [row["quote"]["text"] for row in rows] == ["Kith!", "We use kith a lot."]
    assert rows == await client.pages("/v1/mentions")
    assert (rows[0]["id"], rows[0]["reason"]) == (event["data"]["mention_id"], "name")
    assert len(await client.pages("/v1/events?type=mention.found")) == 1
    assert (await client.get(f"/v1/watches/{made['id']}"))["heard"]
    for wanted in (f"person={rows[0]['speaker']['person_id']}", f"conversation={rows[0]['conversation']['id']}"):
        assert await client.pages(f"/v1/mentions?{wanted}") == rows[:1], wanted
    made = await client.send("POST", "/v1/tokens", json={"name": "blind", "scopes": ["watches:read"]})
    blind = (await client.send("GET", "/v1/mentions", token=made.json()["token"])).json()["data"]
    assert blind == [{**row, "quote": None, "conversation": row["conversation"] | {"title": None}} for row in rows]


async def test_a_watch_is_changed_and_deleted(client: Client) -> None:
    made = await created(client)
    await tell(client, said("1", "ada", "We use kith, and moss."))
    path = f"/v1/watches/{made['id']}"
    renamed = await client.send("PATCH", path, json={"name": "other"})
    assert (renamed.json()["name"], renamed.json()["mentions"]) == ("other", 1)
    moss = [{"text": "moss", "rule": "always"}]
    changed = (await client.send("PATCH", path, json={"aliases": moss})).json()
    assert (changed["heard"], changed["mentions"], changed["aliases"]) == (False, 0, moss)
    await hear(client, made["id"])
    (row,) = await client.pages("/v1/mentions")
    assert (row["quote"]["start"], row["watch"]["name"]) == (17, "other")
    assert (await client.send("DELETE", path)).status_code == 200
    assert await client.pages("/v1/mentions") == []


async def test_a_person_is_meant_by_a_part_of_the_name_where_they_take_part(client: Client) -> None:
    await tell(client, said("1", "ada", "Ask Lovelace."), said("2", "ada", "x", thread="u"))
    (ada,) = [row for row in await client.pages("/v1/identities") if row["key"] == "ada"]
    aliases = [{"text": "Ada Lovelace", "rule": "always"}, {"text": "Lovelace", "rule": "in_context"}]
    await created(client, aliases=aliases, person=ada["person_id"])
    await tell(client, said("3", "bo", "Lovelace has it.", thread="u"), said("4", "bo", "Lovelace has it.", thread="v"))
    (row,) = await client.pages("/v1/mentions")
    assert (row["reason"], row["quote"]["text"]) == ("takes_part", "Lovelace has it.")


async def test_bad_watches_are_refused_with_a_pointer(client: Client) -> None:
    await tell(client, said("1", "ada", "The sun will shine. Will it?", ago=30))
    nobody = ids.encode("person", client.workspace_id)
    for path in ("/v1/watches", "/v1/watches/previews"):
        name = {} if "previews" in path else {"name": "w"}
        assert await faults(client, path, **name, aliases=[]) == [("/aliases", "A watch needs an alias.")]
        alias = {"text": "Will", "rule": "always"}
        ((pointer, message),) = await faults(client, path, **name, aliases=[{**alias, "text": "kith"}, alias])
        assert pointer == "/aliases/1/text"
        assert "2 times in 1 act." in message
        ((pointer, _),) = await faults(client, path, **name, aliases=KITH["aliases"], days=90)
        assert pointer == "/days"
        ((pointer, _),) = await faults(client, path, **name, aliases=KITH["aliases"], person=nobody)
        assert pointer == "/person"


async def test_verdicts_give_a_precision_from_ten_on_and_below_one_half_nothing_is_told(client: Client) -> None:
    made = await created(client)
    path = f"/v1/watches/{made['id']}"
    await tell(client, *(said(f"{n}", "ada", "kith", ago=0.1) for n in range(11)))
    rows = await client.pages("/v1/mentions")
    for n, row in enumerate(rows[:10]):
        shown = await client.get(path)
        assert (shown["verdicts"], shown["precision"]) == (n, None)
        answer = await client.send("POST", f"/v1/mentions/{row['id']}/verdicts", json={"right": n < 4})
        assert answer.status_code == 201, answer.text
        assert answer.json()["right"] is (n < 4)
    shown = await client.get(path)
    assert (shown["verdicts"], shown["precision"]["share"], shown["tells"]) == (10, 0.4, False)
    assert 0.1 < shown["precision"]["low"] < 0.4 < shown["precision"]["high"] < 0.7
    await client.send("POST", f"/v1/mentions/{rows[9]['id']}/verdicts", json={"right": True})
    assert (await client.get(path))["tells"]
    await client.send("POST", f"/v1/mentions/{rows[9]['id']}/verdicts", json={"right": False})
    before = len(await client.pages("/v1/events?type=mention.found"))
    await tell(client, said("late", "bo", "kith", ago=0.1))
    assert len(await client.pages("/v1/events?type=mention.found")) == before


async def test_presence_is_a_sign_of_us_or_a_complete_list_without_us(client: Client) -> None:
    await created(client)
    room = {"network": "app", "key": "room"}
    far: dict[str, Any] = {"channel": {"network": "app", "key": "far"}}
    near: dict[str, Any] = {"channel": room}
    await tell(
        client,
        said("us", "us", "Hello.", ago=20, **near),
        said("1", "ada", "kith", ago=5, **near),
        said("2", "ada", "kith", ago=4, **far),
        said("3", "ada", "kith", ago=3, targets=[{"identity": ref("us")}], **far),
        said("4", "ada", "kith", ago=2, targets=[{"identity": ref("bo")}], visibility="direct"),
        said("5", "ada", "kith", ago=1, **near, thread="t"),
    )
    states = [row["presence"]["state"] for row in await client.pages("/v1/mentions")]
    assert set(states) == {"not_seen"}
    (us,) = [row for row in await client.pages("/v1/identities") if row["key"] == "us"]
    made = await client.send("POST", "/v1/groups", json={"name": "team", "people": [us["person_id"]]})
    assert made.status_code == 201
    rows = (await client.pages("/v1/mentions"))[::-1]
    seen = [(row["presence"]["state"], row["presence"]["evidence"]) for row in rows]
    assert seen == [
        ("in_the_room", "acted"),
        ("not_seen", None),
        ("in_the_room", "addressed"),
        ("out_of_the_room", "recipients"),
        ("in_the_room", "acted"),
    ]
    async with workspace(client.pool, client.workspace_id) as db:
        await db.execute(
            "INSERT INTO rosters SELECT $1, $2, $3",
            client.workspace_id, ids.decode("channel", rows[1]["channel"]["id"]), datetime.now(UTC) - timedelta(days=6),
        )  # fmt: skip
    path = f"/v1/channels/{rows[1]['channel']['id']}/presence"
    shown = await client.get(path)
    assert (shown["presence"]["state"], shown["presence"]["evidence"]) == ("out_of_the_room", "member_list")
    assert [(each["person"]["id"], each["acts"]) for each in shown["people"]] == [(us["person_id"], 0)]
    early = (datetime.now(UTC) - timedelta(days=60)).date()
    assert (await client.get(f"{path}?at={early}"))["presence"]["state"] == "not_seen"
    shown = await client.get(f"/v1/channels/{rows[0]['channel']['id']}/presence")
    assert shown["presence"]["interaction_id"]
    assert [each["acts"] for each in shown["people"]] == [1]


async def test_the_past_of_an_archive_that_ended_is_heard(client: Client) -> None:
    """By default 90 days before the end of what was read, and not before today."""
    await tell(client, *(said(f"{ago}", "ada", "kith", ago=ago) for ago in (500, 380, 301, 300)))
    body = {"aliases": [{"text": "kith", "rule": "always"}]}
    tried = (await client.send("POST", "/v1/watches/previews", json=body)).json()
    assert (tried["acts"], tried["mentions"], tried["complete"]) == (3, 3, True)
    near = (await client.send("POST", "/v1/watches/previews", json={**body, "days": 2})).json()
    assert (near["acts"], near["complete"]) == (2, True)
    made = await created(client, **body)
    await hear(client, made["id"])
    assert len(await client.pages(f"/v1/watches/{made['id']}/mentions")) == 3
