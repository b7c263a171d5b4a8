"""Notes, tags and fields: typed, listed, left alone by every source, and carried along by merges."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kith.projections.project import project
from kith.store.db import workspace
from tests.integration.api.conftest import Client
from tests.integration.api.test_batches import act, ref, write


async def people(client: Client) -> tuple[str, str]:
    """Return two people who have met."""
    told = [{"type": "identity", "ref": ref(key), "name": name, "seen_at": "2026-05-01T12:00:00Z"}
            for key, name in (("ada", "Ada Lovelace"), ("bo", "Bo Diddley"))]  # fmt: skip
    ids = [item["id"] for item in (await write(client, "identities", *told))["data"]]
    await write(client, "interactions", act("1"))
    async with workspace(client.pool, client.workspace_id) as db:
        await project(db, client.workspace_id, datetime.now(UTC))
    one, other = [(await client.get(f"/v1/identities/{id_}"))["person_id"] for id_ in ids]
    return one, other


async def organization(client: Client) -> str:
    made = (await client.send("POST", "/v1/organizations", json={"name": "Firm"})).json()["id"]
    assert isinstance(made, str)
    return made


async def attribute(client: Client, name: str, type_: str = "text", choices: tuple[str, ...] = ()) -> str:
    body = {"name": name, "type": type_, "choices": choices}
    answer = await client.send("POST", "/v1/attributes", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()["id"]
    assert isinstance(made, str)
    return made


async def set_to(client: Client, attribute_id: str, value: Any, status: int = 200, **about: str) -> Any:
    body = {"attribute_id": attribute_id, "value": value} | about
    answer = await client.send("POST", "/v1/attribute-values", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def values(client: Client, query: str) -> list[Any]:
    return [item["value"] for item in await client.pages(f"/v1/attribute-values?limit=1&{query}")]


async def test_a_note_is_about_a_person_a_relationship_or_an_organization(client: Client) -> None:
    ada, bo = await people(client)
    firm = await organization(client)
    abouts = [{"person_id": ada}, {"person_id": bo, "other_id": ada}, {"organization_id": firm}]
    for n, about in enumerate(abouts):
        made = await client.send("POST", "/v1/notes", json={"text": f"note {n}"} | about)
        assert made.status_code == 201, made.text
    queries = f"person={ada}", f"person={ada}&other={bo}", f"person={bo}&other={ada}", f"organization={firm}", "limit=1"
    found = [[note["text"] for note in await client.pages(f"/v1/notes?{query}")] for query in queries]
    assert found == [["note 0"], ["note 1"], ["note 1"], ["note 2"], ["note 2", "note 1", "note 0"]]
    changed = await client.send("PATCH", made.headers["location"], json={"text": "better"})
    assert changed.json()["text"] == "better"
    assert (await client.send("DELETE", made.headers["location"])).json()["text"] == "better"
    assert (await client.send("GET", made.headers["location"])).status_code == 404


async def test_merges_carry_notes_and_values_along_and_give_them_back(client: Client) -> None:
    ada, bo = await people(client)
    tier = await attribute(client, "tier")
    for who, text in ((ada, "of Ada"), (bo, "of Bo")):
        await client.send("POST", "/v1/notes", json={"text": text, "person_id": who})
        await set_to(client, tier, text, person_id=who)
    merge = (await client.send("POST", f"/v1/people/{ada}/merges", json={"person_id": bo})).json()
    one = merge["people"][0]["id"]
    assert [note["text"] for note in (await client.get(f"/v1/notes?person={one}"))["data"]] == ["of Bo", "of Ada"]
    assert await values(client, f"person={one}") == ["of Bo"], "what was set last"
    await write(
        client, "identities", {"type": "identity", "ref": ref("ada"), "name": "Ada", "seen_at": "2026-06-01T12:00:00Z"}
    )
    gone = await client.send("DELETE", f"/v1/people/{one}/merges/{merge['decision']['id']}")
    assert gone.status_code == 200, gone.text
    assert await values(client, f"person={ada}") == ["of Ada"]
    assert [note["text"] for note in (await client.get(f"/v1/notes?person={bo}"))["data"]] == ["of Bo"]


async def test_a_value_is_set_found_and_taken_away(client: Client) -> None:
    ada, bo = await people(client)
    vip, age = await attribute(client, "vip", "tag"), await attribute(client, "age", "number")
    await set_to(client, vip, True, person_id=ada)
    await set_to(client, vip, True, person_id=ada, other_id=bo)
    await set_to(client, age, 36, person_id=ada)
    assert (await set_to(client, age, 37, person_id=ada))["value"] == 37
    found = (await client.get(f"/v1/attribute-values?attribute={vip}&value=true"))["data"]
    assert [item["person_id"] for item in found if item["other_id"] is None] == [ada]
    assert await values(client, f"person={ada}") == [True, 37]
    assert await values(client, f"person={bo}&other={ada}") == [True]
    assert (await set_to(client, vip, None, person_id=ada))["value"] is None
    assert await values(client, f"person={ada}") == [37]
    await client.send("DELETE", f"/v1/attributes/{age}")
    assert await values(client, f"person={ada}") == []


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("tag", [True], [False, "x", 1]),
        ("text", ["", "x"], [1, True]),
        ("number", [0, -1.5], ["1", True]),
        ("boolean", [True, False], ["true", 1]),
        ("date", ["2026-05-01"], ["2026-02-30", "soon", 1]),
        ("choice", ["gold"], ["tin", True]),
    ],
)
async def test_a_value_fits_its_type(client: Client, type_: str, good: list[Any], bad: list[Any]) -> None:
    firm = await organization(client)
    made = await attribute(client, "tier", type_, ("gold", "silver") if type_ == "choice" else ())
    for value in good:
        assert (await set_to(client, made, value, organization_id=firm))["value"] == value
    for value in bad:
        assert (await set_to(client, made, value, 422, organization_id=firm))["errors"][0]["pointer"] == "/value"
    assert await values(client, f"organization={firm}") == good[-1:]


async def test_whatever_is_about_nothing_is_refused(client: Client) -> None:
    ada, _ = await people(client)
    firm = await organization(client)
    abouts = [
        {}, {"person_id": ada, "organization_id": firm}, {"person_id": ada, "other_id": ada},
        {"organization_id": firm, "other_id": ada}, {"other_id": ada}, {"person_id": f"per_{'0' * 26}"},
        {"organization_id": f"org_{'0' * 26}"}, {"person_id": ada, "other_id": f"per_{'0' * 26}"},
    ]  # fmt: skip
    for about in abouts:
        answer = await client.send("POST", "/v1/notes", json={"text": "x"} | about)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body"), about
    assert (await client.send("GET", f"/v1/notes?other={ada}")).status_code == 400
    for name, type_, choices, status in (("a", "choice", [], 422), ("b", "text", ["x"], 422), ("A", "text", [], 422)):
        answer = await client.send("POST", "/v1/attributes", json={"name": name, "type": type_, "choices": choices})
        assert answer.status_code == status
    await attribute(client, "tier")
    again = await client.send("POST", "/v1/attributes", json={"name": "tier", "type": "text"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_people_are_found_by_tag_and_by_community(client: Client) -> None:
    ada, bo = await people(client)
    tag = await attribute(client, "speaker", "tag")
    await set_to(client, tag, True, person_id=ada)
    await set_to(client, tag, True, person_id=bo, other_id=ada)
    declared = await client.send("POST", "/v1/communities", json={"name": "Speakers", "people": [bo]})
    assert declared.status_code == 201, declared.text
    for query, found in (
        (f"attribute={tag}", [ada]), (f"community={declared.json()['id']}", [bo]), (f"attribute={tag}&q=love", [ada]),
        (f"attribute={tag}&q=bo", []), (f"attribute={tag}&community={declared.json()['id']}", []),
    ):  # fmt: skip
        assert [each["id"] for each in await client.pages(f"/v1/people?{query}")] == found, query
    less = await client.token_for(["people:read"])
    for query in (f"attribute={tag}", f"community={declared.json()['id']}"):
        answer = await client.send("GET", f"/v1/people?{query}", token=less)
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
