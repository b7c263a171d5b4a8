"""Resolution as its users meet it: found, explained, decided on, and taken back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from kith.connectors import Record, Ref
from kith.domain.ids import encode
from kith.domain.scopes import SCOPES
from kith.projections import project
from kith.store import projection, resolution
from kith.store.db import workspace
from kith.store.sources import create_source
from kith.store.workspaces import get_workspace
from tests.integration.api.conftest import Client
from tests.integration.resolution.crowd import NOON, Crowd, act, mail
from tests.paths import shared

ADA, BO = ("ada@engines.org", "Ada Lovelace"), ("countess@home.net", "Ada Lovelace")


@dataclass
class Village:
    """A workspace that a client asks and a source fills."""

    client: Client
    crowd: Crowd

    def person(self, key: str) -> str:
        return encode("person", self.crowd.id(key))

    def identity(self, key: str) -> str:
        return encode("identity", self.crowd.id(key))

    async def people(self) -> list[Any]:
        found: list[Any] = (await self.client.get("/v1/people"))["data"]
        return found

    async def post(self, path: str, body: Any, status: int, **options: Any) -> Any:
        return await self.do("POST", path, status, json=body, **options)

    async def do(self, method: str, path: str, status: int, **options: Any) -> Any:
        answer = await self.client.send(method, path, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def ask_humans(self) -> None:
        """Leave to humans what rules would join."""
        async with workspace(self.client.pool, self.client.workspace_id) as db:
            await resolution.set_wish(db, self.client.workspace_id, 1.0, 0.05)
            await project.settle_all(db, self.client.workspace_id, NOON)

    async def suggestions(self, query: str = "") -> list[Any]:
        found: list[Any] = (await self.client.get(f"/v1/identity-suggestions{query}"))["data"]
        return found

    async def statuses(self) -> list[Any]:
        """Return what became of each suggestion, and by which decision."""
        every = await self.suggestions("?status=open,accepted,rejected,postponed,joined")
        return sorted((item["id"], item["status"], item["decision_id"]) for item in every)


@pytest.fixture
async def village(client: Client) -> Village:
    async with workspace(client.pool, client.workspace_id) as db:
        home = await get_workspace(db, client.workspace_id)
        source = await create_source(db, client.workspace_id, "ndjson", "village", {"path": "/nowhere"})
    assert home
    return Village(client, Crowd(client.pool, client.workspace_id, source.id, home.id_key))


async def test_a_wrong_join_is_found_explained_and_undone(village: Village) -> None:
    """The walk-through of docs/identities.md."""
    await village.crowd.tell([mail(*ADA), mail(*BO)])
    (ada,) = await village.people()
    listed = (await village.client.get(f"/v1/people/{ada['id']}/identities"))["data"]
    assert [len(item["decisions"]) for item in listed] == [0, 1]
    (why,) = listed[1]["decisions"]
    assert why["author"].startswith("rule:matching/")
    parts = why["evidence"]["contributions"]
    assert "same_name" in {part["feature"] for part in parts}
    assert all(part["meaning"] for part in parts)
    assert sum(part["log_odds"] for part in parts) == pytest.approx(why["evidence"]["log_odds"])

    alone = await village.client.get(f"/v1/identities/{listed[1]['identity']['id']}")
    assert alone["decisions"] == [why]

    undone = await village.do("DELETE", f"/v1/people/{ada['id']}/merges/{why['id']}", 200)
    assert undone["decision"]["verdict"] == "different"
    assert undone["settled"]
    assert {person["id"] for person in undone["people"]} == {village.person(ADA[0]), village.person(BO[0])}
    assert {person["id"] for person in await village.people()} == {village.person(ADA[0]), village.person(BO[0])}

    await village.crowd.tell([mail(*ADA, days=0), mail(*BO, days=0)])
    assert len(await village.people()) == 2
    assert await village.suggestions() == []
    types = [event["type"] for event in (await village.client.get("/v1/events"))["data"]]
    assert types == ["person.split"]


async def test_people_who_are_merged_keep_both_ids_and_an_undone_merge_leaves_no_trace(village: Village) -> None:
    await village.crowd.tell([mail("ada@engines.org", "Ada Lovelace"), mail("kim@firm.net", "Kim Novak")])
    await village.crowd.tell([act(n, Ref("mail", "ada@engines.org"), [Ref("mail", "kim@firm.net")]) for n in range(9)])
    before = sorted(await village.people(), key=lambda person: person["id"])
    one, other = (person["id"] for person in before)
    merged = await village.post(f"/v1/people/{one}/merges", {"person_id": other}, 201)
    assert [person["id"] for person in merged["people"]] == [one]
    assert (await village.people())[0]["identity_count"] == 2
    assert (await village.client.get("/v1/relationships"))["data"] == []
    for path in ("", "/identities", "/merges", "/affiliations", "/timeline?limit=3", "/relationships"):
        answer = await village.client.send("GET", f"/v1/people/{other}{path}")
        assert (answer.status_code, answer.headers["location"]) == (308, f"/v1/people/{one}{path}")
    for method, path, body in (("PATCH", "", {"name": "X"}), ("POST", "/merges", {"person_id": one})):
        answer = await village.client.send(method, f"/v1/people/{other}{path}", json=body)
        assert answer.status_code == 308
    listed = (await village.client.get(f"/v1/people/{one}/merges"))["data"]
    assert [item["id"] for item in listed] == [merged["decision"]["id"]]

    refused = await village.post(f"/v1/people/{one}/merges", {"person_id": other}, 409)
    assert refused["errors"][0]["code"] == "same_person"
    undone = await village.do("DELETE", f"/v1/people/{one}/merges/{listed[0]['id']}", 200)
    assert (undone["decision"]["verdict"], undone["decision"]["retracts"]) == ("retract", listed[0]["id"])
    assert sorted(await village.people(), key=lambda person: person["id"]) == before
    assert (await village.client.get("/v1/relationships"))["data"]
    await village.do("DELETE", f"/v1/people/{one}/merges/{listed[0]['id']}", 404)


async def test_a_merge_while_pages_are_worked_in_shows_as_soon_as_they_are(village: Village) -> None:
    await village.crowd.tell([mail("ada@engines.org"), mail("kim@firm.net")])
    one, other = sorted((village.person("ada@engines.org"), village.person("kim@firm.net")))
    async with workspace(village.client.pool, village.client.workspace_id) as db:
        await projection.lock(db, village.client.workspace_id)
        merged = await village.post(f"/v1/people/{one}/merges", {"person_id": other}, 201)
        assert not merged["settled"]
    assert (await village.client.get("/v1/jobs?kind=project"))["data"]
    await village.crowd.project()
    assert [person["id"] for person in await village.people()] == [one]


async def test_a_merge_names_another_person_that_exists(village: Village) -> None:
    await village.crowd.tell([mail(*ADA)])
    here = village.person(ADA[0])
    nobody = "per_" + "0" * 26
    for body in ({"person_id": nobody}, {"person_id": here.replace("per_", "idn_")}, {}):
        refused = await village.post(f"/v1/people/{here}/merges", body, 422)
        assert refused["errors"][0]["pointer"] == "/person_id"
    await village.post(f"/v1/people/{nobody}/merges", {"person_id": here}, 404)


async def test_a_merge_sent_twice_with_one_key_is_made_once(village: Village) -> None:
    await village.crowd.tell([mail("ada@engines.org"), mail("kim@firm.net")])
    one, other = sorted((village.person("ada@engines.org"), village.person("kim@firm.net")))
    sent = [
        await village.post(f"/v1/people/{one}/merges", {"person_id": other}, 201, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]
    assert sent[0] == sent[1]
    assert len((await village.client.get("/v1/decisions"))["data"]) == 1


async def test_a_suggestion_is_accepted(village: Village) -> None:
    await village.ask_humans()
    await village.crowd.tell([mail(*ADA), mail(*BO)])
    (found,) = await village.suggestions()
    assert found["status"] == "open"
    assert {ref["person_id"] for ref in found["identities"]} == {village.person(ADA[0]), village.person(BO[0])}
    assert sum(part["log_odds"] for part in found["contributions"]) == pytest.approx(found["log_odds"])
    path = f"/v1/identity-suggestions/{found['id']}"
    assert (await village.client.get(path)) == found
    accepted = await village.post(f"{path}/decisions", {"verdict": "accept"}, 200)
    assert accepted["status"] == "accepted"
    assert len({ref["person_id"] for ref in accepted["identities"]}) == 1
    (person,) = await village.people()
    decision = await village.client.get(f"/v1/decisions/{accepted['decision_id']}")
    assert (decision["verdict"], decision["evidence"]["log_odds"]) == ("same", found["log_odds"])
    assert await village.suggestions() == []
    await village.post(f"{path}/decisions", {"verdict": "reject"}, 409)

    await village.do("DELETE", f"/v1/people/{person['id']}/merges/{decision['id']}", 200)
    assert len(await village.people()) == 2
    assert [item["id"] for item in await village.suggestions()] == [found["id"]]


async def test_a_rejected_suggestion_stays_rejected(village: Village) -> None:
    await village.ask_humans()
    await village.crowd.tell([mail(*ADA), mail(*BO)])
    (found,) = await village.suggestions()
    path = f"/v1/identity-suggestions/{found['id']}/decisions"
    assert (await village.post(path, {"verdict": "reject"}, 200))["status"] == "rejected"
    await village.crowd.tell([mail(*ADA, days=0), mail("ada@third.com", "Ada Lovelace")])
    assert village.identity(ADA[0]) in str(await village.suggestions())
    assert found["id"] not in {item["id"] for item in await village.suggestions()}
    assert [item["id"] for item in await village.suggestions("?status=rejected")] == [found["id"]]


async def test_what_nothing_suggests_any_longer_is_withdrawn_when_it_is_reopened(village: Village) -> None:
    await village.ask_humans()
    await village.crowd.tell([mail(*ADA), mail(*BO)])
    (found,) = await village.suggestions()
    path = f"/v1/identity-suggestions/{found['id']}"
    await village.post(f"{path}/decisions", {"verdict": "reject"}, 200)
    async with workspace(village.client.pool, village.client.workspace_id) as db:
        await db.execute(
            "UPDATE identities SET name = 'Zacharias Quint' WHERE workspace_id = $1 AND address = $2",
            village.client.workspace_id, BO[0],
        )  # fmt: skip
    answer = await village.post(f"{path}/decisions", {"verdict": "reopen"}, 200)
    assert (answer["status"], answer.get("decision_id")) == ("withdrawn", None)
    assert await village.suggestions() == []


async def test_a_suggestion_is_postponed_until_a_time_that_lies_ahead(village: Village) -> None:
    await village.ask_humans()
    await village.crowd.tell([mail(*ADA), mail(*BO)])
    (found,) = await village.suggestions()
    path = f"/v1/identity-suggestions/{found['id']}/decisions"
    past, ahead = ((datetime.now(UTC) + timedelta(days=days)).isoformat() for days in (-1, 10))
    assert (await village.post(path, {"verdict": "postpone", "until": past}, 422))["errors"][0]["pointer"] == "/until"
    assert (await village.post(path, {"verdict": "accept", "until": ahead}, 422))["errors"][0]["pointer"] == "/until"
    assert (await village.post(path, {"verdict": "postpone", "until": ahead}, 200))["status"] == "postponed"
    assert await village.suggestions() == []
    assert len(await village.suggestions("?status=postponed")) == 1
    assert (await village.post(path, {"verdict": "postpone"}, 200))["postponed_until"]
    assert (await village.post(path, {"verdict": "accept"}, 200))["status"] == "accepted"


async def test_suggestions_are_listed_the_likeliest_first_and_filtered(village: Village) -> None:
    await village.ask_humans()
    names = ("Ada Lovelace", "Ada B. Lovelace", "Kim Novak", "Grace Hopper", "Grace M. Hopper")
    await village.crowd.tell([mail(f"a{n}@place{n}.net", name) for n, name in enumerate(names * 2)])
    found = await village.client.pages("/v1/identity-suggestions?limit=2")
    likely = [item["probability"] for item in found]
    assert len(found) > 3
    assert likely == sorted(likely, reverse=True)
    middle = likely[len(likely) // 2]
    assert all(item["probability"] >= middle for item in await village.suggestions(f"?probability[gte]={middle}"))
    assert all(item["probability"] < middle for item in await village.suggestions(f"?probability[lt]={middle}"))
    kim = village.identity("a2@place2.net")
    assert all(kim in str(item) for item in await village.suggestions(f"?identity={kim}"))
    assert await village.suggestions(f"?identity={kim}") == await village.suggestions(
        f"?person={kim.replace('idn_', 'per_')}"
    )


async def test_many_suggestions_are_decided_at_once_or_not_at_all(village: Village) -> None:
    await village.ask_humans()
    await village.crowd.tell(
        [mail(f"{n}@place{n}.net", name) for n, name in enumerate(["Ada Lovelace", "Kim Novak"] * 2)]
    )
    one, other = (item["id"] for item in await village.suggestions())
    path = "/v1/identity-suggestions/decisions"
    twice = [{"suggestion_id": one, "verdict": "accept"}] * 2
    assert (await village.post(path, {"decisions": twice}, 422))["errors"][0]["pointer"].startswith("/decisions/1")
    unknown = [{"suggestion_id": one, "verdict": "accept"}, {"suggestion_id": "sug_" + "0" * 26, "verdict": "reject"}]
    assert (await village.post(path, {"decisions": unknown}, 422))["errors"][0]["pointer"].startswith("/decisions/1")
    await village.post(path, {"decisions": []}, 422)
    await village.post(path, {"decisions": [{"suggestion_id": one, "verdict": "accept"}] * 501}, 422)
    assert len(await village.suggestions()) == 2
    both = [{"suggestion_id": one, "verdict": "accept"}, {"suggestion_id": other, "verdict": "reject"}]
    done = await village.post(path, {"decisions": both}, 200)
    assert [(item["id"], item["status"]) for item in done["data"]] == [(one, "accepted"), (other, "rejected")]
    assert len(await village.people()) == 3


async def test_thresholds_are_previewed_then_set_with_a_job_that_applies_them(village: Village) -> None:
    await village.crowd.tell([mail(*ADA), mail(*BO), mail("kim@firm.net", "Kim Novak")])
    answer = await village.client.send("GET", "/v1/resolution")
    present = answer.json()
    assert present["updated_at"] is None
    strict = await village.post("/v1/resolution/previews", {"join_above": 1.0}, 200)
    assert strict["separated"]["count"] == 1
    assert strict["joined"]["count"] == 0
    assert strict["complete"]
    assert len(strict["separated"]["examples"][0]["identities"]) == 2
    assert not (await village.post("/v1/resolution/previews", {"suggest_above": 0.001}, 200))["complete"]
    crossed = {"join_above": 0.2, "suggest_above": 0.5}
    assert (await village.do("PATCH", "/v1/resolution", 422, json=crossed))["errors"][0]["pointer"] == "/suggest_above"
    changed = await village.do(
        "PATCH", "/v1/resolution", 200, json={"join_above": 1.0}, headers={"If-Match": answer.headers["etag"]}
    )
    assert (changed["join_above"], changed["suggest_above"]) == (1.0, present["suggest_above"])
    assert (await village.client.get(f"/v1/jobs/{changed['job_id']}"))["kind"] == "resolve"
    await village.do("PATCH", "/v1/resolution", 412, json={}, headers={"If-Match": answer.headers["etag"]})


async def test_what_a_human_states_of_two_identities_goes_before_every_rule(village: Village) -> None:
    await village.crowd.tell([mail(*ADA), mail(*BO)])
    one, other = village.identity(ADA[0]), village.identity(BO[0])
    body = {"verdict": "different", "one_id": one, "other_id": other}
    made = await village.post("/v1/decisions", body, 201)
    assert made["author"].startswith("member:tok_")
    assert len(await village.people()) == 2
    assert (await village.post("/v1/decisions", {**body, "other_id": one}, 422))["errors"][0]["pointer"] == "/other_id"
    nobody = {**body, "one_id": "idn_" + "0" * 26}
    assert (await village.post("/v1/decisions", nobody, 422))["errors"][0]["pointer"] == "/one_id"
    by_rules = (await village.client.get("/v1/decisions?author=rule"))["data"]
    assert {item["verdict"] for item in by_rules} == {"same", "retract"}
    assert [item["id"] for item in (await village.client.get("/v1/decisions?verdict=different"))["data"]] == [
        made["id"]
    ]
    assert len(await village.client.pages("/v1/decisions?limit=1")) == 3
    assert (await village.client.get(f"/v1/decisions?person={village.person(ADA[0])}"))["data"]


async def test_a_correction_is_never_overwritten_and_each_field_says_who_gave_it(village: Village) -> None:
    await village.crowd.tell([mail("ada@engines.org", "Ada Byron", url="https://old.example")])
    path = f"/v1/people/{village.person('ada@engines.org')}"
    changed = await village.do("PATCH", path, 200, json={"name": "Ada Lovelace", "kind": "bot"})
    assert (changed["name"], changed["kind"]) == ("Ada Lovelace", "bot")
    await village.crowd.tell([mail("ada@engines.org", "Ada King", days=0)])
    shown = await village.client.get(path)
    given = {field["field"]: field for field in shown["fields"]}
    assert (shown["name"], given["name"]["given_by"]) == ("Ada Lovelace", "correction")
    assert given["name"]["author"].startswith("member:tok_")
    assert (given["address"]["value"], given["address"]["given_by"]) == ("ada@engines.org", "newest")
    assert (await village.people())[0]["name"] == "Ada Lovelace"
    back = await village.do("PATCH", path, 200, json={"name": None, "kind": None})
    assert (back["name"], back["kind"]) == ("Ada King", "person")
    await village.do("PATCH", path, 422, json={"name": ""})
    await village.do("PATCH", path, 422, json={"nick": "x"})
    few = await village.client.token_for(SCOPES.keys() - {"people:contact:read"})
    hidden = await village.client.get(path, token=few)
    assert "ada@engines.org" not in str(hidden)


async def test_a_correction_goes_where_its_identity_goes(village: Village) -> None:
    await village.crowd.tell([mail("ada@engines.org", "Ada Byron"), mail("kim@firm.net", "Kim Novak")])
    one, other = sorted((village.person("ada@engines.org"), village.person("kim@firm.net")))
    await village.do("PATCH", f"/v1/people/{other}", 200, json={"name": "The Corrected"})
    merged = await village.post(f"/v1/people/{one}/merges", {"person_id": other}, 201)
    assert [person["name"] for person in await village.people()] == ["The Corrected"]
    await village.do("DELETE", f"/v1/people/{one}/merges/{merged['decision']['id']}", 200)
    names = {person["id"]: person["name"] for person in await village.people()}
    assert names[other] == "The Corrected"
    assert names[one] != "The Corrected"


async def test_a_person_of_the_past_is_put_together_as_it_was_decided_then(village: Village) -> None:
    await village.crowd.tell([mail("ada@engines.org", "Ada Byron"), mail("kim@firm.net", "Kim Novak")])
    await village.crowd.tell([act(1, Ref("mail", "ada@engines.org"), [Ref("mail", "kim@firm.net")])])
    one, other = sorted((village.person("ada@engines.org"), village.person("kim@firm.net")))
    before = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    await village.post(f"/v1/people/{one}/merges", {"person_id": other}, 201)
    assert (await village.client.get(f"/v1/people/{one}"))["identity_count"] == 2
    for when in (f"as_of={before}", f"known_at={before}"):
        assert (await village.client.get(f"/v1/people/{one}?{when}"))["identity_count"] == 1
        assert (await village.client.get(f"/v1/people/{other}?{when}"))["id"] == other
        listed = (await village.client.get(f"/v1/people/{other}/identities?{when}"))["data"]
        assert [item["identity"]["id"] for item in listed] == [other.replace("per_", "idn_")]
    await village.do("GET", f"/v1/people/{one}?known_at=2001-01-01T00:00:00Z", 404)
    long_ago = await village.client.get(f"/v1/people/{one}?as_of=2001-01-01T00:00:00Z")
    assert long_ago["interaction_count"] == 0


async def test_who_writes_from_an_organization_is_affiliated_for_the_days_that_show_it(village: Village) -> None:
    here, there = Ref("mail", "ada@cs.engines.org"), Ref("mail", "kim@gmail.com")
    await village.crowd.tell(
        [mail(here.key, "Ada Lovelace"), mail(there.key, "Kim Novak"), mail("bo@engines.org", "Bo")]
    )
    await village.crowd.tell([act(1, here, [there], days=400), act(2, here, [there], days=30), act(3, there, [here])])
    assert (await village.client.get("/v1/organization-domains"))["data"] == [
        {"domain": "engines.org", "people": 2, "identities": 2}
    ]
    firm = await village.post("/v1/organizations", {"name": "Engines", "domains": ["engines.org"]}, 201)
    assert (await village.client.get("/v1/organization-domains"))["data"] == []
    path = f"/v1/people/{village.person(here.key)}/affiliations"
    (found,) = (await village.client.get(path))["data"]
    days = [(NOON - timedelta(days=days)).date().isoformat() for days in (400, 30)]
    assert (found["organization"]["id"], found["evidence"]) == (firm["id"], "address_in_act")
    assert (found["since"], found["until"]) == (None, None)
    assert [found["seen_since"], found["seen_until"]] == days
    assert (await village.client.get(f"{path}?on={days[1]}"))["data"] == [found]
    assert (await village.client.get(f"{path}?on=2001-01-01"))["data"] == []
    everybody = await village.client.pages(f"/v1/organizations/{firm['id']}/affiliations?limit=1")
    assert [item["identity"]["name"] for item in everybody] == ["Ada Lovelace", "Bo"]
    assert everybody[0]["affiliation"] == found
    (seen,) = (await village.client.get(f"/v1/people/{village.person('bo@engines.org')}/affiliations"))["data"]
    assert (seen["evidence"], seen["seen_since"]) == ("domain", None)
    assert (await village.client.get(f"/v1/people/{village.person(there.key)}/affiliations"))["data"] == []
    await village.crowd.tell([act(4, here, [there], days=2)])
    (later,) = (await village.client.get(path))["data"]
    assert later["seen_until"] == (NOON - timedelta(days=2)).date().isoformat()
    await village.do("DELETE", f"{path}/{later['id']}", 409)
    await village.do("PATCH", f"/v1/organizations/{firm['id']}", 200, json={"domains": []})
    assert (await village.client.get(path))["data"] == []


async def test_a_stated_affiliation_has_a_period_that_may_not_overlap_and_an_unknown_start_stays_unknown(
    village: Village,
) -> None:
    await village.crowd.tell([mail(*ADA)])
    firm = (await village.post("/v1/organizations", {"name": "Engines"}, 201))["id"]
    path = f"/v1/people/{village.person(ADA[0])}/affiliations"
    made = await village.post(path, {"organization_id": firm, "until": "2020-12-31", "title": "Engineer"}, 201)
    assert (made["since"], made["until"], made["evidence"]) == (None, "2020-12-31", "dated_record")
    overlapping = {"organization_id": firm, "since": "2020-06-01"}
    await village.post(path, overlapping, 409)
    again = await village.post(path, overlapping | {"since": "2021-01-01"}, 201)
    assert (again["since"], again["until"]) == ("2021-01-01", None)
    await village.post(path, overlapping | {"evidence": "own_statement", "confidence": 0.5}, 201)
    on = (await village.client.get(f"{path}?on=2020-12-31"))["data"]
    assert [item["evidence"] for item in on] == ["own_statement", "dated_record"]
    backwards = {"organization_id": firm, "since": "2021-01-01", "until": "2020-01-01"}
    assert (await village.post(path, backwards, 422))["errors"][0]["pointer"] == "/until"
    nowhere = {"organization_id": "org_" + "0" * 26}
    assert (await village.post(path, nowhere, 422))["errors"][0]["pointer"] == "/organization_id"
    assert (await village.do("DELETE", f"{path}/{made['id']}", 200))["id"] == made["id"]
    await village.do("DELETE", f"{path}/{made['id']}", 404)


async def test_organizations_have_names_and_domains_of_their_own(village: Village) -> None:
    path = "/v1/organizations"
    answer = await village.client.send("POST", path, json={"name": "Engines", "domains": ["engines.org"]})
    firm = answer.json()
    await village.post(path, {"name": "Engines"}, 409)
    await village.post(path, {"name": "Other", "domains": ["engines.org"]}, 409)
    for domain in ("gmail.com", "github.com", "mastodon.social", "cs.engines.org"):
        refused = await village.post(path, {"name": "Other", "domains": ["fine.org", domain]}, 422)
        assert refused["errors"][0]["pointer"] == "/domains/1"
    one = f"{path}/{firm['id']}"
    await village.do("PATCH", one, 200, json={"name": "Machines"}, headers={"If-Match": answer.headers["etag"]})
    await village.do("PATCH", one, 412, json={"name": "Again"}, headers={"If-Match": answer.headers["etag"]})
    await village.post(path, {"name": "Atlas"}, 201)
    assert [item["name"] for item in await village.client.pages(f"{path}?limit=1")] == ["Atlas", "Machines"]
    assert [item["name"] for item in (await village.client.get(f"{path}?q=ENGINES"))["data"]] == ["Machines"]
    await village.do("DELETE", one, 200)
    await village.do("GET", one, 404)
    assert len(await village.client.pages(path + "?limit=5")) == 1


async def test_a_rejection_is_taken_back(village: Village) -> None:
    lines = shared("cases/api/undo-a-rejection/data.ndjson").read_bytes().splitlines()
    await village.crowd.tell([msgspec.json.decode(line, type=Record) for line in lines])
    before = await village.suggestions()
    assert before
    found = before[0]
    path = f"/v1/identity-suggestions/{found['id']}/decisions"
    await village.post(path, {"verdict": "reject"}, 200)
    assert found["id"] not in {item["id"] for item in await village.suggestions()}
    (rejection,) = (await village.client.get("/v1/decisions?verdict=different"))["data"]
    assert rejection["retracted_by"] is None

    taken_back = await village.do("DELETE", f"/v1/decisions/{rejection['id']}", 200)
    assert (taken_back["verdict"], taken_back["retracts"]) == ("retract", rejection["id"])
    shown = await village.client.get(f"/v1/decisions/{rejection['id']}")
    assert shown == rejection | {"retracted_by": taken_back["id"]}
    same = ("id", "status", "probability", "log_odds", "contributions", "decision_id", "created_at")
    again = await village.suggestions()
    assert [[item[name] for name in same] for item in again] == [[item[name] for name in same] for item in before]
    await village.do("DELETE", f"/v1/decisions/{rejection['id']}", 409)

    accepted = await village.post(path, {"verdict": "accept"}, 200)
    await village.do("DELETE", f"/v1/decisions/{accepted['decision_id']}", 200)
    assert [item["id"] for item in await village.suggestions()] == [item["id"] for item in before]
    ledger = (await village.client.get("/v1/decisions?author=member"))["data"]
    assert [row["verdict"] for row in ledger] == ["retract", "same", "retract", "different"]
    assert len({row["author"] for row in ledger}) == 1


async def test_a_retraction_is_taken_back_too(village: Village) -> None:
    await village.crowd.tell([mail("ada@engines.org", "Ada Lovelace"), mail("kim@firm.net", "Kim Novak")])
    await village.crowd.tell([mail("a@x.org", "A"), mail("b@x.org", "B")])
    one, other = village.person("ada@engines.org"), village.person("kim@firm.net")
    merged = await village.post(f"/v1/people/{one}/merges", {"person_id": other}, 201)
    whole = len(await village.people())
    retraction = await village.do("DELETE", f"/v1/decisions/{merged['decision']['id']}", 200)
    assert len(await village.people()) == whole + 1
    await village.do("DELETE", f"/v1/decisions/{retraction['id']}", 200)
    assert len(await village.people()) == whole
    assert (await village.client.get(f"/v1/decisions/{merged['decision']['id']}"))["retracted_by"] is None


async def test_a_rules_decision_is_overruled_once(village: Village) -> None:
    await village.crowd.tell([mail(*ADA), mail(*BO)])
    (rule,) = (await village.client.get("/v1/decisions?author=rule"))["data"]
    made = await village.do("DELETE", f"/v1/decisions/{rule['id']}", 200)
    assert made["verdict"] == "different"
    assert len(await village.people()) == 2
    await village.do("DELETE", f"/v1/decisions/{rule['id']}", 409)
    await village.do("DELETE", f"/v1/decisions/{made['id']}", 200)
    assert len(await village.people()) == 1
    await village.do("DELETE", "/v1/decisions/dec_" + "0" * 26, 404)


@pytest.mark.parametrize("seed", range(4))
async def test_suggestions_follow_the_ledger_whatever_was_decided(village: Village, seed: int) -> None:
    """After each of many decisions suggestions are what resolving everybody again makes of them."""
    draw = Random(seed)
    await village.ask_humans()
    names = ["Ada Lovelace", "Kim Novak", "Ruth Ng"]
    await village.crowd.tell([mail(f"{name[:3]}{n}@d{n}.org".lower(), name) for name in names for n in range(3)])
    keys = [f"{name[:3]}{n}@d{n}.org".lower() for name in names for n in range(3)]
    for _ in range(10):
        every = await village.suggestions("?status=open,accepted,rejected,postponed,joined")
        ledger = (await village.client.get("/v1/decisions?author=member"))["data"]
        standing = [row for row in ledger if row["retracted_by"] is None]
        doing = draw.choice(["decide", "decide", "state", "retract", "reopen"])
        decided = [item for item in every if item["status"] in ("accepted", "rejected", "postponed")]
        if doing == "reopen" and decided:
            chosen = draw.choice(decided)["id"]
            await village.post(f"/v1/identity-suggestions/{chosen}/decisions", {"verdict": "reopen"}, 200)
        elif doing == "decide" and (waiting := [item for item in every if item["status"] in ("open", "postponed")]):
            verdict = draw.choice(["accept", "reject", "postpone"])
            chosen = draw.choice(waiting)["id"]
            await village.post(f"/v1/identity-suggestions/{chosen}/decisions", {"verdict": verdict}, 200)
        elif doing == "retract" and standing:
            await village.do("DELETE", f"/v1/decisions/{draw.choice(standing)['id']}", 200)
        else:
            one, other = map(village.identity, draw.sample(keys, 2))
            body = {"verdict": draw.choice(["same", "different"]), "one_id": one, "other_id": other}
            await village.post("/v1/decisions", body, 201)
        incremental = await village.statuses()
        async with workspace(village.client.pool, village.client.workspace_id) as db:
            await project.settle_all(db, village.client.workspace_id, NOON)
        assert await village.statuses() == incremental
