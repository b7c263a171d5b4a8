import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kith.connectors import Forbidden, Limits, check_locations
from kith.connectors.ndjson import NdjsonConfig
from kith.domain import ids
from kith.store import jobs, runs, sources
from kith.store.db import workspace
from tests.integration.api.conftest import RECORDS, Client
from tests.paths import shared

NEW = {"connector": "ndjson", "name": "people", "config": {"path": str(RECORDS)}}


async def create(client: Client, **changed: Any) -> dict[str, Any]:
    answer = await client.send("POST", "/v1/sources", json=NEW | changed)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def test_no_token_no_sources(client: Client) -> None:
    assert (await client.send("GET", "/v1/sources", token=None)).status_code == 401
    assert (await client.send("POST", "/v1/sources", token=None, json=NEW)).status_code == 401


async def test_reading_sources_does_not_allow_writing_them(client: Client) -> None:
    token = await client.token_for(["sources:read"])
    assert (await client.send("GET", "/v1/sources", token=token)).status_code == 200
    assert (await client.send("POST", "/v1/sources", token=token, json=NEW)).status_code == 403


async def test_a_source_is_created_and_found_where_it_says(client: Client) -> None:
    answer = await client.send("POST", "/v1/sources", json=NEW)
    assert answer.status_code == 201
    created = answer.json()
    assert {name: created[name] for name in NEW} == NEW
    assert created["status"] == "active"
    found = await client.send("GET", answer.headers["location"])
    assert found.json() == created
    assert found.headers["etag"] == answer.headers["etag"]
    assert (await client.get("/v1/sources"))["data"] == [created]
    assert (await client.get(f"{answer.headers['location']}/coverage"))["data"] == []


async def test_sources_are_listed_in_the_order_of_their_creation(client: Client) -> None:
    names = [(await create(client, name=f"source {number}"))["name"] for number in range(3)]
    assert [source["name"] for source in await client.pages("/v1/sources?limit=1")] == names


async def test_a_name_is_taken_once(client: Client) -> None:
    await create(client)
    again = await client.send("POST", "/v1/sources", json=NEW)
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/name")
    other = await create(client, name="other")
    renamed = await client.send("PATCH", f"/v1/sources/{other['id']}", json={"name": "people"})
    assert (renamed.status_code, renamed.json()["code"]) == (409, "conflict")
    assert (await client.get(f"/v1/sources/{other['id']}"))["name"] == "other"


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"connector": "telepathy"}, "/connector"),
        ({"connector": 3}, "/connector"),
        ({"name": ""}, "/name"),
        ({"config": {}}, "/config/path"),
        ({"config": {"path": 3}}, "/config/path"),
        ({"config": {"path": "relative"}}, "/config/path"),
        ({"config": {"path": "/x", "color": "red"}}, "/config/color"),
        ({"config": None}, "/config"),
        ({"status": "active"}, "/status"),
        ({"id": "src_0"}, "/id"),
        ({"revision": 3}, "/revision"),
    ],
)
async def test_what_does_not_fit_is_pointed_at(client: Client, changed: dict[str, Any], pointer: str) -> None:
    answer = await client.send("POST", "/v1/sources", json=NEW | changed)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("connector", "config", "pointer", "setting"),
    [
        ("ndjson", {"path": "/etc/passwd"}, "/config/path", "KITH_SOURCE_ROOTS"),
        ("mail", {"path": "/srv/../etc"}, "/config/path", "KITH_SOURCE_ROOTS"),
        ("git", {"repository": "/srvelse/x"}, "/config/repository", "KITH_SOURCE_ROOTS"),
        ("git", {"repository": "file:///srv/x"}, "/config/repository", "KITH_PRIVATE_ADDRESSES"),
        ("git", {"repository": "https://169.254.169.254/x"}, "/config/repository", "KITH_PRIVATE_ADDRESSES"),
        ("git", {"repository": "git@localhost:x"}, "/config/repository", "KITH_PRIVATE_ADDRESSES"),
        ("git", {"repository": "x"}, "/config/repository", "absolute path"),
    ],
)
async def test_a_source_reads_only_what_the_operator_allows(
    client: Client, connector: str, config: dict[str, Any], pointer: str, setting: str
) -> None:
    token = await client.token_for(["sources:write"])
    new = {"connector": connector, "name": "x", "config": config}
    answer = await client.send("POST", "/v1/sources", json=new, token=token)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    (fault,) = answer.json()["errors"]
    assert (fault["code"], fault["pointer"]) == ("forbidden_location", pointer)
    assert setting in answer.json()["detail"]


