"""What apps write: by the rules of the import format, each record answered, into a source of their own."""

import asyncio
from typing import Any

import asyncpg
import msgspec
import pytest

from kith.api.batches.records import AFFILIATIONS, CHANNELS, IDENTITIES, INTERACTIONS
from kith.connectors import Record
from kith.projections import writing
from kith.store import apps, grants, sources
from kith.store.db import workspace
from tests.integration.api.conftest import Client
from tests.integration.oauth.client import issue
from tests.paths import ROOT


def ref(key: str, **more: Any) -> dict[str, Any]:
    return {"network": "crm", "host": "crm.example", "key": key, **more}


def act(key: str, text: str | None = "Hello.", **more: Any) -> dict[str, Any]:
    told = {"type": "interaction", "ref": ref(key, kind="message"), "actor": ref("ada"),
            "targets": [{"identity": ref("bo")}], "occurred_at": "2026-05-01T12:00:00Z", "text": text}  # fmt: skip
    return told | more


async def write(client: Client, noun: str, *items: Any, status: int = 200, **more: Any) -> Any:
    answer = await client.send("POST", f"/v1/batches/{noun}", json={"items": items, **more})
    assert answer.status_code == status, answer.text
    return answer.json()


def outcomes(answer: Any) -> list[str]:
    return [item["outcome"] for item in answer["data"]]


async def test_every_record_of_the_format_can_be_written(client: Client) -> None:
    lines = (
        (ROOT / "docs" / "import-format.md").read_text().partition("```ndjson\n")[2].partition("```")[0].splitlines()
    )
    nouns = {"identity": "identities", "claim": "identities", "edition": "identities", "standing": "identities",
             "channel": "channels", "conversation": "channels", "affiliation": "affiliations"}  # fmt: skip
    seen = set()
    for line in lines:
        record = msgspec.json.decode(line)
        answer = await write(client, nouns.get(record["type"], "interactions"), record)
        assert answer["refused"] == (record["type"] == "tombstone"), "no app takes away what it has not told"
        seen.add(record["type"])
    assert seen == {kind.__struct_config__.tag for kind in Record.__args__}
    (source,) = (await client.get("/v1/sources"))["data"]
    assert (source["connector"], source["app_id"], source["name"]) == ("app", None, "By hand")
    periods = await client.get(f"/v1/sources/{source['id']}/coverage")
    assert [period["status"] for period in periods["data"]] == ["read"]


def test_each_record_has_one_place() -> None:
    assert {*INTERACTIONS.__args__, *IDENTITIES.__args__, *CHANNELS.__args__, AFFILIATIONS} == {*Record.__args__}


async def test_telling_again_changes_only_what_is_told_otherwise(client: Client) -> None:
    first = await write(client, "interactions", act("1"), act("2"))
    assert (outcomes(first), [item["status"] for item in first["data"]]) == (["created"] * 2, [201, 201])
    again = await write(client, "interactions", act("1"), act("2", "Good day."), act("3"))
    assert outcomes(again) == ["unchanged", "changed", "created"]
    shown = await client.get(f"/v1/interactions/{again['data'][1]['id']}")
    assert shown["text"] == "Good day."
    identity = {"type": "identity", "ref": ref("ada"), "name": "Ada", "seen_at": "2026-05-01T12:00:00Z"}
    assert outcomes(await write(client, "identities", identity)) == ["changed"], "it was known by its key"
    assert outcomes(await write(client, "identities", identity)) == ["unchanged"]
    assert outcomes(await write(client, "identities", identity | {"ref": ref("cyd")})) == ["created"]


async def test_a_bad_record_is_told_and_spoils_no_other(client: Client) -> None:
    bad = [
        act("1", occurred_at="2026-05-01T12:00:00"), act("2") | {"x": 1},
        act("3", targets=[{"identity": {"key": "a"}}]),
        {"type": "identity", "ref": ref("ada")}, {"ref": ref("1", kind="post")}, 7, [], None, {},
        act("4", actor={"network": "NO", "key": "a"}), act("5", ref=ref("5", kind="dance")),
        {"type": "ending", "ref": ref("6", kind="message"), "occurred_at": "2026-05-01T12:00:00Z"},
        {"type": "coverage", "status": "read", "since": "2026-05-02T00:00:00Z", "until": "2026-05-01T00:00:00Z"},
    ]  # fmt: skip
    answer = await write(client, "interactions", act("0"), *bad, act("9"))
    assert outcomes(answer) == ["created", *["refused"] * len(bad), "created"]
    assert (answer["stored"], answer["refused"]) == (2, len(bad))
    assert all(item["errors"][0]["message"] for item in answer["data"][1:-1])
    pointers = [item["errors"][0]["pointer"] for item in answer["data"][1:4]]
    assert pointers == ["/occurred_at", "/x", "/targets/0/identity/network"]
    assert len((await client.get("/v1/interactions"))["data"]) == 2


async def test_an_atomic_batch_is_stored_whole_or_not_at_all(client: Client) -> None:
    late = {"type": "ending", "ref": ref("6", kind="message"), "occurred_at": "2026-05-01T12:00:00Z"}
    for bad, pointer in ((act("2") | {"x": 1}, "/items/1/x"), (late, "/items/1")):
        refused = await write(client, "interactions", act("1"), bad, atomic=True, status=422)
        assert [fault["pointer"] for fault in refused["errors"]] == [pointer]
    assert (await client.get("/v1/interactions"))["data"] == []
    assert outcomes(await write(client, "interactions", act("1"), act("2"), atomic=True)) == ["created"] * 2


