import asyncio
from uuid import UUID

import pytest

from kith.domain import ids
from kith.store import jobs
from kith.store.db import workspace
from tests.integration.api.conftest import Client


async def enqueue(client: Client, kind: jobs.Kind) -> UUID:
    await asyncio.sleep(0.002)  # ids sort by the millisecond of their creation
    async with workspace(client.pool, client.workspace_id) as db:
        job_id, _ = await jobs.enqueue(db, client.workspace_id, kind, {})
    return job_id


async def test_no_token_no_jobs(client: Client) -> None:
    assert (await client.send("GET", "/v1/jobs", token=None)).status_code == 401


async def test_without_the_scope_no_jobs(client: Client) -> None:
    token = await client.token_for(["jobs:write"])
    assert (await client.send("GET", "/v1/jobs", token=token)).status_code == 403


async def test_jobs_are_listed_newest_first(client: Client) -> None:
    made = [ids.encode("job", await enqueue(client, kind)) for kind in ("project", "rebuild", "project")]
    assert [job["id"] for job in await client.pages("/v1/jobs?limit=2")] == made[::-1]
    assert [job["id"] for job in (await client.get("/v1/jobs?kind=rebuild"))["data"]] == [made[1]]
    assert (await client.get("/v1/jobs?status=failed,canceled"))["data"] == []


async def test_an_open_job_says_when_to_ask_again(client: Client) -> None:
    job_id = await enqueue(client, "rebuild")
    path = f"/v1/jobs/{ids.encode('job', job_id)}"
    assert (await client.send("GET", path)).headers["retry-after"] == "1"
    async with workspace(client.pool, client.workspace_id) as db:
        claimed = await jobs.claim(db, client.workspace_id, job_id, 60)
        assert claimed
        await jobs.fail(db, claimed, jobs.Problem("fatal", "There is no such repository."))
    answer = await client.send("GET", path)
    assert "retry-after" not in answer.headers
    assert answer.json()["error"] == {"code": "fatal", "detail": "There is no such repository."}


async def test_a_waiting_job_is_canceled_at_once(client: Client) -> None:
    path = f"/v1/jobs/{ids.encode('job', await enqueue(client, 'rebuild'))}"
    answer = await client.send("POST", f"{path}/cancellation")
    assert (answer.status_code, answer.json()["status"]) == (202, "canceled")
    again = await client.send("POST", f"{path}/cancellation")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_a_running_job_is_canceled_at_its_next_step(client: Client) -> None:
    job_id = await enqueue(client, "rebuild")
    async with workspace(client.pool, client.workspace_id) as db:
        claimed = await jobs.claim(db, client.workspace_id, job_id, 60)
    assert claimed
    answer = await client.send("POST", f"/v1/jobs/{ids.encode('job', job_id)}/cancellation")
    assert (answer.json()["status"], answer.json()["cancel"]) == ("running", True)
    with pytest.raises(jobs.Canceled):
        async with workspace(client.pool, client.workspace_id) as db:
            await jobs.advance(db, claimed, 1, 2, "pairs")
