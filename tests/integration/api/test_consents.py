"""A consent stays with the identities of a person, through joins, until it is withdrawn, and is kept then, too."""

from tests.integration.api.conftest import Client
from tests.integration.api.test_notes import people


async def test_a_consent_is_recorded_found_and_withdrawn(client: Client) -> None:
    ada, bo = await people(client)
    asked = {"purpose": "Letters", "evidence": "By mail.", "given_at": "2026-05-01T12:00:00Z"}
    made = await client.send("POST", f"/v1/people/{ada}/consents", json=asked)
    assert made.status_code == 201, made.text
    consent = made.json()
    assert {name: consent[name] for name in asked} == asked | {"given_at": consent["given_at"]}
    assert (consent["basis"], consent["person_ids"], consent["withdrawn_at"]) == ("consent", [ada], None)
    joined = await client.send("POST", f"/v1/people/{bo}/merges", json={"person_id": ada})
    living = joined.json()["people"][0]["id"]
    path = f"/v1/consents/{consent['id']}"
    assert (await client.get(path))["person_ids"] == [living]
    assert [row["id"] for row in (await client.get(f"/v1/consents?person={living}&standing=true"))["data"]] == [
        consent["id"]
    ]
    refused = await client.send("DELETE", path, headers={"If-Match": '"7"'})
    assert refused.status_code == 412
    ended = await client.send("DELETE", path, headers={"If-Match": '"1"'})
    assert ended.json()["withdrawn_by"] == consent["author"]
    again = await client.send("DELETE", path)
    assert again.json() == ended.json()
    assert [row["id"] for row in (await client.get("/v1/consents?standing=false"))["data"]] == [consent["id"]]
    told = [entry["operation"] for entry in (await client.get("/v1/audit?operation=withdrawConsent"))["data"]]
    assert told
