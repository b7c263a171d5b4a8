"""Exports by API: a file of what the caller may see, sealed while it waits, that any kith reads again."""

import csv
import gzip
import hashlib
import io
import json
from typing import Any

import pytest
import zstandard

from kith.domain.scopes import SCOPES
from kith.projections import statements
from kith.store.db import workspace
from tests.integration.api.conftest import Client
from tests.integration.api.test_imports import Office
from tests.integration.api.test_imports import office as office_fixture
from tests.integration.store.facts import Store

office = office_fixture


def unpacked(content: bytes, packing: str) -> bytes:
    if packing == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(content)
    return gzip.decompress(content) if packing == "gzip" else content


ALL = set(SCOPES)


def act(key: str, who: str, title: str, visibility: str = "public") -> dict[str, Any]:
    return {
        "type": "interaction", "ref": {"network": "crm", "key": key, "kind": "message"},
        "actor": {"network": "mail", "key": who}, "occurred_at": "2026-05-01T12:00:00Z", "title": title,
        "targets": [{"identity": {"network": "crm", "key": "bo"}}], "text": "Grüße, 世界", "visibility": visibility,
    }  # fmt: skip


RECORDS: list[dict[str, Any]] = [
    {
        "type": "identity",
        "ref": {"network": "mail", "key": "ada@example.org"},
        "name": "=cmd|' /C calc'",
        "kind": "person",
    },
    act("1", "ada@example.org", "=HYPERLINK(1)"),
    act("2", "cy@example.org", "Secret", "private"),
]
FILE = b"".join(json.dumps(record).encode() + b"\n" for record in RECORDS)


async def exported(office: Office, token: str = "", **asked: Any) -> tuple[dict[str, Any], bytes]:
    """Return an export and its file, unpacked."""
    client = office.client
    answer = await client.send("POST", "/v1/exports", json=asked, token=token)
    assert answer.status_code == 202, answer.text
    await office.run(answer.json()["job_id"])
    found = (await client.send("GET", answer.headers["location"], token=token)).json()
    assert found["status"] == "succeeded", found
    got = await client.send("GET", f"{answer.headers['location']}/content", token=token)
    assert got.status_code == 200
    assert (hashlib.sha256(got.content).hexdigest(), len(got.content)) == (found["sha256"], found["size"])
    return found, unpacked(got.content, found["packing"])


@pytest.fixture
async def filled(office: Office) -> Office:
    await office.ask(FILE)
    store = await Store.open(office.client.pool, office.client.workspace_id)
    await store.project()
    return office


@pytest.mark.parametrize("packing", ["none", "gzip", "zstd"])
async def test_an_export_can_be_imported_and_is_sealed_while_it_waits(filled: Office, packing: str) -> None:
    found, content = await exported(filled, packing=packing)
    assert found["records"] == len(content.splitlines())
    again = await filled.ask(content, "Again")
    assert (again["added"], again["changed"], again["refused"], again["records"]) == (0, 0, 0, found["records"])
    async with workspace(filled.client.pool, filled.client.workspace_id) as db:
        assert not await db.fetchval("SELECT bool_or(position('HYPERLINK'::bytea IN sealed) > 0) FROM export_pieces")
    (told,) = (await filled.client.get("/v1/audit?operation=createExport"))["data"]
    assert told["object"] == found["id"]


async def test_what_the_caller_may_not_see_is_absent(filled: Office) -> None:
    client: Client = filled.client
    blind = await client.token_for(ALL - {"people:contact:read", "interactions:text:read", "sources:private:read"})
    found, content = await exported(filled, blind, packing="none")
    assert (found["contact"], found["texts"], found["private"]) == (False, False, False)
    for word in (b"ada@example.org", b"HYPERLINK", "世界".encode(), b"Secret"):
        assert word not in content
    told = [json.loads(line) for line in content.splitlines()]
    (seen,) = [record for record in told if record["type"] == "interaction"]
    assert seen["actor"]["key"].startswith("idn_")
    whole, _ = await exported(filled)
    refused = await client.send("GET", f"/v1/exports/{whole['id']}/content", token=blind)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    few = await client.token_for(["exports:write", "exports:read"])
    assert (await client.send("POST", "/v1/exports", json={}, token=few)).status_code == 403


async def test_a_table_has_no_formula_and_a_graph_has_people_and_ties(filled: Office) -> None:
    _, content = await exported(filled, format="csv", packing="none")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert {row["ref.key"]: row["title"] for row in rows} == {"1": "'=HYPERLINK(1)", "2": "Secret"}
    _, content = await exported(filled, format="csv", record="identity", packing="none")
    assert "'=cmd" in content.decode()
    assert {row["ref.network"] for row in csv.DictReader(io.StringIO(content.decode()))} == {"crm", "mail"}
    _, content = await exported(filled, format="graphml", packing="none")
    assert (content.count(b"<node "), content.count(b"<edge ")) == (3, 2)
    for wrong in ({"format": "csv", "record": "person"}, {"record": "identity"}):
        assert (await filled.client.send("POST", "/v1/exports", json=wrong)).status_code == 422


async def test_an_export_that_is_deleted_or_expired_is_gone(filled: Office) -> None:
    client = filled.client
    waiting = (await client.send("POST", "/v1/exports", json={})).json()
    early = await client.send("GET", f"/v1/exports/{waiting['id']}/content")
    assert (early.status_code, early.json()["code"]) == (409, "conflict")
    assert (await client.send("DELETE", f"/v1/exports/{waiting['id']}")).status_code == 200
    await filled.run(waiting["job_id"])
    found, _ = await exported(filled)
    async with workspace(client.pool, client.workspace_id) as db:
        await db.execute("UPDATE exports SET expires_at = now()")
    assert (await client.send("GET", f"/v1/exports/{found['id']}/content")).status_code == 404
    assert (await client.get("/v1/exports"))["data"] == []


async def test_what_people_said_is_exported_and_imported_with_all_scopes_alone(filled: Office) -> None:
    client = filled.client
    (person, *_) = (await client.get("/v1/people"))["data"]
    made = await client.send("POST", "/v1/notes", json={"person_id": person["id"], "text": "Likes lanterns."})
    assert made.status_code == 201, made.text
    found, content = await exported(filled, packing="none", statements=True)
    notes = [line for line in map(json.loads, content.splitlines()) if line["type"] == "note"]
    assert (found["statements"], [note["text"] for note in notes]) == (True, ["Likes lanterns."])
    few = await client.token_for(ALL - {"notes:read"})
    for refused in (
        await client.send("POST", "/v1/exports", json={"statements": True}, token=few),
        await client.send("GET", f"/v1/exports/{found['id']}/content", token=few),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    wrong = await client.send("POST", "/v1/exports", json={"format": "csv", "statements": True})
    assert wrong.json()["errors"][0]["pointer"] == "/statements"
    assert (await client.send("DELETE", f"/v1/notes/{made.json()['id']}")).status_code == 200
    again = await filled.ask(content, "Facts alone")
    said = sum(line["type"] in statements.KINDS for line in map(json.loads, content.splitlines()))
    assert again["refused"] == said > 0
    again = await filled.ask(content, "All of it", statements=True)
    assert again["refused"] == 0
    (note,) = (await client.get("/v1/notes"))["data"]
    assert (note["id"], note["text"]) == (made.json()["id"], "Likes lanterns.")
    blind = await client.token_for(ALL - {"privacy:write"})
    body = {"upload_id": await filled.upload(content), "name": "N", "format": "ndjson", "statements": True}
    refused = await client.send("POST", "/v1/imports", json=body, token=blind)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
