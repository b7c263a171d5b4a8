"""Members and invitations: who may do what to whom, and what ends with a membership."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from kith.domain.ids import decode, encode
from kith.domain.scopes import SCOPES
from kith.store import grants, invitations, members, sign_ins, tokens
from kith.store.db import workspace
from tests.integration.api import town
from tests.integration.api.conftest import Client


@dataclass
class Team:
    """A client, members by role, and a token of each with all scopes there are."""

    client: Client
    ids: dict[str, str]
    tokens: dict[str, str]

    async def as_(self, role: str, method: str, path: str, **options: Any) -> Any:
        return await self.client.send(method, path, token=self.tokens[role], **options)


async def add(client: Client, role: Any, address: str | None = None) -> tuple[str, str]:
    """Return the id of a new member, and a token that acts for them."""
    home = client.workspace_id
    async with workspace(client.pool, home) as db:
        sign_in = await sign_ins.create_sign_in(db, role.title(), address, verified=True)
        member = await members.create_member(db, home, sign_in.id, role)
        token = await tokens.create_token(db, home, role, SCOPES, member_id=member.id)
    return encode("member", member.id), token


@pytest.fixture
async def team(client: Client) -> Team:
    made = {role: await add(client, role, f"{role}@example.org") for role in ("owner", "admin", "analyst", "viewer")}
    return Team(client, {r: id_ for r, (id_, _) in made.items()}, {r: token for r, (_, token) in made.items()})


async def test_a_token_may_do_no_more_than_the_role_of_its_member(team: Team) -> None:
    for role, may, may_not in (
        ("viewer", "/v1/people", "/v1/jobs"),
        ("analyst", "/v1/jobs", "/v1/audit"),
        ("admin", "/v1/members", None),
    ):
        assert (await team.as_(role, "GET", may)).status_code == 200
        if may_not:
            assert (await team.as_(role, "GET", may_not)).json()["code"] == "missing_scope"
    me = (await team.as_("viewer", "GET", "/v1/me")).json()
    assert me["member"] == {"id": team.ids["viewer"], "role": "viewer"}
    assert "people:write" not in me["token"]["scopes"]
    assert (await team.client.get("/v1/me"))["member"] is None


async def test_events_tell_who_came_changed_and_left_and_name_nobody(team: Team) -> None:
    theo, _ = await add(team.client, "viewer", "theo@example.org")
    for role in ("admin", "admin"):
        assert (await team.as_("owner", "PATCH", f"/v1/members/{theo}", json={"role": role})).status_code == 200
    assert (await team.as_("owner", "DELETE", f"/v1/members/{theo}")).status_code == 200
    told = await team.client.pages("/v1/events?type=member.joined,member.changed,member.left&limit=2")
    assert [(each["type"], each["data"]) for each in told][:3] == [
        ("member.left", {"member_id": theo, "role": "admin"}),
        ("member.changed", {"member_id": theo, "role": "admin"}),
        ("member.joined", {"member_id": theo, "role": "viewer"}),
    ]
    assert len(told) == 4 + 3
    assert "example.org" not in str(told)


async def test_a_lower_role_bounds_what_acts_for_a_member_at_once(team: Team) -> None:
    assert (await team.as_("admin", "GET", "/v1/members")).status_code == 200
    path = f"/v1/members/{team.ids['admin']}"
    answer = await team.as_("owner", "PATCH", path, json={"role": "viewer"})
    assert answer.json()["role"] == "viewer"
    for _ in range(100):  # the process hears of it
        if (await team.as_("admin", "PATCH", path, json={"role": "viewer"})).json().get("code") == "missing_scope":
            return
        await asyncio.sleep(0.05)
    pytest.fail("the token still does what it did")


async def test_members_are_listed_in_the_order_in_which_they_came(team: Team) -> None:
    listed = await team.client.pages("/v1/members?limit=2")
    assert [member["role"] for member in listed] == ["owner", "admin", "analyst", "viewer"]
    assert listed[0]["address"] == "owner@example.org"
    one = await team.client.send("GET", f"/v1/members/{team.ids['viewer']}")
    assert one.json() == listed[3]


async def test_a_role_changes_only_where_nobody_else_changed_it(team: Team) -> None:
    path = f"/v1/members/{team.ids['viewer']}"
    tag = (await team.client.send("GET", path)).headers["etag"]
    answer = await team.client.send("PATCH", path, json={"role": "analyst"}, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["role"]) == (200, "analyst")
    answer = await team.client.send("PATCH", path, json={"role": "owner"}, headers={"If-Match": tag})
    assert answer.json()["code"] == "precondition_failed"


async def test_only_owners_make_change_and_remove_owners(team: Team) -> None:
    owner, viewer = f"/v1/members/{team.ids['owner']}", f"/v1/members/{team.ids['viewer']}"
    for method, path, body in (
        ("PATCH", owner, {"role": "viewer"}), ("PATCH", viewer, {"role": "owner"}), ("DELETE", owner, None),
        ("POST", "/v1/invitations", {"address": "x@example.org", "role": "owner"}),
    ):  # fmt: skip
        answer = await team.as_("admin", method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low"), path
    assert (await team.as_("owner", "PATCH", viewer, json={"role": "owner"})).status_code == 200
    assert (await team.as_("owner", "DELETE", owner)).status_code == 200


async def test_the_last_owner_stays(team: Team) -> None:
    owner = f"/v1/members/{team.ids['owner']}"
    for method, body in (("PATCH", {"role": "admin"}), ("DELETE", None)):
        answer = await team.client.send(method, owner, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_of_two_owners_who_leave_at_once_one_stays(team: Team) -> None:
    other, _ = await add(team.client, "owner")
    answers = await asyncio.gather(
        *(team.client.send("DELETE", f"/v1/members/{id_}") for id_ in (team.ids["owner"], other))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_with_a_member_end_their_tokens_and_grants(team: Team) -> None:
    home, member_id = team.client.workspace_id, decode("member", team.ids["analyst"])
    async with workspace(team.client.pool, home) as db:
        app = await db.fetchval(
            "INSERT INTO apps (id, owner_id, name, kind, scopes) VALUES (gen_random_uuid(), $1, 'A', 'server', '{}') "
            "RETURNING id", home,
        )  # fmt: skip
        await grants.add(db, home, app, member_id, ["people:read"])
    assert (await team.as_("analyst", "GET", "/v1/me")).status_code == 200
    answer = await team.client.send("DELETE", f"/v1/members/{team.ids['analyst']}")
    assert answer.json()["id"] == team.ids["analyst"]
    for _ in range(100):
        if (await team.as_("analyst", "GET", "/v1/me")).status_code == 401:
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("the token lives")
    async with workspace(team.client.pool, home) as db:
        assert await grants.list_grants(db, home, None, 10, member_id=member_id) == []
        assert await db.fetchval("SELECT count(*) FROM memberships") == 3
    assert (await team.client.send("GET", f"/v1/members/{team.ids['analyst']}")).status_code == 404


async def invite(team: Team, address: str = "new@example.org", **more: Any) -> Any:
    return await team.client.send("POST", "/v1/invitations", json={"address": address} | more)


async def test_an_invitation_shows_its_link_once_where_no_mail_is_sent(team: Team) -> None:
    made = await invite(team, " New@Example.org ".strip(), role="analyst")
    assert made.status_code == 201
    body = made.json()
    assert (body["address"], body["role"], body["status"], body["mailed"]) == (
        "new@example.org", "analyst", "open", False,
    )  # fmt: skip
    assert body["link"].startswith("http://localhost:8000/invitations/kinv_")
    shown = await team.client.send("GET", made.headers["location"])
    assert shown.json() == body | {"link": None}
    assert (await team.client.get("/v1/invitations?status=open"))["data"] == [shown.json()]
    assert (await team.client.get("/v1/invitations?status=accepted"))["data"] == []


async def test_a_repeated_request_invites_once_and_does_not_show_the_link_again(team: Team) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await team.client.send("POST", "/v1/invitations", json={"address": "a@example.org"}, headers=headers)
    again = await team.client.send("POST", "/v1/invitations", json={"address": "a@example.org"}, headers=headers)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert (again.json()["id"], again.json()["link"]) == (first.json()["id"], None)
    assert first.json()["link"]
    async with workspace(team.client.pool, team.client.workspace_id) as db:
        assert b"kinv_" not in (await db.fetchval("SELECT body FROM idempotency_keys") or b"")


async def test_whoever_is_invited_or_a_member_is_not_invited_again(team: Team) -> None:
    await invite(team)
    for address in ("NEW@example.org", "viewer@example.org"):
        assert (await invite(team, address)).json()["code"] == "conflict"
    assert (await invite(team, "no address")).status_code == 422


async def test_an_invitation_is_sent_again_with_another_link_and_revoked(team: Team) -> None:
    made = (await invite(team)).json()
    path = f"/v1/invitations/{made['id']}"
    again = await team.client.send("POST", f"{path}/resends")
    assert again.json()["link"] not in (None, made["link"])
    assert again.json()["expires_at"] > made["expires_at"]
    assert await found(team, made["link"]) is None
    assert await found(team, again.json()["link"])
    revoked = await team.client.send("DELETE", path, headers={"If-Match": again.headers["etag"]})
    assert revoked.json()["status"] == "revoked"
    assert await found(team, again.json()["link"]) is None
    assert (await team.client.send("POST", f"{path}/resends")).json()["code"] == "conflict"
    assert (await invite(team)).status_code == 201


async def found(team: Team, link: str) -> invitations.Invitation | None:
    home, text = team.client.workspace_id, link.rpartition("/")[2]
    assert invitations.home_of(text) == home
    async with workspace(team.client.pool, home) as db:
        return await invitations.find_open(db, home, text)


async def test_an_expired_invitation_says_so_and_can_be_sent_again(team: Team) -> None:
    made = (await invite(team)).json()
    async with workspace(team.client.pool, team.client.workspace_id) as db:
        await db.execute("UPDATE invitations SET expires_at = now()")
    shown = await team.client.get(f"/v1/invitations/{made['id']}")
    assert shown["status"] == "expired"
    assert await found(team, made["link"]) is None
    again = (await team.client.send("POST", f"/v1/invitations/{made['id']}/resends")).json()
    assert again["status"] == "open"
    assert await found(team, again["link"])


async def test_own_identities_are_the_team(client: Client) -> None:
    built = await town.build(client.pool, "of members")
    home = Client(client.app, client.pool, built.workspace_id, client.http, "", client.contract)
    async with workspace(client.pool, built.workspace_id) as db:
        home.token = await tokens.create_token(db, built.workspace_id, "test", SCOPES)
    _, first = await add(home, "analyst", "ada@example.org")
    _, second = await add(home, "analyst", "bo@example.org")
    ada, bo = built.ids["identity ada"], built.ids["identity bo"]

    async def say(token: str, identity: str) -> Any:
        return await home.send("POST", "/v1/me/identities", token=token, json={"identity": identity})

    made = await say(first, ada)
    assert (made.status_code, made.json()["id"]) == (201, ada)
    assert (await say(first, ada)).status_code == 201
    assert (await say(second, ada)).json()["code"] == "conflict"
    assert (await say(second, bo)).json()["proof"] in ("address", "word")
    assert (await say(home.token, bo)).json()["code"] == "conflict"  # it acts for nobody
    assert (await say(first, "idn_00000000000000000000000000")).status_code == 422
    assert [one["id"] for one in (await home.get("/v1/me/identities", token=first))["data"]] == [ada]
    assert await team_of(home) == {built.ids["person ada"], built.ids["person bo"]}
    gone = await home.send("DELETE", f"/v1/me/identities/{ada}", token=first)
    assert (gone.status_code, gone.json()["id"]) == (200, ada)
    assert (await home.send("DELETE", f"/v1/me/identities/{bo}", token=first)).status_code == 404
    assert await team_of(home) == {built.ids["person bo"]}
    (bo_member,) = [m for m in (await home.get("/v1/members"))["data"] if m["address"] == "bo@example.org"]
    assert (await home.send("DELETE", f"/v1/members/{bo_member['id']}")).status_code == 200
    assert await team_of(home) == set()


async def team_of(client: Client) -> set[str]:
    (group,) = [g for g in (await client.get("/v1/groups"))["data"] if g["name"] == "team"]
    return set(group["people"])


async def test_an_address_that_was_verified_is_proof(client: Client) -> None:
    home, made = client.workspace_id, UUID(int=7)
    member, token = await add(client, "analyst", "ada@example.org")
    assert member
    async with workspace(client.pool, home) as db:
        for id_, address in ((made, "ada@example.org"), (UUID(int=8), "other@example.org")):
            await db.execute(
                "INSERT INTO identities (workspace_id, id, network, host, key, kind, address) "
                "VALUES ($1, $2, 'mail', '', $3, 'person', $3)", home, id_, address,
            )  # fmt: skip
    for id_, proof in ((made, "address"), (UUID(int=8), "word")):
        body = {"identity": encode("identity", id_)}
        assert (await client.send("POST", "/v1/me/identities", token=token, json=body)).json()["proof"] == proof
