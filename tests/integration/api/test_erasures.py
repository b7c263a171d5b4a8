"""A person who is erased is gone from what clients see, and clients are told."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kith.domain import ids
from kith.projections import erasures as projections
from kith.store import erasures
from kith.store.db import workspace
from tests.integration.api.conftest import Client
from tests.integration.api.test_batches import act, ref, write
from tests.integration.api.test_notes import people


async def hide(client: Client, erasure_id: str) -> None:
    """Do what the job does first."""
    id_ = ids.decode("erasure", erasure_id)
    assert id_
    async with workspace(client.pool, client.workspace_id) as db:
        erasure = await erasures.get_erasure(db, client.workspace_id, id_)
        assert erasure

        async def note(_: Any) -> None:
            return None

        counts = await projections.hide(db, client.workspace_id, erasure, datetime.now(UTC), note)
        await erasures.set_begun(db, client.workspace_id, id_, counts)


async def test_whoever_was_erased_is_gone_and_clients_are_told(client: Client) -> None:
    ada, bo = await people(client)
    await client.send("POST", "/v1/notes", json={"text": "Ada knows.", "person_id": ada})
    identity = (await client.get(f"/v1/people/{ada}/identities"))["data"][0]["identity"]["id"]
    before = (await client.get("/v1/events"))["data"]
    asked = await client.send("POST", f"/v1/people/{ada}/erasures", headers={"Idempotency-Key": "1"})
    assert (asked.status_code, asked.json()["status"]) == (202, "queued")
    again = await client.send("POST", f"/v1/people/{ada}/erasures")
    assert again.json()["id"] == asked.json()["id"]
    await hide(client, asked.json()["id"])
    for path in (
        f"/v1/people/{ada}",
        f"/v1/people/{ada}/timeline",
        f"/v1/relationships/{ada}/{bo}",
        f"/v1/identities/{identity}",
    ):
        answer = await client.send("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (410, "erased")
    assert (await client.send("POST", f"/v1/people/{ada}/erasures")).status_code == 410
    assert [person["id"] for person in (await client.get("/v1/people"))["data"]] == [bo]
    for path in ("/v1/notes", "/v1/relationships", "/v1/people?q=lovelace", "/v1/interactions?q=lovelace"):
        assert (await client.get(path))["data"] == []
    told = (await client.get("/v1/events"))["data"]
    assert [event["type"] for event in told[: len(told) - len(before)]] == ["person.erased"]
    assert told[0]["data"] == {"person_id": ada, "retired_ids": [], "identity_ids": [identity]}
    shown = await client.get(asked.headers["location"])
    assert (shown["status"], shown["counts"]["identities"], shown["person_id"]) == ("unlisted", 1, ada)
    assert [entry["object"] for entry in (await client.get("/v1/audit?operation=erasePerson"))["data"]] == [ada, ada]


@pytest.mark.parametrize("towards", [False, True])
async def test_an_app_that_tells_of_her_again_brings_nobody_back(client: Client, *, towards: bool) -> None:
    ada, bo = await people(client)
    gone, left = (bo, ada) if towards else (ada, bo)
    asked = await client.send("POST", f"/v1/people/{gone}/erasures")
    await hide(client, asked.json()["id"])
    told = [{"type": "identity", "ref": ref(key), "name": "Somebody"} for key in ("ada", "bo")]
    answered = (await write(client, "identities", *told))["data"]
    assert sorted(item["outcome"] for item in answered) == ["refused", "unchanged"]
    (answer,) = (await write(client, "interactions", act("2", text="Ada Lovelace and Bo Diddley met.")))["data"]
    assert answer["outcome"] == ("created" if towards else "refused")
    assert [person["id"] for person in (await client.get("/v1/people"))["data"]] == [left]
    found = [(item["actor"]["person_id"], item["targets"]) for item in (await client.get("/v1/interactions"))["data"]]
    assert found == ([(left, [])] * 2 if towards else [])