async def test_what_postgresql_refuses_spoils_no_other(client: Client) -> None:
    far = act("far", text="deep", edited_at="0001-01-01T00:00:00+14:00")
    answer = await write(client, "interactions", act("1"), far, act("2"))
    assert outcomes(answer) == ["created", "refused", "created"]


@pytest.mark.parametrize("atomic", [True, False])
async def test_what_postgresql_refuses_only_together_is_no_success(
    client: Client, fresh_url: str, atomic: bool
) -> None:
    owner = await asyncpg.connect(fresh_url)
    await owner.execute(
        """
        CREATE FUNCTION alone() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF (SELECT count(*) FROM told) > 1 THEN RAISE check_violation; END IF; RETURN NULL; END $$;
        CREATE TRIGGER alone AFTER INSERT ON interactions REFERENCING NEW TABLE AS told EXECUTE FUNCTION alone();
        """
    )
    await owner.close()
    records = [msgspec.convert(act(key), Record) for key in "12"]
    async with workspace(client.pool, client.workspace_id) as db:
        source = await sources.written_by(db, client.workspace_id, None, "By hand")
        with pytest.raises(asyncpg.CheckViolationError):
            await writing.write(db, client.workspace_id, source.id, b"key", records, atomic=atomic)


async def test_an_app_takes_back_what_it_told_and_nothing_else(client: Client) -> None:
    follow = act("7", ref=ref("7", kind="follow", actor=ref("ada")), text=None)
    made = await write(client, "interactions", act("1"), follow)
    ending = {"type": "ending", "ref": follow["ref"], "occurred_at": "2026-05-02T12:00:00Z"}
    gone = {"type": "tombstone", "ref": ref("1", kind="message"), "cause": "withdrawn"}
    app = await token_of_app(client)
    headers = {"Authorization": f"Bearer {app}"}
    foreign = await client.http.post("/v1/batches/interactions", json={"items": [ending, gone]}, headers=headers)
    assert outcomes(foreign.json()) == ["refused"] * 2
    assert outcomes(await write(client, "interactions", ending, gone)) == ["changed"] * 2
    assert (await client.get(f"/v1/interactions/{made['data'][1]['id']}"))["ended_at"]
    answer = await client.send("GET", f"/v1/interactions/{made['data'][0]['id']}")
    assert answer.status_code == 404
    assert outcomes(await write(client, "interactions", act("1"))) == ["created"]


async def test_each_app_writes_into_a_source_of_its_own(client: Client) -> None:
    app = await token_of_app(client)
    await write(client, "interactions", act("1"), act("2"))
    headers = {"Authorization": f"Bearer {app}"}
    body = {"items": [act("2"), act("3")]}
    answers = await asyncio.gather(
        *(client.http.post("/v1/batches/interactions", json=body, headers=headers) for _ in range(4))
    )
    assert sorted(outcomes(answer.json())[1] for answer in answers) == ["created", *["unchanged"] * 3]
    by_hand, of_app = (await client.get("/v1/sources"))["data"]
    assert (by_hand["app_id"], of_app["name"]) == (None, "Script")
    removal = await client.get(f"/v1/sources/{of_app['id']}/removal")
    assert (removal["interactions"], removal["shared"]) == (1, 1)
    for path in ("runs", "checks", "audits", "partitions"):
        answer = await client.send("POST", f"/v1/sources/{of_app['id']}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    refused = await client.send("PATCH", f"/v1/sources/{of_app['id']}", json={"config": {}})
    assert refused.status_code == 409
    paused = await client.send("PATCH", f"/v1/sources/{of_app['id']}", json={"name": "Ours", "status": "paused"})
    assert (paused.json()["name"], paused.json()["status"]) == ("Ours", "paused")
    late = await client.http.post("/v1/batches/interactions", json=body, headers=headers)
    assert (late.status_code, late.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    "body", [{}, {"items": []}, {"items": [{}] * 501}, {"items": {}}, {"items": [{}], "atomic": 1}]
)
async def test_a_batch_that_is_none_is_refused(client: Client, body: Any) -> None:
    answer = await client.send("POST", "/v1/batches/interactions", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")


async def token_of_app(client: Client) -> str:
    """Return a token of an app that acts by itself."""
    home = client.workspace_id
    scopes = ["interactions:write"]
    async with workspace(client.pool, home) as db:
        app = await apps.create_app(db, home, name="Script", kind="machine", scopes=scopes)
        await apps.approve(db, home, app.id, scopes, "test")
        grant = await grants.add(db, home, app.id, None, scopes)
        return await issue(db, home, grant, scopes)


async def test_nothing_is_written_beyond_a_quota(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kith.api.batches.sources.COUNTED_SECONDS", 0.0)
    settings = client.app.state.settings
    client.app.state.settings = msgspec.structs.replace(settings, quota_interactions=2)
    await write(client, "interactions", act("1"), act("2"))
    refused = await write(client, "interactions", act("3"), status=403)
    assert (refused["code"], refused["detail"]) == (
        "quota_exceeded", "The workspace has 2 interactions, and may have 2."
    )  # fmt: skip
    met = {"occurred_at": "2026-05-01T12:00:00Z", "actor": {"name": "Ada"}, "participants": [{"name": "Bo"}]}
    assert (await client.send("POST", "/v1/interactions", json=met)).status_code == 403
    assert len(await client.pages("/v1/interactions?limit=10")) == 2
