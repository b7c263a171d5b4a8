"""What members let apps do, and which tokens apps get, is told in the audit of the workspace."""

import asyncio
from typing import Any

import msgspec

from kith.domain.audit import Chained
from kith.domain.ids import decode, encode
from kith.store.db import workspace
from tests.integration.oauth.client import SCOPES, Desk, Pkce, Registered, register
from tests.integration.oauth.test_device import begin, decide, poll
from tests.integration.pages.test_audits import entries

Told = list[tuple[str, str, Any]]


async def told(desk: Desk, seen: list[Chained]) -> Told:
    """Return who did what, and what is known of it, since ``seen``, and note it there."""
    new = (await entries(desk.house))[len(seen) :]
    seen += new
    return [(entry.actor, entry.operation, msgspec.json.decode(entry.changes).get("after")) for entry in new]


async def test_consent_tokens_and_their_end_are_told(desk: Desk, server: Registered) -> None:
    browser = await desk.house.enter()
    seen = await entries(desk.house)
    pkce = Pkce.new()
    await desk.answer(browser, await desk.ask(browser, server, pkce), "deny")
    assert await told(desk, seen) == [("member", "refuseApp", None)]
    assert (seen[-1].app_id, seen[-1].member_id, seen[-1].object) == (server.app.id, desk.house.owner.id, server.id)

    code = await desk.code(browser, server, pkce)
    ((actor, operation, after),) = await told(desk, seen)
    assert (actor, operation, set(after["scopes"])) == ("member", "grantApp", set(SCOPES))
    grant = seen[-1].object
    assert grant is not None
    assert decode("grant", grant)

    tokens = (await desk.exchange(server, code, pkce)).json()
    ((actor, operation, after),) = await told(desk, seen)
    assert (actor, operation, set(after["scopes"])) == ("app", "issueTokens", set(SCOPES))
    assert (seen[-1].app_id, seen[-1].object, seen[-1].network) == (server.app.id, grant, "127.0.0.0/24")

    renewed = (await desk.refresh(server, tokens["refresh_token"])).json()
    assert await told(desk, seen) == [], "a family is told of when it begins and when it ends"
    await desk.http.post("/oauth/revoke", data={"token": renewed["refresh_token"]}, headers=server.basic)
    assert await told(desk, seen) == [("app", "revokeAppToken", {"kind": "refresh"})]
    await desk.http.post("/oauth/revoke", data={"token": renewed["refresh_token"]}, headers=server.basic)
    assert await told(desk, seen) == [], "it had ended"

    for text in (tokens["access_token"], tokens["refresh_token"], code, server.secret):
        assert str(text) not in str(seen)


async def test_replays_are_told(desk: Desk, app: Registered) -> None:
    browser, pkce = await desk.house.enter(), Pkce.new()
    code = await desk.code(browser, app, pkce)
    tokens = (await desk.exchange(app, code, pkce)).json()
    seen = await entries(desk.house)
    assert (await desk.exchange(app, code, pkce)).status_code == 400
    assert await told(desk, seen) == [("app", "endReplayedTokens", None)]
    tokens = await desk.let_in(app, browser)
    renewed = (await desk.refresh(app, tokens["refresh_token"])).json()
    assert (await desk.refresh(app, renewed["refresh_token"])).status_code == 200
    await entries(desk.house)
    seen = await entries(desk.house)
    assert (await desk.refresh(app, tokens["refresh_token"])).status_code == 400
    assert await told(desk, seen) == [("app", "endReplayedTokens", None)]


async def test_whoever_asks_eight_times_at_once_leaves_one_chain(desk: Desk, app: Registered) -> None:
    browser, pkce = await desk.house.enter(), Pkce.new()
    code = await desk.code(browser, app, pkce)
    answers = await asyncio.gather(*(desk.exchange(app, code, pkce) for _ in range(8)))
    assert [answer.status_code for answer in answers].count(200) == 1
    kept = [entry.operation for entry in await entries(desk.house)]
    assert kept.count("issueTokens") == 1
    assert kept.count("endReplayedTokens") == 7


async def test_machines_and_devices_are_told(desk: Desk) -> None:
    house = desk.house
    machine = await register(house.pool, house.workspace_id, "machine")
    seen = await entries(house)
    assert (await desk.token(machine, grant_type="client_credentials", scope="people:read")).status_code == 200
    assert await told(desk, seen) == [("app", "issueTokens", {"scopes": ["people:read"]})]

    device = await register(house.pool, house.workspace_id, "device", redirect_uris=[])
    browser = await house.enter()
    seen = await entries(house)
    for decision, expected in (("deny", "refuseApp"), ("allow", "grantApp")):
        shown = (await begin(desk, device, scope="people:read")).json()
        await decide(browser, shown["user_code"], decision)
        assert [operation for _, operation, _ in await told(desk, seen)] == [expected]
    assert (await poll(desk, device, shown["device_code"])).status_code == 200
    assert await told(desk, seen) == [("app", "issueTokens", {"scopes": ["people:read"]})]


async def test_an_app_that_is_approved_with_the_consent_is_told_first(desk: Desk) -> None:
    house = desk.house
    app = await register(house.pool, house.workspace_id)
    async with workspace(house.pool, house.workspace_id) as db:
        await db.execute("DELETE FROM app_approvals WHERE workspace_id = $1", house.workspace_id)
    browser = await house.enter()
    seen = await entries(house)
    await desk.code(browser, app, Pkce.new())
    assert [operation for _, operation, _ in await told(desk, seen)] == ["approveApp", "grantApp"]
    assert seen[-2].object == app.id
    await desk.code(browser, app, Pkce.new())
    assert await told(desk, seen) == [], "nothing new was granted"


async def test_a_disconnected_app_and_a_logout_are_told(desk: Desk, app: Registered) -> None:
    browser = await desk.house.enter()
    await desk.let_in(app, browser)
    seen = await entries(desk.house)
    page = await browser.open("/connected-apps")
    await browser.press(page, f"Disconnect {app.app.name}")
    assert await told(desk, seen) == [("member", "revokeGrant", None)]
    assert (seen[-1].app_id, (seen[-1].object or "")[:4]) == (app.app.id, "gnt_")
    page = await browser.open("/oauth/logout")
    await browser.press(page, "Sign out")
    assert await told(desk, seen) == [("member", "signOut", None)]
    assert seen[-1].object == encode("member", desk.house.owner.id)
