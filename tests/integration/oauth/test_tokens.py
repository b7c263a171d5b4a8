"""Tokens: renewed once, told from one another, ended at once."""

import asyncio
import os
from typing import Any
from uuid import uuid4

import pytest

from kith.store import app_tokens, apps, grants
from kith.store.db import workspace
from kith.store.members import change_role
from kith.store.workspaces import create_workspace
from tests.integration.oauth.client import Desk, Pkce, Registered, issue, register

ROUNDS = int(os.environ.get("RACES", "25"))
"""``RACES=200`` plays each race that often."""


async def test_a_refresh_token_gets_the_next_and_no_more(desk: Desk, app: Registered) -> None:
    first = await desk.let_in(app)
    second = (await desk.refresh(app, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await desk.me(second["access_token"])).status_code == 200
    third = (await desk.refresh(app, second["refresh_token"])).json()
    stolen = await desk.refresh(app, first["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    for ended in (first, second, third):
        assert await ends(desk, ended)
    assert (await desk.refresh(app, third["refresh_token"])).json()["error"] == "invalid_grant"


async def test_an_old_refresh_token_ends_the_family_though_nobody_renewed_since(
    desk: Desk, app: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await desk.let_in(app)
    second = (await desk.refresh(app, first["refresh_token"])).json()
    monkeypatch.setattr(app_tokens, "GRACE_SECONDS", 0)
    assert (await desk.refresh(app, first["refresh_token"])).status_code == 400
    assert await ends(desk, second)


async def test_two_renewals_at_once_are_no_theft(desk: Desk, app: Registered) -> None:
    first = await desk.let_in(app)
    second = (await desk.refresh(app, first["refresh_token"])).json()
    assert (await desk.refresh(app, first["refresh_token"])).status_code == 400
    assert (await desk.me(second["access_token"])).status_code == 200
    assert (await desk.refresh(app, second["refresh_token"])).status_code == 200


async def test_a_renewal_may_ask_for_less_and_not_for_more(desk: Desk, app: Registered) -> None:
    first = await desk.let_in(app, scope="people:read relationships:read")
    less = (await desk.refresh(app, first["refresh_token"], scope="people:read")).json()
    assert less["scope"] == "people:read"
    more = await desk.refresh(app, less["refresh_token"], scope="people:read interactions:read")
    assert more.json()["error"] == "invalid_scope"
    again = (await desk.refresh(app, less["refresh_token"])).json()
    assert set(again["scope"].split()) == {"people:read", "relationships:read"}


async def test_a_refresh_token_of_one_app_is_worth_nothing_to_another(
    desk: Desk, app: Registered, server: Registered
) -> None:
    tokens = await desk.let_in(app)
    assert (await desk.refresh(server, tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await desk.refresh(app, tokens["refresh_token"])).status_code == 200
    access = await desk.refresh(app, tokens["access_token"])
    assert access.json()["error"] == "invalid_grant"
    as_access = await desk.me(tokens["refresh_token"])
    assert as_access.status_code == 401


async def test_of_eight_exchanges_at_once_one_succeeds(desk: Desk, app: Registered) -> None:
    browser = await desk.house.enter()
    for made in range(1, ROUNDS + 1):
        pkce = Pkce.new()
        code = await desk.code(browser, app, pkce)
        answers = await asyncio.gather(*(desk.exchange(app, code, pkce) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
        async with workspace(desk.house.pool, desk.house.workspace_id) as db:
            count = "SELECT count(*) FROM app_tokens WHERE workspace_id = $1 AND kind = 'access'"
            assert await db.fetchval(count, desk.house.workspace_id) == made


async def test_of_eight_renewals_at_once_one_succeeds(desk: Desk, app: Registered) -> None:
    token = (await desk.let_in(app))["refresh_token"]
    for _ in range(ROUNDS):
        answers = await asyncio.gather(*(desk.refresh(app, token) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
        (won,) = (answer.json() for answer in answers if answer.status_code == 200)
        assert (await desk.me(won["access_token"])).status_code == 200
        token = won["refresh_token"]


async def test_an_app_ends_its_own_tokens(desk: Desk, app: Registered, server: Registered) -> None:
    tokens = await desk.let_in(app)

    async def revoke(token: str, by: Registered = app) -> int:
        form = {"token": token, "token_type_hint": "nonsense", **({} if by.secret else {"client_id": by.id})}
        return (await desk.http.post("/oauth/revoke", data=form, headers=by.basic)).status_code

    assert await revoke(tokens["access_token"], server) == 400
    assert await revoke("kat_unknown") == 200
    assert (await desk.me(tokens["access_token"])).status_code == 200
    assert await revoke(tokens["access_token"]) == 200
    assert await ends(desk, tokens)
    renewed = (await desk.refresh(app, tokens["refresh_token"])).json()
    assert await revoke(renewed["refresh_token"]) == 200
    assert await ends(desk, renewed)
    assert (await desk.refresh(app, renewed["refresh_token"])).status_code == 400


async def test_what_has_ended_is_worth_nothing_to_the_very_next_request(desk: Desk, app: Registered) -> None:
    browser = await desk.house.enter()
    for _ in range(20):
        tokens = await desk.let_in(app, browser)
        assert (await desk.me(tokens["access_token"])).status_code == 200  # and is remembered
        form = {"client_id": app.id, "token": tokens["refresh_token"]}
        assert (await desk.http.post("/oauth/revoke", data=form)).status_code == 200
        assert (await desk.me(tokens["access_token"])).status_code == 401


async def test_an_app_learns_what_its_own_tokens_are_worth(desk: Desk, app: Registered, server: Registered) -> None:
    tokens, other = await desk.let_in(server), await desk.let_in(app)

    async def look(token: str, headers: dict[str, str] = server.basic) -> Any:
        return await desk.http.post("/oauth/introspect", data={"token": token}, headers=headers)

    told = (await look(tokens["access_token"])).json()
    assert told["active"] is True
    assert told["client_id"] == server.id
    assert told["sub"].startswith("mem_")
    assert told["exp"] - told["iat"] == 900
    assert (told["iss"], told["aud"]) == (desk.issuer, [desk.issuer])
    assert (await look(tokens["refresh_token"])).json()["active"] is True
    for foreign in (other["access_token"], other["refresh_token"], "kat_unknown", "x"):
        assert (await look(foreign)).json() == {"active": False}
    await desk.refresh(server, tokens["refresh_token"])
    assert (await look(tokens["refresh_token"])).json() == {"active": False}
    for headers in ({}, {"Authorization": "Basic eDp5"}):
        refused = await look(tokens["access_token"], headers)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


async def test_secrets_are_proven_by_header_or_body(desk: Desk, server: Registered) -> None:
    tokens = await desk.let_in(server)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    wrong = await desk.http.post("/oauth/token", data={**form, "client_id": server.id, "client_secret": "kas_no"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert "Basic" in wrong.headers["www-authenticate"]
    none = await desk.http.post("/oauth/token", data={**form, "client_id": server.id})
    assert none.json()["error"] == "invalid_client"
    right = {**form, "client_id": server.id, "client_secret": server.secret}
    assert (await desk.http.post("/oauth/token", data=right)).status_code == 200


async def test_two_secrets_overlap_while_one_replaces_the_other(desk: Desk) -> None:
    home = desk.house.workspace_id
    machine = await register(desk.house.pool, home, "machine")

    async def works(secret: str | None) -> bool:
        held = Registered(machine.app, secret)
        return (await desk.token(held, grant_type="client_credentials")).status_code == 200

    async def rotate(overlap: float) -> str:
        async with workspace(desk.house.pool, home) as db:
            return (await apps.add_secret(db, home, machine.app.id, overlap))[1]

    second = await rotate(3600)
    assert [await works(secret) for secret in (machine.secret, second)] == [True, True]
    third = await rotate(3600)
    assert [await works(secret) for secret in (machine.secret, second, third)] == [False, True, True]
    fourth = await rotate(0)
    assert [await works(secret) for secret in (second, third, fourth)] == [False, False, True]


async def test_a_machine_acts_by_itself_in_its_workspace(desk: Desk, app: Registered) -> None:
    machine = await register(desk.house.pool, desk.house.workspace_id, "machine")
    answer = await desk.token(machine, grant_type="client_credentials", scope="people:read")
    assert answer.status_code == 200
    tokens = answer.json()
    assert "refresh_token" not in tokens
    assert tokens["scope"] == "people:read"
    me = (await desk.me(tokens["access_token"])).json()
    assert me["token"]["scopes"] == ["people:read"]
    assert (await desk.http.get("/v1/people", headers=bearer(tokens))).status_code == 200
    beyond = await desk.token(machine, grant_type="client_credentials", scope="people:read groups:write")
    assert beyond.json()["error"] == "invalid_scope"
    assert (await desk.token(app, grant_type="client_credentials")).json()["error"] == "unauthorized_client"


async def test_what_a_member_takes_back_ends_at_once(desk: Desk, app: Registered) -> None:
    browser = await desk.house.enter()
    tokens = await desk.let_in(app, browser)
    assert (await desk.me(tokens["access_token"])).status_code == 200
    page = await browser.open("/connected-apps")
    assert app.app.name in page.text
    page = await browser.press(page, f"Disconnect {app.app.name}")
    assert "You have let no app in." in page.text
    assert await ends(desk, tokens)
    assert (await desk.refresh(app, tokens["refresh_token"])).status_code == 400
    async with workspace(desk.house.pool, desk.house.workspace_id) as db:
        told = await db.fetchval(
            "SELECT data FROM events WHERE workspace_id = $1 AND type = 'grant.revoked'", desk.house.workspace_id
        )
    assert told["app_id"] == app.id
    again = await desk.let_in(app, browser)
    assert (await desk.me(again["access_token"])).status_code == 200


async def test_less_approval_and_a_lesser_role_narrow_living_tokens(desk: Desk, app: Registered) -> None:
    home, pool = desk.house.workspace_id, desk.house.pool
    member = await desk.house.add("Ana Lyst", "analyst")
    tokens = await desk.let_in(app, await desk.house.enter(member))
    async with workspace(pool, home) as db:
        await apps.approve(db, home, app.app.id, ["people:read"], "test")
        await grants.tell(db, home)
    assert await scopes_become(desk, tokens, ["people:read"])
    async with workspace(pool, home) as db:
        await apps.withdraw(db, home, app.app.id)
        await grants.tell(db, home)
    assert await ends(desk, tokens)


async def test_a_token_does_no_more_than_its_member(desk: Desk) -> None:
    home, pool = desk.house.workspace_id, desk.house.pool
    app = await register(pool, home, scopes=["people:read", "people:write", "apps:write"])
    member = await desk.house.add("Ana Lyst", "analyst")
    tokens = await desk.let_in(app, await desk.house.enter(member))
    assert set(tokens["scope"].split()) == {"people:read", "people:write"}
    async with workspace(pool, home) as db:
        await change_role(db, home, member.id, "viewer")
        await grants.tell(db, home)
    assert await scopes_become(desk, tokens, ["people:read"])


async def test_a_deleted_app_ends_in_every_workspace_at_once(desk: Desk) -> None:
    home, other = desk.house.workspace_id, uuid4()
    app = await register(desk.house.pool, home, shared=True)
    async with workspace(desk.house.pool, other) as db:
        await create_workspace(db, other, "another")
        await apps.approve(db, other, app.app.id, app.app.scopes, "test")
        grant_id = await grants.add(db, other, app.app.id, None, app.app.scopes)
        foreign = {"access_token": await issue(db, other, grant_id, app.app.scopes)}
    tokens = await desk.let_in(app)
    for one in (tokens, foreign):
        assert (await desk.me(one["access_token"])).status_code == 200
    async with workspace(desk.house.pool, home) as db:
        await apps.delete_app(db, home, app.app.id)
    for one in (tokens, foreign):
        assert await ends(desk, one)
    assert (await desk.refresh(app, tokens["refresh_token"])).json()["error"] == "invalid_client"


async def test_tokens_are_for_what_the_app_has_asked(desk: Desk, app: Registered) -> None:
    people = f"{desk.issuer}/v1/people"
    tokens = await desk.let_in(app, resource=[people, f"{desk.issuer}/v1/groups"])
    assert (await desk.http.get("/v1/people", headers=bearer(tokens))).status_code == 200
    assert (await desk.http.get("/v1/organizations", headers=bearer(tokens))).status_code == 401
    assert (await desk.me(tokens["access_token"])).status_code == 401
    less = (await desk.refresh(app, tokens["refresh_token"], resource=people)).json()
    assert (await desk.http.get("/v1/people", headers=bearer(less))).status_code == 200
    more = await desk.refresh(app, less["refresh_token"], resource=desk.issuer)
    assert more.json()["error"] == "invalid_target"


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def ends(desk: Desk, tokens: dict[str, Any]) -> bool:
    """Whether a token is refused as soon as a notice has passed, far sooner than a cache would forget it."""
    for _ in range(100):
        if (await desk.me(tokens["access_token"])).status_code == 401:
            return True
        await asyncio.sleep(0.01)
    return False


async def scopes_become(desk: Desk, tokens: dict[str, Any], scopes: list[str]) -> bool:
    for _ in range(100):
        if (await desk.me(tokens["access_token"])).json()["token"]["scopes"] == scopes:
            return True
        await asyncio.sleep(0.01)
    return False