def test_a_link_out_of_the_roots_is_followed_before_it_is_judged(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc")
    limits = Limits((tmp_path,), private_addresses=False)
    check_locations(NdjsonConfig(str(tmp_path / "new")), limits)
    with pytest.raises(Forbidden, match="KITH_SOURCE_ROOTS"):
        check_locations(NdjsonConfig(str(tmp_path / "link/passwd")), limits)


async def test_what_the_operator_added_stays_readable_until_it_is_pointed_elsewhere(client: Client) -> None:
    async with workspace(client.pool, client.workspace_id) as db:
        added = await sources.create_source(
            db, client.workspace_id, "ndjson", "own", {"path": "/home/ada/records"}, trusted=True
        )
    path = f"/v1/sources/{ids.encode('source', added.id)}"
    token = await client.token_for(["sources:write"])

    async def point(file: str) -> int:
        config = {"path": file}
        return (await client.send("PATCH", path, json={"config": config}, token=token)).status_code

    assert await point("/home/ada/records") == 200
    assert await point("/home/bob") == 422
    assert await point(str(RECORDS)) == 200
    assert await point("/home/ada/records") == 422


async def test_who_may_have_anything_read_needs_no_folder_set_aside(client: Client, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(RECORDS.read_bytes())
    (tmp_path / "other").write_bytes(RECORDS.read_bytes())
    new = {"connector": "ndjson", "name": "own", "config": {"path": str(tmp_path / "one")}}
    made = (await client.send("POST", "/v1/sources", json=new)).json()
    path = f"/v1/sources/{made['id']}"
    assert (await client.send("PATCH", path, json={"config": {"path": str(tmp_path / "other")}})).status_code == 200
    assert (await client.send("PATCH", path, json={"config": {"path": "relative"}})).status_code == 422
    async with workspace(client.pool, client.workspace_id) as db:
        (source,) = await sources.list_sources(db, client.workspace_id, None, 10)
    assert source.trusted


async def test_a_source_that_may_be_read_no_longer_can_still_be_paused(client: Client) -> None:
    async with workspace(client.pool, client.workspace_id) as db:
        old = await sources.create_source(db, client.workspace_id, "ndjson", "old", {"path": "/home/ada/x"})
    paused = await client.send("PATCH", f"/v1/sources/{ids.encode('source', old.id)}", json={"status": "paused"})
    assert paused.json()["status"] == "paused"


async def test_a_patch_changes_what_it_names_and_nothing_else(client: Client) -> None:
    source = await create(client)
    path = f"/v1/sources/{source['id']}"
    paused = (await client.send("PATCH", path, json={"status": "paused"})).json()
    assert paused == source | {"status": "paused", "updated_at": paused["updated_at"]}
    headers = {"Content-Type": "application/merge-patch+json"}
    renamed = (await client.send("PATCH", path, content=b'{"name": "folk"}', headers=headers)).json()
    assert (renamed["name"], renamed["status"], renamed["config"]) == ("folk", "paused", NEW["config"])
    same = (await client.send("PATCH", path, json={})).json()
    assert same["name"] == "folk"


@pytest.mark.parametrize("change", [{"name": None}, {"status": None}, {"status": "deleting"}, {"connector": "git"}])
async def test_null_is_not_the_same_as_left_out(client: Client, change: dict[str, Any]) -> None:
    path = f"/v1/sources/{(await create(client))['id']}"
    answer = await client.send("PATCH", path, json=change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")


async def test_a_change_based_on_an_old_version_is_refused(client: Client) -> None:
    path = f"/v1/sources/{(await create(client))['id']}"
    old = (await client.send("GET", path)).headers["etag"]
    first = await client.send("PATCH", path, json={"name": "one"}, headers={"If-Match": old})
    assert first.status_code == 200
    second = await client.send("PATCH", path, json={"name": "two"}, headers={"If-Match": old})
    assert (second.status_code, second.json()["code"]) == (412, "precondition_failed")
    assert (await client.send("DELETE", path, headers={"If-Match": old})).status_code == 412
    assert (await client.get(path))["name"] == "one"
    third = await client.send("PATCH", path, json={"name": "two"}, headers={"If-Match": first.headers["etag"]})
    assert third.status_code == 200
    assert (await client.send("PATCH", path, json={"name": "three"}, headers={"If-Match": "*"})).status_code == 200


async def test_deleting_is_a_job_and_the_source_shows_it(client: Client) -> None:
    path = f"/v1/sources/{(await create(client))['id']}"
    answer = await client.send("DELETE", path)
    assert answer.status_code == 202
    job = answer.json()
    assert (job["kind"], job["status"]) == ("remove_source", "queued")
    assert (await client.send("GET", answer.headers["location"])).json() == job
    assert (await client.get(path))["status"] == "deleting"
    assert (await client.send("DELETE", path)).json()["id"] == job["id"]
    assert (await client.send("PATCH", path, json={"status": "active"})).status_code == 409
    assert (await client.send("POST", f"{path}/runs")).status_code == 409


async def test_a_run_is_started_once(client: Client) -> None:
    path = f"/v1/sources/{(await create(client))['id']}/runs"
    answer = await client.send("POST", path)
    assert answer.status_code == 202
    job = answer.json()
    assert (job["kind"], job["status"]) == ("sync", "queued")
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (await client.send("POST", path)).json()["id"] == job["id"]
    assert (await client.get(path))["data"] == []


async def test_a_paused_source_is_not_read(client: Client) -> None:
    path = f"/v1/sources/{(await create(client))['id']}"
    await client.send("PATCH", path, json={"status": "paused"})
    answer = await client.send("POST", f"{path}/runs")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_a_repeated_request_has_one_effect_and_one_answer(client: Client) -> None:
    headers = {"Idempotency-Key": "key-1"}
    first = await client.send("POST", "/v1/sources", json=NEW, headers=headers)
    again = await client.send("POST", "/v1/sources", json=NEW, headers=headers)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len((await client.get("/v1/sources"))["data"]) == 1


async def test_a_key_belongs_to_one_request_of_one_token(client: Client) -> None:
    headers = {"Idempotency-Key": "key-1"}
    await client.send("POST", "/v1/sources", json=NEW, headers=headers)
    other = await client.send("POST", "/v1/sources", json=NEW | {"name": "other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    token = await client.token_for(["sources:write"])
    mine = await client.send("POST", "/v1/sources", json=NEW | {"name": "mine"}, headers=headers, token=token)
    assert mine.status_code == 201
    for key in ("", "x" * 256):
        bad = await client.send("POST", "/v1/sources", json=NEW, headers={"Idempotency-Key": key})
        assert (bad.status_code, bad.json()["code"]) == (400, "invalid_parameter")


async def test_a_refused_request_leaves_its_key_free(client: Client) -> None:
    headers = {"Idempotency-Key": "key-1"}
    refused = await client.send("POST", "/v1/sources", json=NEW | {"connector": "telepathy"}, headers=headers)
    assert refused.status_code == 422
    assert (await client.send("POST", "/v1/sources", json=NEW, headers=headers)).status_code == 201


async def test_while_a_key_is_being_worked_on_others_wait(client: Client) -> None:
    row = await client.get("/v1/me")
    token_id = ids.decode("token", row["token"]["id"])
    async with workspace(client.pool, client.workspace_id) as db:
        await db.fetchval(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{client.workspace_id} {token_id} key-1"
        )
        busy = await client.send("POST", "/v1/sources", json=NEW, headers={"Idempotency-Key": "key-1"})
    assert (busy.status_code, busy.json()["code"], busy.headers["retry-after"]) == (409, "request_in_progress", "1")


async def test_an_answer_is_kept_for_a_day(client: Client) -> None:
    headers = {"Idempotency-Key": "key-1"}
    await client.send("POST", "/v1/sources", json=NEW, headers=headers)
    async with workspace(client.pool, client.workspace_id) as db:
        await db.execute(
            "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE workspace_id = $1",
            client.workspace_id,
        )
    late = await client.send("POST", "/v1/sources", json=NEW | {"name": "late"}, headers=headers)
    assert late.status_code == 201


async def test_a_run_shows_its_progress_and_what_it_could_not_read(client: Client) -> None:
    source = await create(client)
    started = (await client.send("POST", f"/v1/sources/{source['id']}/runs")).json()
    await work(client, started["id"], source["id"])
    (run,) = (await client.get(f"/v1/sources/{source['id']}/runs"))["data"]
    assert run == await client.get(f"/v1/runs/{run['id']}")
    assert (run["status"], run["job_id"], run["source_id"]) == ("running", started["id"], source["id"])
    assert (run["progress"]["done"], run["progress"]["total"], run["progress"]["unit"]) == (50, 200, "lines")
    assert run["progress"]["rate"] > 0
    assert run["progress"]["estimated_end"] > run["started_at"]
    errors = (await client.get(f"/v1/runs/{run['id']}/errors"))["data"]
    assert [error["place"] for error in errors] == ["line 4", "line 17"]
    assert await client.pages(f"/v1/runs/{run['id']}/errors?limit=1") == errors


async def work(client: Client, job: str, source: str) -> None:
    """Do what a worker does: claim the job, open its run, report a page."""
    job_id, source_id = ids.decode("job", job), ids.decode("source", source)
    assert isinstance(job_id, UUID)
    assert isinstance(source_id, UUID)
    async with workspace(client.pool, client.workspace_id) as db:
        claimed = await jobs.claim(db, client.workspace_id, job_id, 60)
        assert claimed
        run_id = await runs.open_run(db, client.workspace_id, source_id, job_id)
        await db.executemany(
            "INSERT INTO run_errors (workspace_id, run_id, number, place, code, reason)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            [(client.workspace_id, run_id, n, f"line {n}", "bad", "Not JSON.") for n in (4, 17)],
        )
    async with workspace(client.pool, client.workspace_id) as db:
        await jobs.advance(db, claimed, 50, 200, "lines")


SECRET = "open-sesame-4711"


async def test_a_secret_in_an_address_never_comes_back(client: Client) -> None:
    words = shared("cases/api/secret-in-an-address/request.txt").read_text().splitlines()[0]
    new = json.loads(words.partition("/v1/sources")[2])
    answer = await client.send("POST", "/v1/sources", json=new)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "secret_in_address")
    assert answer.json()["errors"][0]["pointer"] == "/config/repository"
    assert SECRET not in answer.text


async def test_a_secret_that_an_older_version_stored_is_not_shown_and_not_lost(client: Client) -> None:
    config = {"repository": f"https://ada:{SECRET}@code.birk.example/app.git"}
    async with workspace(client.pool, client.workspace_id) as db:
        old = await sources.create_source(db, client.workspace_id, "git", "old", config, trusted=True)
    path = f"/v1/sources/{ids.encode('source', old.id)}"
    await client.send("POST", f"{path}/runs")
    for asked in ("/v1/sources", path, f"{path}/runs", "/v1/jobs", "/v1/events"):
        assert SECRET not in (await client.send("GET", asked)).text
    shown = (await client.get(path))["config"]
    assert shown == {"repository": "https://***@code.birk.example/app.git"}
    assert (await client.send("PATCH", path, json={"name": "new"})).status_code == 200
    refused = await client.send("PATCH", path, json={"config": shown})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "secret_in_address")
    async with workspace(client.pool, client.workspace_id) as db:
        kept = await sources.get_source(db, client.workspace_id, old.id)
    assert kept
    assert kept.config == config


async def test_a_source_shows_how_it_was_last_read(client: Client) -> None:
    source = await create(client)
    assert source["last_run"] is None
    key = ids.decode("source", source["id"])
    assert key
    problem = jobs.Problem("disk_full", "The worker has no room.")
    async with workspace(client.pool, client.workspace_id) as db:
        job_id = await jobs.ask_sync(db, client.workspace_id, key)
        held = await jobs.claim(db, client.workspace_id, job_id, 30)
        assert held
        await runs.open_run(db, client.workspace_id, key, job_id)
        await jobs.postpone(db, held, problem, 60)
    (listed,) = (await client.get("/v1/sources"))["data"]
    last = listed["last_run"]
    assert (last["status"], last["error"]["code"]) == ("queued", "disk_full")
    assert last["next_attempt_at"] > last["started_at"]
    async with workspace(client.pool, client.workspace_id) as db:
        await jobs.run_now(db, client.workspace_id, f"sync:{key}")
    async with workspace(client.pool, client.workspace_id) as db:
        held = await jobs.claim(db, client.workspace_id, job_id, 30)
        assert held
        await jobs.fail(db, held, jobs.Problem("fatal", "There is no such file."))
        await runs.close_run(db, client.workspace_id, job_id)
    last = (await client.get(f"/v1/sources/{source['id']}"))["last_run"]
    assert (last["status"], last["error"]["detail"]) == ("failed", "There is no such file.")
    assert last["next_attempt_at"] is None


async def test_a_schedule_begins_at_once_moves_when_it_changes_and_ends(client: Client) -> None:
    schedule = {"every_minutes": 60, "quiet": {"start": "22:00", "end": "06:00", "time_zone": "Europe/Berlin"}}
    source = await create(client, schedule=schedule)
    assert source["schedule"] == schedule
    [job] = [job for job in await client.pages("/v1/jobs") if job["kind"] == "read_on_schedule"]
    assert job["status"] == "queued"
    changed = await client.send("PATCH", f"/v1/sources/{source['id']}", json={"schedule": {"every_minutes": 5}})
    assert changed.json()["schedule"] == {"every_minutes": 5, "quiet": None}
    ended = await client.send("PATCH", f"/v1/sources/{source['id']}", json={"schedule": None})
    assert ended.json()["schedule"] is None
    jobs_ = [job for job in await client.pages("/v1/jobs") if job["kind"] == "read_on_schedule"]
    assert [job["id"] for job in jobs_] == [job["id"]]


async def test_a_whole_number_may_have_a_point(client: Client) -> None:
    source = await create(client, schedule={"every_minutes": 60.0})
    assert source["schedule"] == {"every_minutes": 60, "quiet": None}


@pytest.mark.parametrize(
    ("schedule", "pointer"),
    [
        ({"every_minutes": 60.5}, "/schedule/every_minutes"),
        ({"every_minutes": 1}, "/schedule/every_minutes"),
        ({"every_minutes": 60, "quiet": {"start": "25:00", "end": "06:00"}}, "/schedule/quiet/start"),
        (
            {"every_minutes": 60, "quiet": {"start": "22:00", "end": "06:00", "time_zone": "Moon/Base"}},
            "/schedule/quiet/time_zone",
        ),
        (
            {"every_minutes": 60, "quiet": {"start": "22:00", "end": "06:00", "time_zone": "../../etc/passwd"}},
            "/schedule/quiet/time_zone",
        ),
        ({"minutes": 60}, "/schedule/minutes"),
        ("hourly", "/schedule"),
    ],
)
async def test_a_schedule_that_is_none_is_pointed_at(client: Client, schedule: Any, pointer: str) -> None:
    answer = await client.send("POST", "/v1/sources", json=NEW | {"schedule": schedule})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_what_would_go_with_a_source_is_told_before(client: Client) -> None:
    source = await create(client)
    path = f"/v1/sources/{source['id']}"
    empty = {"interactions": 0, "shared": 0, "claims": 0, "channels": 0, "identities": 0}
    assert await client.get(f"{path}/removal") == empty
    assert (await client.send("DELETE", f"{path}?facts=burn")).status_code == 400
    answer = await client.send("DELETE", f"{path}?facts=withdraw")
    assert (answer.status_code, answer.json()["kind"]) == (202, "remove_source")


async def test_settings_are_checked_before_a_source_is_created(client: Client, tmp_path: Path) -> None:
    """Whatever can never run is refused with its reason, and nothing is stored."""
    good, folder = tmp_path / "people.ndjson", tmp_path / "folder"
    good.write_text('{"type": "identity", "ref": {"network": "mail", "host": "", "key": "a"}, "kind": "person"}\n')
    folder.mkdir()
    answer = await check(client, "ndjson", path=str(good))
    assert (answer.status_code, answer.json()["reachable"]) == (200, True)
    assert answer.json()["detail"]
    for connector, config in (
        ("ndjson", {"path": str(tmp_path / "absent.ndjson")}),
        ("ndjson", {"path": str(folder)}),
        ("mail", {"path": str(tmp_path / "absent.mbox")}),
        ("git", {"repository": str(folder)}),
        ("git", {"repository": str(tmp_path / "absent")}),
    ):
        refused = await check(client, connector, **config)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_body"), refused.text
        assert refused.json()["errors"][0]["pointer"] == "/config"
        new = {"connector": connector, "name": "dead", "config": config}
        dead = await client.send("POST", "/v1/sources", json=new)
        assert dead.status_code == 422
        for field in ("code", "detail", "errors"):
            assert dead.json()[field] == refused.json()[field]
    assert (await check(client, "nobody")).json()["errors"][0]["pointer"] == "/connector"
    assert (await check(client, "ndjson")).json()["errors"][0]["pointer"] == "/config/path"
    limited = await client.token_for(["sources:write"])
    outside = await check(client, "ndjson", token=limited, path=str(good))
    assert outside.json()["errors"][0]["code"] == "forbidden_location"
    assert (await client.get("/v1/sources"))["data"] == []


async def check(client: Client, connector: str, token: str = "", **config: str) -> Any:
    body = {"connector": connector, "config": config}
    return await client.send("POST", "/v1/sources/checks", token=token, json=body)
