"""What clients read before they begin, and apps that register themselves."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest
from joserfc.jwk import ECKey, RSAKey

from kith.api.oauth import registration
from kith.api.oauth.routes import ROUTES
from kith.domain.ids import decode
from kith.domain.scopes import KNOWN, TABLE
from kith.runtime.settings import Settings
from kith.store import apps
from kith.store.db import instance, workspace
from kith.workers.forget import forget_apps
from tests.integration.api.conftest import serving
from tests.integration.oauth.client import CALLBACK, Desk, Pkce, Registered
from tests.integration.pages.browser import Page
from tests.integration.pages.conftest import House
from tests.integration.pages.test_sessions import changed
from tests.pictures import png


async def test_the_metadata_names_what_there_is(desk: Desk) -> None:
    told = (await desk.http.get("/.well-known/oauth-authorization-server")).json()
    assert told == (await desk.http.get("/.well-known/openid-configuration")).json()
    assert told["issuer"] == desk.issuer
    paths = {path for handler in ROUTES for path in handler.paths}
    for name, address in told.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert address.removeprefix(desk.issuer) in paths, name
    assert set(told["scopes_supported"]) == KNOWN
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert "registration_endpoint" not in told


async def test_who_registers_and_is_never_approved_is_forgotten(house: House, settings: Settings) -> None:
    pool, home = house.pool, house.workspace_id
    kept = dict[str, UUID]()
    async with instance(pool) as db:
        for name in ("old", "approved once", "approved", "new"):
            made = await apps.create_app(db, None, name=name, kind="browser", scopes=["people:read"])
            kept[name] = made.id
            if name != "new":
                await db.execute("SET LOCAL ROLE NONE")
                await db.execute("UPDATE apps SET created_at = now() - interval '31 days' WHERE id = $1", made.id)
                await db.execute("SET LOCAL ROLE kith_app")
    async with workspace(pool, home) as db:
        for name in ("approved once", "approved"):
            await apps.approve(db, home, kept[name], ["people:read"], "test")
        await apps.withdraw(db, home, kept["approved once"])
    await forget_apps(pool, changed(settings, app_registration_days=0))
    assert await there(house, kept) == {*kept}
    await forget_apps(pool, changed(settings, app_registration_days=30))
    assert await there(house, kept) == {"approved once", "approved", "new"}


async def there(house: House, known: dict[str, UUID]) -> set[str]:
    async with instance(house.pool) as db:
        return {name for name, app_id in known.items() if await apps.find_app(db, app_id)}


async def test_whoever_has_no_token_learns_where_to_get_one(desk: Desk) -> None:
    refused = await desk.http.get("/v1/people")
    address = f"{desk.issuer}/.well-known/oauth-protected-resource"
    assert f'resource_metadata="{address}"' in refused.headers["www-authenticate"]
    told = (await desk.http.get(address)).json()
    assert (told["resource"], told["authorization_servers"]) == (desk.issuer, [desk.issuer])


async def test_apps_cannot_register_themselves_unless_they_may(desk: Desk) -> None:
    answer = await desk.http.post("/oauth/register", json={"redirect_uris": [CALLBACK]})
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")


@pytest.fixture
async def open_desk(house: House, settings: Settings) -> Any:
    """The same where apps may register themselves."""
    async with (
        serving(msgspec.structs.replace(settings, app_registration="open")) as app,
        Desk(replace(house, app=app), settings.issuer) as desk,
    ):
        yield desk


async def test_an_app_registers_itself_and_waits_for_humans(open_desk: Desk) -> None:
    desk = open_desk
    assert "registration_endpoint" in (await desk.http.get("/.well-known/openid-configuration")).json()
    wanted = {
        "redirect_uris": [CALLBACK],
        "client_name": "Stranger",
        "token_endpoint_auth_method": "none",
        "logo_uri": "x",
    }
    answer = await desk.http.post("/oauth/register", json=wanted)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert "client_secret" not in told
    possible = set(told["scope"].split())
    assert possible == {name for name, scope in TABLE.items() if scope.open}
    app = await found(desk, told["client_id"])
    viewer = await desk.house.add("Vi Ewer", "viewer")
    shown = await desk.ask(await desk.house.enter(viewer), app, Pkce.new(), scope="people:read")
    assert (shown.status_code, Page(shown).title) == (403, "Not approved")
    owner = await desk.house.enter()
    shown = await desk.ask(owner, app, Pkce.new(), scope="people:read")
    assert "This app registered itself." in Page(shown).text
    assert "No one has approved this app here." in Page(shown).text
    tokens = await desk.let_in(app, owner, scope="people:read")
    assert (await desk.me(tokens["access_token"])).status_code == 200
    assert (await desk.let_in(app, await desk.house.enter(viewer), scope="people:read"))["scope"] == "people:read"


async def test_a_logo_is_shown_of_an_app_that_somebody_vouches_for(open_desk: Desk) -> None:
    desk, dead = open_desk, "https://127.0.0.1/logo.png"
    told, mine, path = await registered(desk, logo_uri=dead, token_endpoint_auth_method="none")
    assert told["logo_uri"] == dead
    again = {
        "client_id": told["client_id"],
        "redirect_uris": [CALLBACK],
        "scope": "people:read",
        "token_endpoint_auth_method": "none",
    }
    assert (await desk.http.put(path, headers=mine, json=again)).json().get("logo_uri") is None
    app, browser = await found(desk, told["client_id"]), await desk.house.enter()
    async with instance(desk.house.pool) as db:
        await apps.update_app(db, None, app.app.id, **apps.logo_columns(png()))
    approving = Page(await desk.ask(browser, app, Pkce.new()))
    assert not list(approving.root.find("img")), "a picture asks for trust that nobody has given"
    await desk.let_in(app, browser, scope="people:read")
    asked = Page(await desk.ask(browser, app, Pkce.new(), prompt="consent"))
    listed = Page(await browser.http.get("/connected-apps"))
    for page in (asked, listed):
        (logo,) = page.root.find("img")
        assert logo.attributes["alt"] == f"Logo of {app.app.name}"
        assert (await browser.http.get(logo.attributes["src"])).content == png()


async def test_a_confidential_app_gets_a_secret(open_desk: Desk) -> None:
    answer = await open_desk.http.post("/oauth/register", json={"redirect_uris": [CALLBACK], "scope": "people:read"})
    told = answer.json()
    app = Registered((await found(open_desk, told["client_id"])).app, told["client_secret"])
    assert (await open_desk.let_in(app))["scope"] == "people:read"


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"redirect_uris": ["http://app.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.example/cb\n"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK] * 21}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK], "grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "grant_types": ["password"]}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "response_types": ["token"]}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "scope": "nothing:read"}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "client_name": ""}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "client_name": "x\x00"}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "client_uri": "http://app.example"}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "policy_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
        ({"redirect_uris": CALLBACK}, "invalid_client_metadata"),
        ([], "invalid_client_metadata"),
    ],
    ids=str,
)
async def test_what_cannot_be_is_not_registered(open_desk: Desk, wanted: Any, error: str) -> None:
    answer = await open_desk.http.post("/oauth/register", json=wanted)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_apps_that_register_themselves_get_no_scope_that_gives_rights_away(open_desk: Desk) -> None:
    wanted = {"redirect_uris": [CALLBACK], "scope": "people:read apps:write tokens:write sources:anywhere:read"}
    assert (await open_desk.http.post("/oauth/register", json=wanted)).json()["scope"] == "people:read"


async def test_only_so_many_apps_register_themselves(open_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "AN_HOUR", 1)
    answers = [await open_desk.http.post("/oauth/register", json={"redirect_uris": [CALLBACK]}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 429]
    assert answers[1].headers["retry-after"]


async def found(desk: Desk, client_id: str) -> Registered:
    app_id = decode("app", client_id)
    assert app_id
    async with instance(desk.house.pool) as db:
        app = await apps.find_app(db, app_id)
    assert app
    return Registered(app, None)


async def test_pages_of_an_apps_origin_may_call_with_its_tokens(desk: Desk) -> None:
    from tests.integration.oauth.client import register

    ours = await register(desk.house.pool, desk.house.workspace_id, origins=["https://ours.example"])
    other = await register(desk.house.pool, desk.house.workspace_id, origins=["https://other.example"])
    tokens = [await desk.let_in(app) for app in (ours, other)]

    async def call(origin: str, token: dict[str, Any]) -> httpx2.Response:
        headers = {"Origin": origin, "Authorization": f"Bearer {token['access_token']}"}
        return await desk.http.get("/v1/me", headers=headers)

    preflight = {"Origin": "https://ours.example", "Access-Control-Request-Method": "GET"}
    answer = await desk.http.options("/v1/me", headers=preflight)
    assert answer.headers["access-control-allow-origin"] == "https://ours.example"
    assert "DPoP" in answer.headers["access-control-allow-headers"]
    mine = await call("https://ours.example", tokens[0])
    assert (mine.status_code, mine.headers["access-control-allow-origin"]) == (200, "https://ours.example")
    assert "Origin" in mine.headers["vary"]
    foreign = await call("https://ours.example", tokens[1])
    assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign_origin")
    unknown = await call("https://evil.example", tokens[0])
    assert "access-control-allow-origin" not in unknown.headers
    for path, allowed in (("/oauth/token", "https://ours.example"), ("/oauth/jwks", "*"), ("/oauth/authorize", None)):
        answer = await desk.http.options(path, headers=preflight)
        assert answer.headers.get("access-control-allow-origin") == allowed


async def registered(desk: Desk, **wanted: Any) -> tuple[dict[str, Any], dict[str, str], str]:
    """Return what an app that registers is told, the header with which it looks after itself, and where."""
    wanted = {"redirect_uris": [CALLBACK], "scope": "people:read", **wanted}
    answer = await desk.http.post("/oauth/register", json=wanted)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    path = told["registration_client_uri"].removeprefix(desk.issuer)
    return told, {"Authorization": f"Bearer {told['registration_access_token']}"}, path


async def test_an_app_that_registered_itself_looks_after_itself(open_desk: Desk) -> None:
    http = open_desk.http
    told, mine, path = await registered(open_desk, client_name="Stranger")
    shown = await http.get(path, headers=mine)
    assert (shown.status_code, shown.json()["client_name"]) == (200, "Stranger")
    assert not shown.json().keys() & {"client_secret", "registration_access_token"}
    wanted = {"client_id": told["client_id"], "redirect_uris": [f"{CALLBACK}/new"], "scope": "people:read"}
    changed = await http.put(path, headers=mine, json=wanted)
    assert (changed.status_code, changed.json()["redirect_uris"]) == (200, [f"{CALLBACK}/new"]), changed.text
    assert changed.json()["client_name"] == "An app without a name", "it says all of itself again"
    for wrong in ({"client_id": "app_x"}, {"client_secret": "kas_no"}, {"token_endpoint_auth_method": "none"}):
        answer = await http.put(path, headers=mine, json=wanted | wrong)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata"), wrong
    assert (await http.delete(path, headers=mine)).status_code == 204
    for answer in (await http.get(path, headers=mine), await http.delete(path, headers=mine)):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


async def test_nobody_else_looks_after_an_app(open_desk: Desk) -> None:
    (_, mine, path), (_, theirs, other) = await registered(open_desk), await registered(open_desk)
    for headers, where in ((theirs, path), (mine, other), ({}, path), ({"Authorization": "Bearer kreg_x"}, path)):
        for method in ("GET", "PUT", "DELETE"):
            body = {"redirect_uris": [CALLBACK]} if method == "PUT" else None
            answer = await open_desk.http.request(method, where, headers=headers, json=body)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token"), method
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_what_a_workspace_has_approved_stays_as_it_is_but_for_keys(open_desk: Desk) -> None:
    keys = [ECKey.generate_key("P-256").as_dict(private=False) for _ in range(2)]
    wanted = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": keys[:1]}}
    told, mine, path = await registered(open_desk, **wanted)
    assert "client_secret" not in told
    app_id, home = decode("app", told["client_id"]), open_desk.house.workspace_id
    assert app_id
    async with workspace(open_desk.house.pool, home) as db:
        await apps.approve(db, home, app_id, ["people:read"], "test")
    whole = {"client_id": told["client_id"], "redirect_uris": [CALLBACK], "scope": "people:read"} | wanted
    answer = await open_desk.http.put(path, headers=mine, json=whole | {"redirect_uris": ["https://evil.example/"]})
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")
    answer = await open_desk.http.put(path, headers=mine, json=whole | {"jwks": {"keys": keys[1:]}})
    assert (answer.status_code, answer.json()["jwks"]["keys"][0]["x"]) == (200, keys[1]["x"]), answer.text


@pytest.mark.parametrize(
    "jwks",
    [
        None, {}, {"keys": []}, {"keys": [{}]}, {"keys": "x"}, {"keys": [ECKey.generate_key("P-384").as_dict()]},
        {"keys": [ECKey.generate_key("P-256").as_dict(private=True)]}, {"keys": [RSAKey.generate_key(2048).as_dict()]},
        {"keys": [ECKey.generate_key("P-256").as_dict() | {"x": "A" * 43}]},
    ],
)  # fmt: skip
async def test_a_key_is_the_public_half_of_one_on_the_curve(open_desk: Desk, jwks: Any) -> None:
    wanted = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks}
    answer = await open_desk.http.post("/oauth/register", json=wanted)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
